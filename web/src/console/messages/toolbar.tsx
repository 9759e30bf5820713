/** Chooses which messages: of which partition, from where on, and by which filter. */

import { useSignal, useSignalEffect } from '@preact/signals'
import { fromField, toField } from '../../format'
import { look, natural, place } from '../../route'
import { TimeField } from '../../ui/time-field'
import { type Asked, asked, queryOf, type Start } from './query'

type From = Start['from']

const ways: { value: From; label: string }[] = [
  { value: 'newest', label: 'the newest' },
  { value: 'oldest', label: 'the oldest' },
  { value: 'offset', label: 'an offset' },
  { value: 'time', label: 'a time' },
  { value: 'live', label: 'now on, live' },
]

interface Props {
  partitions: number[]
  /** Looks again for the same. */
  onAgain: () => void
}

export function Toolbar({ partitions, onAgain }: Props) {
  const now = asked(place.value)
  const from = useSignal<From>(now.start.from)
  const offset = useSignal('0')
  const time = useSignal(toField(Date.now() - 3_600_000))
  const filter = useSignal(now.filter)
  // Links change what is looked at, too.
  useSignalEffect(() => {
    const { start, filter: text } = asked(place.value)
    from.value = start.from
    filter.value = text
    if (start.from === 'offset') offset.value = String(start.offset)
    if (start.from === 'time') time.value = toField(start.timestamp_ms)
  })

  const start = (): Start | undefined => {
    switch (from.value) {
      case 'offset': {
        const number = natural(offset.value.trim())
        return number === undefined ? undefined : { from: 'offset', offset: number }
      }
      case 'time': {
        const timestamp_ms = fromField(time.value)
        return timestamp_ms === undefined ? undefined : { from: 'time', timestamp_ms }
      }
      default:
        return { from: from.value }
    }
  }
  const change = (to: Partial<Asked>) => {
    const begin = start()
    if (begin) look(queryOf({ ...asked(place.peek()), start: begin, filter: filter.value, ...to }))
  }
  const submit = (event: Event) => {
    event.preventDefault()
    const before = place.peek()
    change({})
    if (place.peek() === before) onAgain()
  }
  const needsMore = from.value === 'offset' || from.value === 'time'
  return (
    <form class="toolbar" onSubmit={submit} data-testid="browse">
      <label class="field">
        <span>Partition</span>
        <select
          name="partition"
          onChange={({ currentTarget }) => change({ partition: natural(currentTarget.value) })}
        >
          <option value="" selected={now.partition === undefined}>
            all
          </option>
          {partitions.map((each) => (
            <option key={each} value={each} selected={each === now.partition}>
              {each}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>From</span>
        <select
          name="from"
          onChange={({ currentTarget }) => {
            from.value = currentTarget.value as From
            if (from.value !== 'offset' && from.value !== 'time') change({})
          }}
        >
          {ways.map(({ value, label }) => (
            <option key={value} value={value} selected={from.value === value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {from.value === 'offset' && (
        <label class="field">
          <span>Offset</span>
          <input
            name="offset"
            inputMode="numeric"
            pattern="\d{1,15}"
            required
            title="A whole number from 0 up"
            value={offset.value}
            onInput={({ currentTarget }) => (offset.value = currentTarget.value)}
          />
        </label>
      )}
      {from.value === 'time' && <TimeField value={time.value} onInput={(value) => (time.value = value)} />}
      <label class="field filter">
        <span>
          Filter <small>JavaScript: key, value, headers, offset …</small>
        </span>
        <input
          name="filter"
          title="Names: key, value, headers, partition, offset, timestamp, size"
          class="code"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder="value.delay > 60 && key.startsWith('J')"
          value={filter.value}
          onInput={({ currentTarget }) => (filter.value = currentTarget.value)}
        />
      </label>
      <button type="submit" data-testid="show-records" class={needsMore ? 'primary' : undefined}>
        Show
      </button>
    </form>
  )
}

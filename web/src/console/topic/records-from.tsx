/** Chooses a partition, and where in it to begin. */

import { useSignal, useSignalEffect } from '@preact/signals'
import { fromField, toField } from '../../format'
import { natural } from '../../route'
import { go, type Start, where } from '../where'

type From = Start['from']

const ways: { value: From; label: string }[] = [
  { value: 'earliest', label: 'the first record' },
  { value: 'offset', label: 'an offset' },
  { value: 'time', label: 'a time' },
  { value: 'latest', label: 'the last page' },
]

export function RecordsFrom({ partitions }: { partitions: number[] }) {
  const from = useSignal<From>(where.peek().start.from)
  const offset = useSignal('0')
  const time = useSignal('2001-02-14T12:00:00')
  // Paging and links change the place, too.
  useSignalEffect(() => {
    const { start } = where.value
    from.value = start.from
    if (start.from === 'offset') offset.value = String(start.offset)
    if (start.from === 'time') time.value = toField(start.timestamp_ms)
  })

  const start = (): Start | undefined => {
    if (from.value === 'offset') {
      const number = natural(offset.value.trim())
      return number === undefined ? undefined : { from: 'offset', offset: number }
    }
    if (from.value === 'time') {
      const timestamp_ms = fromField(time.value)
      return timestamp_ms === undefined ? undefined : { from: 'time', timestamp_ms }
    }
    return { from: from.value }
  }
  const submit = (event: Event) => {
    event.preventDefault()
    const place = start()
    if (place) go({ start: place })
  }
  return (
    <form class="from" onSubmit={submit} data-testid="browse">
      <label class="field">
        <span>Partition</span>
        <select
          name="partition"
          onChange={({ currentTarget }) =>
            go({ partition: Number(currentTarget.value), start: start() ?? { from: 'earliest' } })
          }
        >
          {partitions.map((each) => (
            <option value={each} selected={each === where.value.partition}>
              {each}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Begin with</span>
        <select
          name="from"
          onChange={({ currentTarget }) => {
            from.value = currentTarget.value as From
            if (from.value === 'earliest' || from.value === 'latest') go({ start: { from: from.value } })
          }}
        >
          {ways.map(({ value, label }) => (
            <option value={value} selected={from.value === value}>
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
      {from.value === 'time' && (
        <label class="field">
          <span>Time (UTC)</span>
          <input
            name="time"
            type="datetime-local"
            step="1"
            required
            value={time.value}
            onInput={({ currentTarget }) => (time.value = currentTarget.value)}
          />
        </label>
      )}
      {(from.value === 'offset' || from.value === 'time') && (
        <button type="submit" data-testid="show-records">
          Show
        </button>
      )}
    </form>
  )
}

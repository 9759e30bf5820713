/** Sends a record of one's own, and says where it went and why. Can begin with a copy of another one. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type Draft, partitionOf, sent, send } from '../../broker/produce'
import { isText, type Seen, seen } from '../../broker/record'
import { scan } from '../../broker/scan'
import type { Topic } from '../../broker/topics'
import { natural, place } from '../../route'
import { useAction } from '../../ui/action'
import { Note } from '../../ui/note'
import { Part } from '../../ui/part'
import { Trouble } from '../../ui/trouble'
import { HeaderFields } from './header-fields'
import { SentList } from './sent-list'

const note = (
  <>
    <Note title="Why this partition?">
      <p>
        With a key, the key decides: the same key, the same partition, and so in order. Without one, the
        producer chooses, and stays with its choice for a batch. Or you name the partition yourself.
      </p>
    </Note>
    <Note title="What is a tombstone?">
      <p>
        A record with a key and no value. In a topic with <code>cleanup.policy=compact</code>, where only the
        newest record of each key is kept, it deletes the key.
      </p>
    </Note>
  </>
)

export default function Produce({ topic: { name, partitions } }: { topic: Topic }) {
  const key = useSignal('')
  const value = useSignal('')
  const isTombstone = useSignal(false)
  const partition = useSignal('')
  const headers = useSignal<Draft['headers']>([])
  /** What the copy's bytes are where they are no text, which the fields cannot hold. */
  const raw = useSignal<{ key?: Uint8Array; value?: Uint8Array }>({})
  const copying = useAction()
  const action = useAction()
  const total = partitions.length
  const { copy } = place.value.query

  useEffect(() => {
    if (copy === undefined) return
    void copying.run(async () => {
      const record = await find(name, copy)
      const { bytes } = record
      key.value = record.key ?? ''
      value.value = record.value ?? ''
      isTombstone.value = record.value === null
      headers.value = record.headers.map(([name, text]) => [name, text ?? ''])
      raw.value = {
        ...(bytes.key && !isText(bytes.key) && { key: bytes.key }),
        ...(bytes.value && !isText(bytes.value) && { value: bytes.value }),
      }
    })
  }, [copy])

  const submit = async (event: Event) => {
    event.preventDefault()
    await action.run(async () => {
      await send(name, total, {
        key: raw.value.key ?? (key.value === '' ? null : key.value),
        value: isTombstone.value ? null : (raw.value.value ?? value.value),
        partition: partition.value === '' ? undefined : Number(partition.value),
        headers: headers.value.filter(([name]) => name !== ''),
      })
    })
  }

  const known = raw.value.key ?? key.value
  const byKey = known === '' ? 'the producer chooses' : `by the key: ${partitionOf(name, known, total)}`
  return (
    <Part id="produce" title={copy === undefined ? 'Send a record' : 'Send it again'} note={note}>
      <Trouble problem={copying.problem} />
      <form onSubmit={submit} data-testid="produce-form">
        <div class="fields">
          <label class="field">
            <span>
              Key <small>empty for none</small>
            </span>
            <input
              name="key"
              class="code"
              autocomplete="off"
              spellcheck={false}
              value={key.value}
              onInput={({ currentTarget }) => {
                key.value = currentTarget.value
                raw.value = { ...raw.value, key: undefined }
              }}
            />
          </label>
          <label class="field">
            <span>Partition</span>
            <select name="partition" onChange={({ currentTarget }) => (partition.value = currentTarget.value)}>
              <option value="" selected={partition.value === ''}>
                {byKey}
              </option>
              {partitions.map((each) => (
                <option value={each.partition} selected={partition.value === String(each.partition)}>
                  {each.partition}
                </option>
              ))}
            </select>
          </label>
        </div>
        <label class="field">
          <span>Value</span>
          <textarea
            name="value"
            rows={6}
            spellcheck={false}
            disabled={isTombstone.value}
            placeholder={isTombstone.value ? 'none: a tombstone' : '{"delay": 12}'}
            value={value.value}
            onInput={({ currentTarget }) => {
              value.value = currentTarget.value
              raw.value = { ...raw.value, value: undefined }
            }}
          />
        </label>
        {(raw.value.key || raw.value.value) && (
          <p class="quiet">The record that is copied is not all text. What you do not change is sent byte by byte.</p>
        )}
        <label class="check">
          <input
            type="checkbox"
            name="tombstone"
            checked={isTombstone.value}
            onChange={() => (isTombstone.value = !isTombstone.value)}
          />
          <span>No value: a tombstone</span>
        </label>
        <HeaderFields headers={headers.value} onChange={(changed) => (headers.value = changed)} />
        <Trouble problem={action.problem} />
        <div class="actions">
          <button type="submit" class="primary" data-testid="send" disabled={action.busy || copying.busy}>
            Send
          </button>
        </div>
      </form>
      <SentList sent={sent.value.filter(({ topic }) => topic === name)} />
    </Part>
  )
}

/** The record that the address names, as `partition-offset`. */
async function find(topic: string, copy: string): Promise<Seen> {
  const [partition, first] = copy.split('-').map(natural)
  if (partition === undefined || first === undefined) throw new Error(`“${copy}” names no record.`)
  let found: Seen | undefined
  await scan(topic, [{ partition, first, end: first + 1 }], ({ messages }) => {
    const message = messages.find(({ offset }) => Number(offset) === first)
    if (message) found = seen(partition, message)
  })
  if (!found) throw new Error(`There is no record at offset ${first} of partition ${partition} any more.`)
  return found
}

/** Sends a record of one's own, and says where it went and why. */

import { useSignal } from '@preact/signals'
import { type Draft, partitionOf, sent, send } from '../../broker/produce'
import type { Topic } from '../../broker/topics'
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

export function Produce({ topic: { name, partitions } }: { topic: Topic }) {
  const key = useSignal('')
  const value = useSignal('')
  const isTombstone = useSignal(false)
  const partition = useSignal('')
  const headers = useSignal<Draft['headers']>([])
  const action = useAction()
  const total = partitions.length

  const submit = async (event: Event) => {
    event.preventDefault()
    await action.run(async () => {
      await send(name, total, {
        key: key.value === '' ? null : key.value,
        value: isTombstone.value ? null : value.value,
        partition: partition.value === '' ? undefined : Number(partition.value),
        headers: headers.value.filter(([name]) => name !== ''),
      })
    })
  }

  const byKey = key.value === '' ? 'the producer chooses' : `by the key: ${partitionOf(name, key.value, total)}`
  return (
    <Part id="produce" title="Add a record" note={note}>
      <form onSubmit={submit} data-testid="produce-form">
        <div class="fields">
          <label class="field">
            <span>
              Key <small>empty for none</small>
            </span>
            <input
              name="key"
              autocomplete="off"
              spellcheck={false}
              value={key.value}
              onInput={({ currentTarget }) => (key.value = currentTarget.value)}
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
            rows={3}
            spellcheck={false}
            disabled={isTombstone.value}
            placeholder={isTombstone.value ? 'none: a tombstone' : '{"delay": 12}'}
            value={value.value}
            onInput={({ currentTarget }) => (value.value = currentTarget.value)}
          />
        </label>
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
          <button type="submit" class="primary" data-testid="send" disabled={action.busy}>
            Send
          </button>
        </div>
      </form>
      <SentList sent={sent.value.filter(({ topic }) => topic === name)} />
    </Part>
  )
}

/** The way from a key to its partition, the topic, and the order in which it was read. */

import { look } from '../../route'
import { useAction } from '../../ui/action'
import { Trouble } from '../../ui/trouble'
import { Log } from '../drawings/log'
import { Row } from '../drawings/row'
import { Token } from '../drawings/token'
import type { Stored } from '../engine/broker'
import type { ViewProps } from '../engine/lesson'
import { murmur2, partitionOf } from './murmur2'
import { type Keys, TOPIC } from './world'

export function View({ world, busy }: ViewProps<Keys>) {
  const records = world.log.value
  const grownAt = world.grownAt.value
  const moved = movedKeys(records, grownAt)
  const isNew = (record: Stored) => grownAt !== undefined && records.indexOf(record) >= grownAt
  return (
    <>
      <Way world={world} busy={busy} />
      <Log
        topic={TOPIC}
        partitions={world.partitions.value}
        room={world.most}
        records={records}
        mark={(record) =>
          isNew(record) && moved.has(record.key) ? { state: 'moved', below: 'moved', said: 'moved' } : {}
        }
      />
      <section class="stage-panel" aria-label="The order of the topic">
        <Order label="As it was sent" testid="sent" records={records.slice(0, grownAt)} all={records} />
        <Order label="As it was read" testid="read" records={world.read.value} all={records} />
      </section>
    </>
  )
}

/** Keys whose records lie in more than one partition. */
function movedKeys(records: readonly Stored[], grownAt: number | undefined): Set<string | null> {
  const homes = new Map(records.slice(0, grownAt).map(({ key, partition }) => [key, partition]))
  const later = grownAt === undefined ? [] : records.slice(grownAt)
  return new Set(later.filter(({ key, partition }) => homes.get(key) !== partition).map(({ key }) => key))
}

function Way({ world, busy }: ViewProps<Keys>) {
  const action = useAction()
  const key = world.typed.value
  const partitions = world.partitions.value
  const { bytes, hash, positive } = murmur2(key)
  const submit = (event: Event) => {
    event.preventDefault()
    void action.run(() => world.send(world.typed.peek()))
  }
  return (
    <form class="way" onSubmit={submit}>
      <div class="way-key">
        <label class="field">
          <span>Key</span>
          <input
            name="key"
            value={key}
            maxLength={40}
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => {
              world.typed.value = currentTarget.value
              look({ key: currentTarget.value })
            }}
          />
        </label>
        <button type="submit" data-testid="send-key" disabled={busy || action.busy}>
          Send
        </button>
      </div>
      <ol class="way-stations" aria-label="From the key to its partition">
        <li>
          <span class="quiet">bytes (UTF-8)</span>
          <output class="way-bytes">{bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ') || '(none)'}</output>
        </li>
        <li>
          <span class="quiet">murmur2</span>
          <output data-testid="hash">{hash}</output>
        </li>
        <li>
          <span class="quiet">&amp; 0x7fffffff</span>
          <output data-testid="positive">{positive}</output>
        </li>
        <li>
          <span class="quiet">mod {partitions}</span>
          <output class="way-partition" data-testid="computed">
            partition {partitionOf(key, partitions)}
          </output>
        </li>
      </ol>
      <Answer world={world} />
      <Trouble problem={action.problem} />
    </form>
  )
}

function Answer({ world }: { world: Keys }) {
  const answer = world.answer.value
  if (!answer) return <p class="way-answer quiet">The broker’s answer will stand here.</p>
  const agrees = partitionOf(answer.key ?? '', world.partitions.value) === answer.partition
  return (
    <p class="way-answer" data-testid="answer" data-partition={answer.partition} data-offset={answer.offset} aria-live="polite">
      The broker’s answer for <b>{answer.key === '' ? '(an empty key)' : answer.key}</b>: partition{' '}
      <b>{answer.partition}</b>, offset <b>{answer.offset}</b>
      {agrees && <span class="good"> ✓ as computed</span>}
    </p>
  )
}

/** Records in a row, each with its number as it was sent. */
function Order({ label, testid, records, all }: { label: string; testid: string; records: readonly Stored[]; all: readonly Stored[] }) {
  const number = ({ partition, offset }: Stored) =>
    all.findIndex((each) => each.partition === partition && each.offset === offset) + 1
  return (
    <div class="tray">
      <p class="tray-name">
        <b>{label}</b> <span class="quiet">{testid === 'sent' ? 'beneath: its number' : ''}</span>
      </p>
      <Row label={label} length={records.length} empty="nothing yet" testid={testid}>
        {records.map((record, at) => (
          <Token key={at} record={record} below={`${number(record)}.`} />
        ))}
      </Row>
    </div>
  )
}

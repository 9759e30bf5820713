/** Browses the records of one partition, or watches the newest of all. */

import { batch, useSignal, useSignalEffect } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { lanes, newest } from '../../broker/follow'
import { explain, type Problem } from '../../broker/problem'
import { type Page, PAGE, readPage } from '../../broker/read'
import type { Topic } from '../../broker/topics'
import { count } from '../../format'
import { go, where } from '../where'
import { Note } from '../../ui/note'
import { Part } from '../../ui/part'
import { Trouble } from '../../ui/trouble'
import { RecordTable } from './record-table'
import { RecordsFrom } from './records-from'

const note = (
  <>
    <Note title="What is an offset?">
      <p>
        A record’s place in its partition. It never changes, and is never given twice. A reader needs to
        remember one number, the offset of the record that comes next, to go on where it was.
      </p>
    </Note>
    <Note title="How does one read from a time?">
      <p>
        The broker keeps an index of times beside the log. Asked for a time, it names the first offset whose
        record is that old or younger; from there one reads on as always. No scan of the log is needed.
      </p>
    </Note>
  </>
)

export function Records({ topic }: { topic: Topic }) {
  const live = useSignal(false)
  const toggle = (
    <label class="check">
      <input
        type="checkbox"
        data-testid="live"
        checked={live.value}
        onChange={() => (live.value = !live.value)}
      />
      <span>Watch the newest</span>
    </label>
  )
  return (
    <Part id="records" title="Records" aside={toggle} note={note}>
      {live.value ? <Newest /> : <Browse topic={topic} />}
    </Part>
  )
}

function Newest() {
  return (
    <>
      <p class="quiet">
        What the page’s consumer read last, the newest first. Partitions are read side by side: only records
        of the same partition stand in their order.
      </p>
      <RecordTable records={newest.value} caption="The newest records" withPartition />
    </>
  )
}

function Browse({ topic: { name, partitions } }: { topic: Topic }) {
  const page = useSignal<Page | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  const reading = useSignal(false)
  const turn = useRef(0)

  const read = async () => {
    const mine = ++turn.current
    const { partition, start } = where.peek()
    reading.value = true
    try {
      const found = await readPage(name, partition, start)
      if (mine !== turn.current) return
      batch(() => {
        page.value = found
        problem.value = found.problem
      })
    } catch (error) {
      if (mine !== turn.current) return
      batch(() => {
        page.value = undefined
        problem.value = explain(error)
      })
    } finally {
      if (mine === turn.current) reading.value = false
    }
  }

  useSignalEffect(() => {
    if (where.value.topic === name) void read()
  })
  // A page that reaches the end of what is stored grows with it.
  useSignalEffect(() => {
    const lane = lanes.value.find(({ partition }) => partition === where.value.partition)
    const shown = page.value
    if (!lane || !shown || reading.value || problem.value) return
    const isLast = shown.next === shown.ends.high && shown.next < shown.first + PAGE
    if (isLast && lane.high > shown.ends.high && shown.first >= shown.ends.low) void read()
  })

  const shown = page.value
  const { partition } = where.value
  const high = Math.max(shown?.ends.high ?? 0, lanes.value.find((each) => each.partition === partition)?.high ?? 0)
  return (
    <>
      <RecordsFrom partitions={partitions.map(({ partition }) => partition)} />
      <Trouble problem={problem.value} />
      {shown && (
        <>
          <div class="pager">
            <p data-testid="page-status" role="status">
              {say(shown, high)}
            </p>
            <Turn shown={shown} high={high} />
          </div>
          <RecordTable
            records={shown.records}
            caption={`Records of partition ${partition} from offset ${shown.first}`}
            isBusy={reading.value}
          />
        </>
      )}
    </>
  )
}

function Turn({ shown: { ends, first, next }, high }: { shown: Page; high: number }) {
  const to = (offset: number) => go({ start: { from: 'offset', offset } })
  return (
    <div class="actions" role="group" aria-label="Turn pages">
      <button
        type="button"
        data-testid="older"
        disabled={first <= ends.low}
        onClick={() => to(Math.max(ends.low, Math.min(first, high) - PAGE))}
      >
        ← Older
      </button>
      <button
        type="button"
        data-testid="newer"
        disabled={next >= high}
        onClick={() => to(Math.max(ends.low, next))}
      >
        Newer →
      </button>
    </div>
  )
}

function say({ ends, first, next, records, problem }: Page, high: number): string {
  const { partition, low, high: known } = ends
  const there = high > low ? `It holds offsets ${count(low)} to ${count(high - 1)}.` : 'It is empty.'
  if (first < low) return `Offset ${count(first)} of partition ${partition} is no longer there. ${there}`
  if (first > known) return `Offset ${count(first)} of partition ${partition} does not exist yet. ${there}`
  if (problem && records.length === 0) return `Offset ${count(first)} of partition ${partition} cannot be read. ${there}`
  if (records.length === 0) {
    return high > low
      ? `Offset ${count(first)} is where the next record of partition ${partition} will go. ${there}`
      : `Partition ${partition} is empty. Its next record gets offset ${count(high)}.`
  }
  return `Partition ${partition}, offsets ${count(first)} to ${count(next - 1)} of ${count(low)} to ${count(high - 1)}`
}

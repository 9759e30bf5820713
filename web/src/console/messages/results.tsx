/** What a search found. */

import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { Seen } from '../../broker/record'
import type { Ends, Topic } from '../../broker/topics'
import { count, counted, utc } from '../../format'
import { Trouble } from '../../ui/trouble'
import { Found } from './found'
import type { Asked } from './query'
import { MOST, type Progress, Search } from './search'
import type { Sieve } from './sieve'

interface Props {
  topic: Topic
  asked: Asked
  sieve: Sieve
  onAgain: () => void
}

export function Results({ topic, asked, sieve, onAgain }: Props) {
  const search = useMemo(() => new Search(topic.name, asked, sieve), [])
  const open = useSignal<Seen | undefined>(undefined)
  useEffect(() => {
    void search.more()
    return () => search.stop()
  }, [])
  const records = search.records.value
  const progress = search.progress.value
  const isMore = !progress.isDone && records.length < MOST
  const fresh = news(topic, asked, search)
  return (
    <Found
      topic={topic.name}
      records={records}
      isBusy={progress.isReading}
      sieve={sieve}
      open={open}
      status={say(topic, asked, records, progress, sieve)}
      actions={
        <>
          {fresh > 0 && (
            <button type="button" data-testid="again" onClick={onAgain}>
              {counted(fresh, 'new record')}: look again
            </button>
          )}
          {isMore && (
            <button type="button" data-testid="more" disabled={progress.isReading} onClick={() => void search.more()}>
              {progress.isReading ? 'Reading …' : 'More'}
            </button>
          )}
        </>
      }
    >
      <Trouble problem={search.problem.value} />
    </Found>
  )
}

/** How many records there are that were not there when the search began. */
function news({ partitions }: Topic, { partition }: Asked, { ends }: Search): number {
  if (ends.value.length === 0) return 0
  const now = partitions.filter((each) => partition === undefined || each.partition === partition)
  return Math.max(0, next(now) - next(ends.value))
}

const next = (partitions: readonly Ends[]): number => partitions.reduce((sum, { high }) => sum + high, 0)

function say(topic: Topic, asked: Asked, records: readonly Seen[], progress: Progress, sieve: Sieve): string {
  const { partition, start } = asked
  const where = partition === undefined ? topic.name : `partition ${partition}`
  const ends = topic.partitions.filter((each) => partition === undefined || each.partition === partition)
  if (start.from === 'offset' && ends.length > 0 && records.length === 0) {
    const high = Math.max(...ends.map((each) => each.high))
    if (start.offset > high) return `Offset ${count(start.offset)} does not exist yet: the next one is ${count(high)}.`
    if (start.offset === high) return `Offset ${count(high)} is where the next record will go.`
  }
  if (progress.of === 0 && !progress.isDone) return progress.isReading ? 'Reading …' : ''
  if (!progress.isReading && progress.of === 0) {
    if (start.from === 'time') return `There is nothing in ${where} from ${utc(start.timestamp_ms)} UTC on.`
    return `There is nothing in ${where}.`
  }
  if (sieve.isOpen) {
    const low = asked.start.from === 'offset' && partition !== undefined ? ends[0]?.low : undefined
    const gone =
      low !== undefined && start.from === 'offset' && start.offset < low
        ? `Offset ${count(start.offset)} is no longer there; ${count(low)} is the first. `
        : ''
    return `${gone}${count(records.length)} of ${counted(progress.of, 'record')}`
  }
  const went = `${count(progress.read)} of ${count(progress.of)} gone through`
  return `${counted(records.length, 'record')} found, ${went}`
}

/** The newest messages as they are stored, until one pauses them. */

import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { Seen } from '../../broker/record'
import type { Topic } from '../../broker/topics'
import { count, counted } from '../../format'
import { Trouble } from '../../ui/trouble'
import { Found } from './found'
import type { Sieve } from './sieve'
import { KEPT, Tail } from './tail'

interface Props {
  topic: Topic
  partition: number | undefined
  sieve: Sieve
}

export function Live({ topic, partition, sieve }: Props) {
  const tail = useMemo(() => new Tail(topic.name, partition, sieve), [])
  const open = useSignal<Seen | undefined>(undefined)
  useEffect(() => {
    void tail.start()
    return () => void tail.stop()
  }, [])
  const isPaused = tail.isPaused.value
  const records = tail.records.value
  const waiting = isPaused ? waitingFor(topic, tail) : 0
  const status = isPaused
    ? `Paused${waiting > 0 ? `: ${counted(waiting, 'record')} since` : ''}`
    : `Live: ${count(tail.read.value)} read, the newest ${count(Math.min(records.length, KEPT))} shown`
  return (
    <Found
      topic={topic.name}
      records={records}
      isBusy={false}
      sieve={sieve}
      open={open}
      status={status}
      actions={
        <button type="button" class="primary" data-testid="pause" onClick={() => tail.pause(!isPaused)}>
          {isPaused ? 'Resume' : 'Pause'}
        </button>
      }
    >
      <Trouble problem={tail.problem.value} />
    </Found>
  )
}

/** How many records have come since. */
const waitingFor = ({ partitions }: Topic, { next }: Tail): number =>
  partitions.reduce((sum, { partition, high }) => sum + Math.max(0, high - (next.get(partition) ?? high)), 0)

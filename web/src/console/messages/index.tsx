/** The messages of a topic: looked for from a place on, or live as they are stored. */

import { useComputed, useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type { Problem } from '../../broker/problem'
import type { Topic } from '../../broker/topics'
import { place } from '../../route'
import { Trouble } from '../../ui/trouble'
import '../../styles/messages.css'
import { Live } from './live'
import { asked } from './query'
import { Results } from './results'
import { Sieve } from './sieve'
import { Toolbar } from './toolbar'

export default function Messages({ topic }: { topic: Topic }) {
  /** Grows when the same is looked for again. */
  const turn = useSignal(0)
  // Of the address only what is asked: other changes of it begin nothing anew.
  const wanted = useComputed(() => JSON.stringify(asked(place.value)))
  const query = useMemo(() => asked(place.peek()), [wanted.value])
  const key = `${wanted.value} ${turn.value} ${topic.partitions.length}`
  const sieve = useMemo(() => sieveOf(query.filter), [key])
  return (
    <section class="messages" data-testid="records" aria-label="Messages">
      <Toolbar partitions={topic.partitions.map(({ partition }) => partition)} onAgain={() => (turn.value += 1)} />
      {'problem' in sieve ? (
        <Trouble problem={sieve.problem} />
      ) : query.start.from === 'live' ? (
        <Live key={key} topic={topic} partition={query.partition} sieve={sieve.sieve} />
      ) : (
        <Results key={key} topic={topic} asked={query} sieve={sieve.sieve} onAgain={() => (turn.value += 1)} />
      )}
    </section>
  )
}

function sieveOf(filter: string): { sieve: Sieve } | { problem: Problem } {
  try {
    return { sieve: new Sieve(filter) }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return { problem: { kind: 'other', title: 'The filter cannot be read', detail } }
  }
}

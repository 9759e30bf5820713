/** The partitions of a topic: how they fill, and which keys live where. */

import { useSignal } from '@preact/signals'
import { isLoading, PARTITIONS, TOPIC, TOTAL } from '../../broker/flights'
import { COUNTED, type Lane, lanes, trouble } from '../../broker/follow'
import type { Topic } from '../../broker/topics'
import { bytes, count, counted } from '../../format'
import { href } from '../../route'
import { Note } from '../../ui/note'
import { Part } from '../../ui/part'
import { Trouble } from '../../ui/trouble'

const FEW_KEYS = 8

const note = (
  <>
    <Note title="What is a partition?">
      <p>
        A topic is cut into partitions, and each is a log of its own: records are appended at its right end,
        and each gets the next offset, 0, 1, 2 … Order is kept within a partition. Between two partitions
        there is none.
      </p>
    </Note>
    <Note title="Which key goes where?">
      <p>
        The producer hashes a record’s key (murmur2, as Kafka’s Java client does) and takes the remainder by
        the number of partitions. So an airport’s flights are all in one partition, in order. Big airports
        make long partitions; that is why they are not equal.
      </p>
    </Note>
  </>
)

export function Partitions({ topic }: { topic: Topic }) {
  const all = lanes.value
  const isFilling = topic.name === TOPIC && isLoading.value
  const longest = Math.max(1, ...all.map(({ low, high }) => high - low))
  const scale = roundUp(Math.max(longest, isFilling ? (TOTAL / PARTITIONS) * 1.2 : 0))
  const rate = all.reduce((sum, lane) => sum + lane.rate, 0)
  const speed = (
    <p class="quiet" data-testid="rate">
      {rate > 0 ? `${counted(rate, 'new record')}/s` : 'no new records'}
    </p>
  )
  const isPartial = all.some(({ low, high, read }) => high - low > COUNTED && read < high - low)
  return (
    <Part id="partitions" title="Partitions" aside={speed} note={note}>
      <Trouble problem={trouble.value} />
      <ol class="lanes">
        {all.map((lane) => (
          <Row topic={topic.name} lane={lane} scale={scale} />
        ))}
      </ol>
      <p class="scale quiet" aria-hidden="true">
        <span>0</span>
        <span>{count(scale / 2)}</span>
        <span>{count(scale)} records</span>
      </p>
      {isPartial && (
        <p class="quiet">Keys are counted among the newest {count(COUNTED)} records of each partition.</p>
      )}
    </Part>
  )
}

function Row({ topic, lane, scale }: { topic: string; lane: Lane; scale: number }) {
  const { partition, low, high, rate, size_bytes } = lane
  const length = high - low
  return (
    <li
      class="lane"
      data-hue={partition % 6}
      data-testid={`lane-${partition}`}
      data-low={low}
      data-high={high}
      data-keys={lane.keys.size}
    >
      <a
        class="lane-name"
        aria-label={`Messages of partition ${partition}`}
        href={href(['topics', topic, 'messages'], { partition })}
      >
        {partition}
      </a>
      <div class="track" aria-hidden="true">
        <div class="fill" style={{ transform: `scaleX(${length / scale})` }} />
      </div>
      <p class="lane-figures">
        <b>{counted(length, 'record')}</b>
        <span>{length > 0 ? `offsets ${count(low)}–${count(high - 1)}` : `next offset ${count(high)}`}</span>
        <span class="lane-size">{bytes(size_bytes)}</span>
        <span class="lane-rate">{rate > 0 ? `${count(rate)}/s` : ''}</span>
      </p>
      <Keys lane={lane} />
    </li>
  )
}

function Keys({ lane: { partition, keys } }: { lane: Lane }) {
  const all = useSignal(false)
  if (keys.size === 0) return <p class="keys quiet">no keys yet</p>
  const sorted = [...keys].sort(([, a], [, b]) => b - a)
  const shown = all.value ? sorted : sorted.slice(0, FEW_KEYS)
  const more = sorted.length - FEW_KEYS
  return (
    <ul class="keys" aria-label={`Keys in partition ${partition}, the most frequent first`}>
      {shown.map(([key, times]) => (
        <li>
          <b>{key === '' ? '(empty)' : key}</b> {count(times)}
        </li>
      ))}
      {more > 0 && (
        <li class="more">
          <button type="button" class="link" aria-expanded={all.value} onClick={() => (all.value = !all.value)}>
            {all.value ? 'fewer' : `and ${count(more)} more keys`}
          </button>
        </li>
      )}
    </ul>
  )
}

/** The next number that is round enough for the end of a scale. */
function roundUp(number: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(number, 10)))
  const step = [1, 2, 3, 4, 5, 6, 8, 10].find((step) => step * magnitude >= number) ?? 10
  return step * magnitude
}

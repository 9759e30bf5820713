/** The stream, the table, and its changelog. */

import { href } from '../../route'
import { hueOf, short } from '../drawings/keys'
import { Log } from '../drawings/log'
import type { ViewProps } from '../engine/lesson'
import { CHANGELOG, STREAM, TRUCKS, type Tables } from './world'

export function View({ world }: ViewProps<Tables>) {
  const seen = world.reader.seen.value
  const kept = world.kept.value
  return (
    <>
      <Log
        topic={STREAM}
        partitions={world.partitions}
        records={world.stream.value}
        mark={(record) => ({
          below: `+${record.value}`,
          state: seen.some((each) => each.partition === record.partition && each.offset === record.offset) ? 'read' : '',
        })}
      />
      <SumTable world={world} />
      <Log
        topic={CHANGELOG}
        partitions={1}
        records={world.changelog.value}
        mark={(record) => {
          const isGone = kept !== undefined && !kept.has(record.offset)
          return { below: `=${record.value}`, state: isGone ? 'gone' : '', said: isGone ? 'compacted away' : undefined }
        }}
      />
      <p class="quiet">
        One copy of all this is kept, in this browser. <a href={href(['learn', 'differences'])}>Where this differs from a Kafka cluster</a>
      </p>
    </>
  )
}

function SumTable({ world }: { world: Tables }) {
  const table = world.table.value
  const expected = world.expected()
  const isRight = table.size > 0 && [...expected].every(([truck, sum]) => table.get(truck) === sum)
  const replayed = world.replayed.value
  return (
    <section class="stage-panel" aria-labelledby="sums-title" data-testid="sums" data-right={isRight} data-replayed={replayed}>
      <h3 id="sums-title">
        Parcels by truck{' '}
        <span class="quiet">
          {table.size === 0 ? (world.lost.value ? 'lost' : 'not yet known') : isRight ? 'as the stream says' : ''}
          {replayed !== undefined && table.size > 0 && `, from ${replayed} records of the changelog`}
        </span>
      </h3>
      <dl class="sums">
        {TRUCKS.map((truck) => (
          <div key={truck} data-truck={truck} data-sum={table.get(truck) ?? ''}>
            <dt>
              <span class="key" data-hue={hueOf(truck)}>
                {short(truck)}
              </span>
            </dt>
            <dd>{table.get(truck) ?? <span class="quiet">–</span>}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** What a log forgets: by time, by size, and by key. */

import { Segments } from '../drawings/segments'
import { hueOf, short } from '../drawings/keys'
import { lesson, type ViewProps } from '../engine/lesson'
import { HOUR_MS, KEEP_HOURS, Retention } from './world'

export default lesson<Retention>({
  lead: 'A log is kept in segments. Fill one with clicks of the last six hours and shorten what is kept; then compact another.',
  fields: [],
  isSeeded: true,
  open: (setting) => Retention.open(setting),
  steps: [
    {
      title: 'Send clicks of 6 hours',
      run: (world) => world.sendClicks(),
      point: 'A log grows by segments',
      why: 'Each batch fills a segment, as segment.bytes is tiny here. The newest segment, the active one, takes what is appended. Records carry the times that their producer gave them.',
    },
    {
      title: `Keep ${KEEP_HOURS} hours`,
      run: (world) => world.keepHours(),
      point: 'Old segments go as a whole',
      why: 'With retention.ms, a segment goes as a whole once its newest record is too old, read or not; the log start offset moves up. Kafka looks every five minutes; this step opens the broker anew, which looks at once.',
    },
    {
      title: 'Bound it by size',
      run: (world) => world.keepBytes(),
      point: 'Size can be the bound, too',
      why: 'With retention.bytes, the oldest segments go as long as what is left is no smaller than the bound. It counts for each partition, and so a topic may take that much times its partitions.',
    },
    {
      title: 'Send positions of 3 trucks',
      run: (world) => world.sendPositions(),
      point: 'Here a key’s last value is what counts',
      why: 'This topic has cleanup.policy=compact: no record goes by age, but of each key only the last value has to stay. Nothing is compacted yet; the table is what a reader makes of all of it.',
    },
    {
      title: 'Compact',
      run: (world) => world.compact(),
      point: 'Compaction keeps the last value of each key',
      why: 'Before the active segment, one record of each key is left, and offsets stay as they were: now there are gaps. Who reads from the start gets the same table from fewer records.',
    },
    {
      title: 'Delete T2 by a tombstone',
      run: (world) => world.deleteKey(),
      point: 'A record without a value deletes its key',
      why: 'A record without a value is a tombstone: compaction removes the key’s earlier values and keeps the tombstone for now, so that readers who are behind learn of the deletion.',
    },
    {
      title: 'Let the tombstone go',
      run: (world) => world.forgetTombstone(),
      point: 'In the end even the deletion is forgotten',
      why: 'A later round removed it, delete.retention.ms (here 0, by default a day) after the first that met it. Of truck-2 the log knows nothing any more.',
    },
  ],
  View,
})

function View({ world }: ViewProps<Retention>) {
  const table = new Map<string, string>()
  for (const { key, value } of world.positions.kept.value) {
    if (key === null) continue
    if (value === null) table.delete(key)
    else table.set(key, value)
  }
  return (
    <>
      <Segments
        log={world.clicks}
        caption={({ newest_ms }, isActive) =>
          `${Math.round((world.now_ms - newest_ms) / HOUR_MS)} h old${isActive ? ', active' : ''}`
        }
      />
      <Segments log={world.positions} caption={(_, isActive) => (isActive ? 'active' : 'closed')} />
      <section class="stage-panel" aria-labelledby="table-title">
        <h3 id="table-title">
          What a reader of <code>positions</code> ends up with
        </h3>
        <dl class="last-values" data-testid="table">
          {['truck-1', 'truck-2', 'truck-3'].map((key) => (
            <div key={key} data-key={key} data-value={table.get(key) ?? ''}>
              <dt>
                <span class="key" data-hue={hueOf(key)}>
                  {short(key)}
                </span>
              </dt>
              <dd>{table.get(key) ?? <span class="quiet">nothing</span>}</dd>
            </div>
          ))}
        </dl>
      </section>
    </>
  )
}

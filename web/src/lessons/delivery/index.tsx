/** Queue, publish/subscribe and Kafka's log, side by side on one topic. */

import { Log } from '../drawings/log'
import { Tray } from '../drawings/tray'
import { lesson, type ViewProps } from '../engine/lesson'
import { Delivery, LATE, SUBSCRIBERS, TOPIC } from './world'

export default lesson<Delivery>({
  lead: 'Send the first orders, then let readers come: two that share the work, two that each want everything, and one that is late.',
  fields: [{ name: 'partitions', label: 'Partitions', kind: 'number', from: 1, to: 6, initial: 3 }],
  isSeeded: true,
  open: (setting) => Delivery.open(setting),
  steps: [
    {
      title: 'Send 6 orders',
      run: (world) => world.send(),
      point: 'A topic keeps records, whether anybody listens or not',
      why: 'Nobody reads yet, and nothing is lost. Each record went to the partition of its key, and its offset is its place there for good, whoever reads it and when.',
    },
    {
      title: 'Start a queue of two workers',
      run: (world) => world.startQueue(),
      point: 'One group shares the work: a queue',
      why: 'Both workers name the same group, so the group’s partitions are divided between them and each record goes to one worker. With fewer partitions than members, some would have nothing to do.',
    },
    {
      title: 'Let two subscribers come',
      run: (world) => world.subscribe(),
      point: 'A group each: everybody gets what is new',
      why: 'Each subscriber is a group of its own and begins at the end of the log (auto.offset.reset=latest). What was sent before is not for them: publish/subscribe.',
    },
    {
      title: 'Send 6 more orders',
      run: (world) => world.send(),
      point: 'Reading takes nothing away',
      why: 'The workers divided the new orders; each subscriber got every one. It was the same six records: groups know nothing of each other, and reading takes nothing out of the log.',
    },
    {
      title: 'Read all of it, late',
      run: (world) => world.arriveLate(),
      point: 'Who comes late can read everything',
      why: 'A new group that begins at the start (auto.offset.reset=earliest) gets all twelve. A queue would have forgotten them; a log keeps records until retention removes them, read or not.',
    },
    {
      title: 'Replay',
      run: (world) => world.replay(),
      point: 'A reader can go back and read again',
      why: 'A group’s place is a committed offset for each partition. Set back to the first offsets, while the group has no members, it reads everything again; the log and the other groups did not notice.',
    },
  ],
  View,
})

function View({ world }: ViewProps<Delivery>) {
  const [first, second] = world.workers
  return (
    <>
      <Log topic={TOPIC} partitions={world.partitions} records={world.log.value} />
      <div class="panels">
        <section class="stage-panel" aria-labelledby="queue">
          <h3 id="queue">Queue</h3>
          <p class="quiet">one group, two members: each record to one of them</p>
          {[first, second].map(
            (worker, at) =>
              worker && (
                <Tray
                  name={`worker ${'AB'[at]}`}
                  about={share(worker.partitions.value)}
                  seen={worker.seen.value}
                  empty="nothing yet"
                />
              ),
          )}
        </section>
        <section class="stage-panel" aria-labelledby="subscribe">
          <h3 id="subscribe">Publish/subscribe</h3>
          <p class="quiet">a group for each: every new record to all</p>
          {world.subscribers.map((subscriber, at) => (
            <Tray
              name={SUBSCRIBERS[at] ?? ''}
              about={share(subscriber.partitions.value)}
              seen={subscriber.seen.value}
              empty="nothing yet"
            />
          ))}
        </section>
        <section class="stage-panel" aria-labelledby="late">
          <h3 id="late">Kafka’s log</h3>
          <p class="quiet">a group may begin anywhere, and begin again</p>
          <Tray
            name={LATE}
            about={share(world.late.partitions.value)}
            seen={world.late.seen.value}
            empty="nothing yet"
          />
        </section>
      </div>
    </>
  )
}

/** "partitions 0, 2" */
function share(partitions: readonly number[]): string {
  if (partitions.length === 0) return ''
  return `${partitions.length === 1 ? 'partition' : 'partitions'} ${partitions.join(', ')}`
}

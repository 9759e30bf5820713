/** What the death of the tab that runs the broker does. */

import { lesson } from '../engine/lesson'
import { View } from './view'
import { Leader } from './world'

export default lesson<Leader>({
  lead: 'Three workers stand for three tabs, and this page is a fourth. One of them runs the broker. Write to it, then kill it in the middle of writing.',
  fields: [],
  isSeeded: false,
  open: (setting) => Leader.open(setting),
  steps: [
    {
      title: 'Write for a second',
      run: (world) => world.write(),
      point: 'A write counts once it is stored',
      why: 'Each bar is a record, and its height how long its confirmation took: the way to the leader and back, and its transaction in IndexedDB. Only confirmed records count as written.',
    },
    {
      title: 'Kill the leader',
      run: (world) => world.kill(),
      point: 'Another takes over, and writing goes on',
      why: 'Its lock was free the moment it died; the next in line opened the database, recovered the log and led with a higher epoch. The producer sent again what was not confirmed, under the same sequence numbers, so that nothing is stored twice.',
    },
    {
      title: 'Ask the leader to hand over',
      run: (world) => world.handOver(),
      point: 'A leader can also hand over',
      why: 'As when a tab is closed in good order or goes to sleep. On a cluster another replica, which has the records already, becomes the partition’s leader; here there is one copy, in the browser’s storage, and leadership of it moves.',
    },
    {
      title: 'Read everything, and count',
      run: (world) => world.check(),
      point: 'Nothing lost, nothing twice, all in order',
      why: 'What was confirmed is there, once and in order: acks=all and an idempotent producer, as in Kafka. What a leader still wrote after it was replaced would be refused by its old epoch.',
    },
  ],
  View,
})

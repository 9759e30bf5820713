/** From a key to its partition; and where order holds. */

import { lesson } from '../engine/lesson'
import { View } from './view'
import { ADDED, Keys } from './world'

export default lesson<Keys>({
  lead: 'Type a key and see which partition it will go to. Then send it, and compare with where the broker put it.',
  fields: [{ name: 'partitions', label: 'Partitions', kind: 'number', from: 1, to: 8, initial: 3 }],
  isSeeded: true,
  open: (setting) => Keys.open(setting),
  steps: [
    {
      title: 'Send a record with this key',
      run: (world) => world.sendTyped(1),
      point: 'The key decides the partition',
      why: 'The producer, not the broker, chose the partition: murmur2 of the key’s bytes, made positive, modulo the number of partitions. Java’s client and most others compute the same.',
    },
    {
      title: 'Send it 4 times more',
      run: (world) => world.sendTyped(4),
      point: 'The same key, the same partition: in order',
      why: 'The same key gives the same hash, so all five lie in one partition, in the order in which they were sent. That is all it takes to keep a key’s records in order.',
    },
    {
      title: 'Send 12 records with other keys',
      run: (world) => world.sendOthers(),
      point: 'A partition holds many keys',
      why: 'Each key keeps to its partition, and a partition holds many keys. Partitions fill unevenly: a hash spreads keys, and not how often they come.',
    },
    {
      title: 'Read the topic',
      run: (world) => world.readBack(),
      point: 'Order holds in a partition, not in a topic',
      why: 'A partition is one log and is read in its order, so each key’s records came as they were sent. Between partitions nobody keeps an order: the topic as a whole came otherwise than it was sent.',
    },
    {
      title: `Add ${ADDED} partitions, send each key again`,
      run: (world) => world.grow(),
      point: 'More partitions send keys elsewhere',
      why: 'The same hash, another modulus: keys marked “moved” now go elsewhere, while their old records stay. Their order ends here, so choose enough partitions from the start.',
    },
  ],
  View,
})

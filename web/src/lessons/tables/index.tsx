/** A stream, the table that it comes to, and the changelog between them. */

import { lesson } from '../engine/lesson'
import { View } from './view'
import { Tables } from './world'

export default lesson<Tables>({
  lead: 'Trucks report delivered parcels. Add them up by truck, throw the sums away, and get them back from the log.',
  fields: [{ name: 'partitions', label: 'Partitions', kind: 'number', from: 1, to: 4, initial: 3 }],
  isSeeded: true,
  open: (setting) => Tables.open(setting),
  steps: [
    {
      title: 'Send 14 deliveries',
      run: (world) => world.send(),
      point: 'A stream says what happened',
      why: 'A stream: each record is something that happened, and stays true. How many parcels a truck delivered so far stands nowhere.',
    },
    {
      title: 'Add them up by truck',
      run: (world) => world.aggregate(),
      point: 'A table says how things are now',
      why: 'A table: by key, the value as it is now. Each change of it went into a compacted topic, its changelog, as Kafka Streams does for its state stores. All of a truck’s deliveries are in one partition, so one program has its sum.',
    },
    {
      title: 'Lose the table',
      run: (world) => world.lose(),
      point: 'What is in memory alone is lost',
      why: 'The sums were in the memory of the program that added them. It is gone; what it wrote to the log is not.',
    },
    {
      title: 'Rebuild it from the changelog',
      run: (world) => world.rebuild(),
      point: 'The changelog brings the table back',
      why: 'Read from the start, the last value of each key is the table. No sums were computed: the changelog says what they were.',
    },
    {
      title: 'Compact the changelog, and rebuild again',
      run: (world) => world.compact(),
      point: 'Fewer records, the same table',
      why: 'Compaction dropped values that a later one replaced, except in the active segment. Fewer records bring back the same table: a stream and a table are two views of one log.',
    },
  ],
  View,
})

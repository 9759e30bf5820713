/** A consumer group whose members come, leave and die. */

import { lesson } from '../engine/lesson'
import { View } from './view'
import { Group } from './world'

const first = (world: Group) => {
  const [member] = world.here.peek()
  if (!member) throw new Error('There is no member left.')
  return member
}

export default lesson<Group>({
  lead: 'Each member is a worker, a thread of its own with its own consumer. Add some, stop them, crash them: the buttons beside the members do what the steps do.',
  fields: [{ name: 'partitions', label: 'Partitions', kind: 'number', from: 1, to: 6, initial: 4 }],
  isSeeded: true,
  open: (setting) => Group.open(setting),
  steps: [
    {
      title: 'Add a member, send 16 records',
      run: async (world) => {
        await world.add()
        await world.send(16)
        await world.caughtUp()
      },
      point: 'One member does all the work',
      why: 'The first member has all partitions. It commits after every fourth record, and at the end of what it fetched: the line in a partition is the committed offset, the next record that the group would read. Lag is what lies behind it.',
    },
    {
      title: 'Add a second member',
      run: (world) => world.add(),
      point: 'A second member takes its share',
      why: 'The group rebalanced: one member computed a new assignment, and each partition has exactly one owner again. With cooperative-sticky, only the partitions that move were given up.',
    },
    {
      title: 'Add a third member',
      run: (world) => world.add(),
      point: 'Partitions are shared out, never split',
      why: 'Partitions are the unit of sharing: they are divided as evenly as goes, and never in two. Members beyond the number of partitions stand by with nothing to do.',
    },
    {
      title: 'Stop the first member',
      run: async (world) => {
        await world.stop(first(world))
        await world.send(8)
        await world.caughtUp()
      },
      point: 'Who leaves in good order repeats nothing',
      why: 'It finished the record at hand, committed, and left (LeaveGroup). The others went on at the committed offsets: no record was given twice.',
    },
    {
      title: 'Crash a member at work',
      run: async (world) => {
        await world.crashAtWork()
        await world.caughtUp()
      },
      point: 'Who crashes leaves work that is done twice',
      why: 'It died with work done and not committed. Who took its partitions over began at the committed offset, so records marked ×2 were handled twice: delivery is at least once. Here the broker sees at once that a tab or worker is gone; on a cluster, it waits for session.timeout.ms.',
    },
  ],
  View,
})

/** Several windows as members of one group. */

import { lesson } from '../engine/lesson'
import { Seat } from './seat'
import { View } from './view'
import { Windows } from './world'

export default lesson<Windows>({
  lead: 'Open windows of this page and arrange them side by side. Each is a member of the same group, on the same broker; no server stands between them.',
  fields: [{ name: 'partitions', label: 'Partitions', kind: 'number', from: 2, to: 6, initial: 4 }],
  isSeeded: true,
  Seat,
  open: (setting) => Windows.open(setting),
  steps: [
    {
      title: 'Join here, send 8 jobs',
      run: async (world) => {
        await world.join()
        await world.send(8)
      },
      point: 'One window does everything',
      why: 'This window is the only member, and has all partitions. Records up to the committed offset are drawn faint.',
    },
    {
      title: 'Open a window',
      run: (world) => world.openWindow(),
      point: 'A window that joins takes a share',
      why: 'The new window joined under the same group id, and some partitions moved to it. Its consumer speaks Kafka’s protocol to the broker, which runs in one of the windows.',
    },
    {
      title: 'Open another, send 12 jobs',
      run: async (world) => {
        await world.openWindow()
        await world.send(12)
      },
      point: 'Each job is done by one window',
      why: 'Every job was done by one window: a work queue over windows, which a producer in any of them can feed. More windows than partitions would leave some idle.',
    },
    {
      title: 'Close that window',
      run: (world) => world.closeWindow(),
      point: 'A closed window’s share passes on at once',
      why: 'It could not say goodbye; the browser freed the lock that it held, and the broker put it out of the group at once. A cluster’s broker would wait for its heartbeats until session.timeout.ms was over.',
    },
  ],
  View,
})

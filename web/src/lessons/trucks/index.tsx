/** Trucks on a map: what a bad key, or more partitions, do to whoever reads. */

import { lesson } from '../engine/lesson'
import { View } from './view'
import { ADDED, Trucks } from './world'

const SEND_MS = 70
const QUICK_MS = 25
const TRACK_MS = 110

async function tryIt(world: Trucks, way: 'none' | 'status' | 'grown'): Promise<void> {
  await world.send(way, QUICK_MS)
  await world.track(TRACK_MS)
}

export default lesson<Trucks>({
  lead: 'Six trucks report from stop to stop, from left to right. Send their reports with truck_id as the key, then let a tracker that was down read them.',
  fields: [{ name: 'partitions', label: 'Partitions', kind: 'number', from: 1, to: 6, initial: 3 }],
  isSeeded: true,
  open: (setting) => Trucks.open(setting),
  steps: [
    {
      title: 'Drive, keyed by truck_id',
      run: (world) => world.send('truck_id', SEND_MS),
      point: 'One truck, one partition',
      why: 'Each truck’s reports lie in one partition, one behind the other. The outlines on the map are where the trucks really are.',
    },
    {
      title: 'Let the tracker read',
      run: (world) => world.track(TRACK_MS),
      point: 'In order, so the tracker is right',
      why: 'The tracker read what had piled up, one partition after another, and still each truck’s reports in order. Last position, state and kilometres are right: all that they need is order within a truck.',
    },
    {
      title: 'The same drive without a key',
      run: (world) => tryIt(world, 'none'),
      point: 'No key: no order, and a wrong map',
      why: 'The reports took turns among the partitions, so a truck’s are in all of them, and the tracker got early ones after late ones. Trucks jump back, drive after they delivered, and collect kilometres that nobody drove. Dashes lead from where the tracker has a truck to where it is.',
    },
    {
      title: 'The same drive, keyed by status',
      run: (world) => tryIt(world, 'status'),
      point: 'A wrong key is as bad as none',
      why: 'Each status is in order, and a truck is not: its statuses lie in different partitions, unless their hashes happen to share one. A key must be what order is asked for: here, the truck.',
    },
    {
      title: `Keyed by truck_id, ${ADDED} partitions added midway`,
      run: (world) => tryIt(world, 'grown'),
      point: 'Partitions added midway break the order, too',
      why: 'From the middle of the day most trucks hash to another partition than before. Who reads the new partition first gets the afternoon before the morning; no setting repairs that, but reading to the end before the change avoids it.',
    },
  ],
  View,
})

/** A window that the lesson has opened: a member of the group, as long as it is open. */

import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { explain, type Problem } from '../../broker/problem'
import { natural, place } from '../../route'
import { Title } from '../../ui/title'
import { Trouble } from '../../ui/trouble'
import { Tray } from '../drawings/tray'
import { LessonBroker } from '../engine/broker'
import { Reader } from '../engine/reader'
import { GROUP, nameOf, TOPIC, WORK_MS } from './names'

/** Rooms are databases of lessons, and no others. */
const isRoom = (room: string | undefined): room is string => /^lesson-windows-[0-9a-z-]+$/.test(room ?? '')

export function Seat() {
  const { room, seat: text } = place.value.query
  const seat = natural(text) ?? 0
  const reader = useSignal<Reader | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  const name = useMemo(() => nameOf(seat), [seat])
  useEffect(() => {
    const ending: (() => Promise<void>)[] = []
    const join = async () => {
      if (!isRoom(room)) throw new Error('The address names no lesson. Open a window from the lesson itself.')
      const broker = await LessonBroker.open(`idb://${room}`)
      ending.push(() => broker.close())
      const options = { topic: TOPIC, group: GROUP, clientId: name, fromBeginning: true, work_ms: WORK_MS }
      reader.value = new Reader(broker, undefined, options)
      await reader.value.start()
    }
    join().catch((error: unknown) => (problem.value = explain(error)))
    return () => {
      void reader.peek()?.stop()
      for (const end of ending) void end()
    }
  }, [room, name])
  const member = reader.value
  const partitions = member?.partitions.value ?? []
  return (
    <div class="lesson seat" data-testid="seat" data-partitions={partitions.join(' ')}>
      <Title about="This window is a member of the group, as long as it is open.">{`Window ${seat}`}</Title>
      <div class="lesson-stage">
        <p class="seat-share">
          {partitions.length === 0 ? 'No partitions yet' : `Partition${partitions.length === 1 ? '' : 's'} ${partitions.join(', ')}`}
        </p>
        <Tray name={`Window ${seat}`} about={`${member?.seen.value.length ?? 0} records`} seen={member?.seen.value ?? []} empty="nothing yet" />
        <Trouble problem={problem.value} />
        <p class="quiet">Close it, and the other windows get its partitions at once.</p>
      </div>
    </div>
  )
}

/** The windows that are members, and how far the group is. */

import { Log } from '../drawings/log'
import type { ViewProps } from '../engine/lesson'
import { nameOf, TOPIC } from './names'
import type { Windows } from './world'

const MOST = 4

const spoken = (clientId: string) => clientId.replace('window-', 'Window ')
const short = (clientId: string) => clientId.replace('window-', 'W')

export function View({ world }: ViewProps<Windows>) {
  const { members, partitions } = world.watch.view.value
  const slots = Math.max(MOST, members.length)
  const at = (partition: number) => partitions.find((each) => each.partition === partition)
  return (
    <>
      <ul class="windows-drawing" aria-label="Windows that are members" data-testid="windows" data-members={members.length}>
        {Array.from({ length: slots }, (_, slot) => {
          const member = members[slot]
          return member ? (
            <li key={member.clientId} class="window" data-testid={member.clientId} data-partitions={member.partitions.join(' ')}>
              <p class="window-bar">
                {spoken(member.clientId)}
                {member.clientId === nameOf(1) && ', here'}
              </p>
              <p>partitions {member.partitions.join(', ') || 'none'}</p>
            </li>
          ) : (
            <li key={`free-${slot}`} class="window" data-free="true" aria-hidden="true" />
          )
        })}
      </ul>
      <div class="windows-ask" role="status">
        {world.heldBack.value && (
          <p>
            The browser held the window back.{' '}
            <a href={world.heldBack.value} target="_blank" rel="noopener" data-testid="by-hand">
              Open it by hand
            </a>
          </p>
        )}
        {world.toClose.value && <p>Please close window {world.toClose.value}: this page may not.</p>}
      </div>
      <Log
        topic={TOPIC}
        partitions={world.partitions}
        records={world.log.value}
        beside={(partition) => <span class="owner">{short(at(partition)?.owner ?? '–')}</span>}
        beneath={(partition) => (
          <span data-testid={`progress-${partition}`} data-owner={at(partition)?.owner ?? ''} data-lag={at(partition)?.lag ?? 0}>
            committed <b>{at(partition)?.committed ?? 'nothing'}</b>, lag <b>{at(partition)?.lag ?? 0}</b>
          </span>
        )}
        mark={(record) => {
          const isDone = record.offset < (at(record.partition)?.committed ?? 0)
          return { state: isDone ? 'read' : 'waiting', said: isDone ? 'done' : 'not done' }
        }}
      />
    </>
  )
}

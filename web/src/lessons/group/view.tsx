/** The members, and how far the group is in each partition. */

import { useAction } from '../../ui/action'
import { Trouble } from '../../ui/trouble'
import { Log } from '../drawings/log'
import type { ViewProps } from '../engine/lesson'
import type { Member } from '../engine/member'
import { type Group, MOST_MEMBERS, TOPIC } from './world'

export function View({ world, busy }: ViewProps<Group>) {
  const action = useAction()
  const blocked = busy || action.busy
  const { state, members, partitions } = world.watch.view.value
  const here = world.here.value
  const partitionAt = (partition: number) => partitions.find((each) => each.partition === partition)
  return (
    <>
      <section class="members-drawing" aria-labelledby="members-title" data-testid="group" data-group-state={state}>
        <header class="stage-head">
          <h3 id="members-title">
            Group <code>billing</code> <span class="quiet">{stateWords(state)}</span>
          </h3>
          <div class="actions">
            <button
              type="button"
              data-testid="add-member"
              disabled={blocked || here.length >= MOST_MEMBERS}
              onClick={() => action.run(() => world.add())}
            >
              Add a member
            </button>
            <button type="button" data-testid="send" disabled={blocked} onClick={() => action.run(() => world.send(8))}>
              Send 8 records
            </button>
          </div>
        </header>
        <ul class="member-slots">
          {Array.from({ length: MOST_MEMBERS }, (_, at) => {
            const member = here[at]
            return member ? (
              <Slot
                key={member.name}
                member={member}
                partitions={members.find(({ clientId }) => clientId === member.name)?.partitions ?? []}
                blocked={blocked}
                onStop={() => action.run(() => world.stop(member))}
                onCrash={() => action.run(() => world.crash(member))}
              />
            ) : (
              <li key={`free-${at}`} class="member-slot" data-free="true" aria-hidden="true" />
            )
          })}
        </ul>
        <Trouble problem={action.problem} />
      </section>
      <Log
        topic={TOPIC}
        partitions={world.partitions}
        records={world.log.value}
        beside={(partition) => {
          const owner = partitionAt(partition)?.owner
          return <span class="owner">{owner ?? '–'}</span>
        }}
        beneath={(partition) => {
          const at = partitionAt(partition)
          return (
            <span data-testid={`progress-${partition}`} data-owner={at?.owner ?? ''} data-committed={at?.committed ?? -1} data-lag={at?.lag ?? 0}>
              {at?.owner ? `member ${at.owner}` : 'no member'}, committed <b>{at?.committed ?? 'nothing'}</b>, lag <b>{at?.lag ?? 0}</b>
            </span>
          )
        }}
        mark={(record) => {
          const times = world.timesGiven(record)
          const committed = partitionAt(record.partition)?.committed
          const isNext = committed !== undefined && record.offset === committed - 1
          const state = [times > 1 ? 'twice' : times > 0 ? 'read' : 'waiting', isNext ? 'committed' : ''].join(' ')
          return {
            state,
            said: `${times === 0 ? 'not given to anybody' : `given ${times} times`}${isNext ? ', committed up to here' : ''}`,
            below: times > 1 ? `×${times}` : undefined,
          }
        }}
      />
    </>
  )
}

function stateWords(state: string): string {
  if (state === 'Stable') return 'stable'
  if (state === 'Empty' || state === 'Dead') return 'no members'
  return `rebalancing (${state})`
}

interface SlotProps {
  member: Member
  partitions: readonly number[]
  blocked: boolean
  onStop: () => void
  onCrash: () => void
}

function Slot({ member, partitions, blocked, onStop, onCrash }: SlotProps) {
  const state = member.state.value
  const isOff = blocked || state !== 'member'
  return (
    <li class="member-slot" data-testid={`member-${member.name}`} data-partitions={partitions.join(' ')} data-state={state}>
      <p>
        <b class="owner">{member.name}</b>{' '}
        <span class="quiet">{state === 'member' ? `${member.seen.value.length} given` : state}</span>
      </p>
      <p class="member-share">{partitions.length === 0 ? <span class="quiet">nothing to do</span> : `partitions ${partitions.join(', ')}`}</p>
      <div class="actions">
        <button type="button" disabled={isOff} onClick={onStop}>
          Stop<span class="hidden"> member {member.name}</span>
        </button>
        <button type="button" class="danger" disabled={isOff} onClick={onCrash}>
          Crash<span class="hidden"> member {member.name}</span>
        </button>
      </div>
    </li>
  )
}

/** The members of a group: where they are, and what they have. */

import { leadership } from '../../broker/connection'
import type { Member } from '../../broker/groups'
import { own, stopMember } from '../../broker/members'
import { count } from '../../format'
import { useAction } from '../../ui/action'
import { Trouble } from '../../ui/trouble'

/** Members are numbered as they stand in the list. */
export const nameOf = (index: number) => `M${index + 1}`

interface Props {
  group: string
  members: readonly Member[]
  /** Of this topic alone; of all where it is left out. */
  topic?: string
}

export function Members({ group, members, topic }: Props) {
  return (
    <ul class="members" aria-label={`Members of ${group}`}>
      {members.map((member, index) => (
        <Row key={member.id} member={member} index={index} topic={topic} />
      ))}
    </ul>
  )
}

function Row({ member, index, topic }: { member: Member; index: number; topic: string | undefined }) {
  const { id, host, clientId, assignment } = member
  const action = useAction()
  const mine = own.value.find(({ memberId }) => memberId === id)
  const has = [...assignment].filter(([name]) => topic === undefined || name === topic)
  const partitions = has.flatMap(([, partitions]) => partitions)
  return (
    <li class="member" data-testid="member" data-own={mine !== undefined} data-partitions={partitions.join(' ')}>
      <p class="member-name">
        <b title={id}>{nameOf(index)}</b> <span class="quiet">{placeOf(host, mine !== undefined)}</span>
      </p>
      <div class="chips">
        {partitions.length === 0 && <span class="quiet">nothing to do</span>}
        {has.map(([name, partitions]) => (
          <p class="chips" key={name}>
            {topic === undefined && <span class="quiet">{name}</span>}
            {partitions.map((partition) => (
              <span class="chip" data-hue={partition % 6}>
                <span class="hidden">{name}-</span>
                {partition}
              </span>
            ))}
          </p>
        ))}
      </div>
      <p class="member-end quiet">
        {mine ? (
          <>
            <span>{count(mine.handled)} handled</span>
            <button type="button" disabled={action.busy} onClick={() => action.run(() => stopMember(mine.number))}>
              Stop<span class="hidden"> {nameOf(index)}</span>
            </button>
          </>
        ) : (
          <span>{clientId}</span>
        )}
      </p>
      <Trouble problem={mine?.problem ?? action.problem} />
    </li>
  )
}

/** Which tab a member is in. */
function placeOf(host: string, isMine: boolean): string {
  if (isMine || host === leadership.value?.tab) return 'this tab'
  return `tab ${host.slice(0, 4)}`
}

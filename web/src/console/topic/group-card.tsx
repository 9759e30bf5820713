/** One group: who its members are, and how far each partition is. */

import { leadership } from '../../broker/connection'
import { forget, type Group, type Member, type Progress, rewind } from '../../broker/groups'
import { own, stopMember } from '../../broker/members'
import { count, counted } from '../../format'
import { useAction } from '../../ui/action'
import { Trouble } from '../../ui/trouble'

export function GroupCard({ group, topic }: { group: Group; topic: string }) {
  const { id, state, protocol, members, progress } = group
  const action = useAction()
  const lag = progress.reduce((sum, each) => sum + each.lag, 0)
  return (
    <article class="group" data-testid={`group-${id}`} data-state={state} data-lag={lag}>
      <header class="part-head">
        <h3>{id}</h3>
        <p class="quiet">
          <span data-testid="group-state">{stateOf(group)}</span>
          {protocol && <> · {protocol}</>} · <b>{count(lag)}</b> to go
        </p>
      </header>
      {members.length > 0 ? (
        <ul class="members" aria-label={`Members of ${id}`}>
          {members.map((member, index) => (
            <Row key={member.id} member={member} index={index} topic={topic} />
          ))}
        </ul>
      ) : (
        <div class="actions">
          <button type="button" disabled={action.busy} onClick={() => action.run(() => rewind(id, topic))}>
            Begin anew
          </button>
          <button type="button" class="danger" disabled={action.busy} onClick={() => action.run(() => forget(id))}>
            Forget the group
          </button>
        </div>
      )}
      <Trouble problem={action.problem} />
      <table class="progress-table">
        <caption class="hidden">How far {id} is in each partition</caption>
        <thead>
          <tr>
            <th scope="col">Partition</th>
            <th scope="col">Member</th>
            <th scope="col" class="number">
              Committed
            </th>
            <th scope="col" class="number">
              Lag
            </th>
          </tr>
        </thead>
        <tbody>
          {progress.map((each) => (
            <Line key={each.partition} progress={each} members={members} />
          ))}
        </tbody>
      </table>
    </article>
  )
}

/** In words; a state that tells more than them is said as Kafka names it. */
function stateOf({ state, members }: Group): string {
  if (members.length === 0) return 'no members'
  const those = counted(members.length, 'member')
  return state === 'Stable' ? those : `${those}, rebalancing (${state})`
}

/** Members are numbered as they stand in the list. */
const nameOf = (index: number) => `M${index + 1}`

function Row({ member, index, topic }: { member: Member; index: number; topic: string }) {
  const { id, host, clientId, partitions } = member
  const action = useAction()
  const mine = own.value.find(({ memberId }) => memberId === id)
  return (
    <li class="member" data-testid="member" data-own={mine !== undefined} data-partitions={partitions.join(' ')}>
      <p class="member-name">
        <b title={id}>{nameOf(index)}</b> <span class="quiet">{placeOf(host, mine !== undefined)}</span>
      </p>
      <p class="chips">
        {partitions.length === 0 && <span class="quiet">nothing to do</span>}
        {partitions.map((partition) => (
          <span class="chip" data-hue={partition % 6}>
            <span class="hidden">{topic}-</span>
            {partition}
          </span>
        ))}
      </p>
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

function Line({ progress, members }: { progress: Progress; members: Member[] }) {
  const { partition, member, committed, high, lag } = progress
  const index = members.findIndex(({ id }) => id === member)
  return (
    <tr data-testid={`progress-${partition}`} data-lag={lag}>
      <th scope="row">
        <span class="chip" data-hue={partition % 6}>
          {partition}
        </span>
      </th>
      <td>{index < 0 ? <span class="quiet">nobody</span> : nameOf(index)}</td>
      <td class="number">
        {committed === undefined ? <span class="quiet">none</span> : count(committed)}
        <span class="quiet of-all"> of {count(high)}</span>
      </td>
      <td class="number">{count(lag)}</td>
    </tr>
  )
}

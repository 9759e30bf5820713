/** How far a group is in each partition. */

import type { Group, Progress } from '../../broker/groups'
import { count } from '../../format'
import { href } from '../../route'
import { nameOf } from './members'

export function ProgressTable({ group: { id, progress, members } }: { group: Group }) {
  const most = Math.max(1, ...progress.map(({ lag }) => lag))
  return (
    <table class="progress-table">
      <caption class="hidden">How far {id} is in each partition</caption>
      <thead>
        <tr>
          <th scope="col">Partition</th>
          <th scope="col">Member</th>
          <th scope="col" class="number">Committed</th>
          <th scope="col" class="number wide-only">End</th>
          <th scope="col" class="number">Lag</th>
          <th scope="col" class="lag-column">
            <span class="hidden">Lag, drawn</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {progress.map((each) => (
          <Line key={`${each.topic} ${each.partition}`} progress={each} most={most} member={members.findIndex(({ id }) => id === each.member)} />
        ))}
      </tbody>
    </table>
  )
}

function Line({ progress, most, member }: { progress: Progress; most: number; member: number }) {
  const { topic, partition, committed, high, lag } = progress
  const at = { partition, offset: committed ?? progress.low }
  return (
    <tr data-testid={`progress-${partition}`} data-topic={topic} data-lag={lag} data-committed={committed}>
      <th scope="row">
        <a class="chip" data-hue={partition % 6} href={href(['topics', topic, 'messages'], at)} title="The messages that come next">
          <span class="hidden">{topic}-</span>
          {partition}
        </a>
      </th>
      <td>{member < 0 ? <span class="quiet">nobody</span> : nameOf(member)}</td>
      <td class="number">{committed === undefined ? <span class="quiet">none</span> : count(committed)}</td>
      <td class="number wide-only">{count(high)}</td>
      <td class="number">{count(lag)}</td>
      <td class="lag-column" aria-hidden="true">
        <div class="lag-track" data-hue={partition % 6}>
          <div class="fill" style={{ transform: `scaleX(${lag / most})` }} />
        </div>
      </td>
    </tr>
  )
}

/** All groups: their states, members, and how much they have still to read. */

import { type Group, lagOf, topicsOf } from '../../broker/groups'
import { count } from '../../format'
import { href } from '../../route'
import { Name } from '../../ui/name'
import { Title } from '../../ui/title'
import { State } from './state'

export function List({ groups }: { groups: readonly Group[] }) {
  return (
    <>
      <Title about="Consumers that share a topic’s partitions among them, and remember how far they are.">
        Consumer groups
      </Title>
      {groups.length === 0 ? (
        <p class="empty">
          No group has read anything yet. A topic’s tab “Groups” adds members to one; so does any consumer with a{' '}
          <code>groupId</code>.
        </p>
      ) : (
        <div class="panel" data-testid="group-list">
          <table class="list">
            <caption class="hidden">Consumer groups</caption>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">State</th>
                <th scope="col" class="wide-only">Topics</th>
                <th scope="col" class="number wide-only">Members</th>
                <th scope="col" class="number">Lag</th>
              </tr>
            </thead>
            <tbody>
              {groups.map((group) => (
                <tr key={group.id} data-testid={`row-${group.id}`} data-lag={lagOf(group.progress)}>
                  <th scope="row">
                    <a href={href(['groups', group.id])}>
                      <Name of={group.id} />
                    </a>
                  </th>
                  <td>
                    <State group={group} />
                  </td>
                  <td class="wide-only">{topicsOf(group).join(', ')}</td>
                  <td class="number wide-only">{count(group.members.length)}</td>
                  <td class="number">{count(lagOf(group.progress))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  )
}

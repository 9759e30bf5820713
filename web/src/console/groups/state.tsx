/** What state a group is in, in words; one that tells more than them is said as Kafka names it. */

import type { Group } from '../../broker/groups'

export function State({ group: { state, members } }: { group: Group }) {
  if (members.length === 0) return <span class="quiet">no members</span>
  return state === 'Stable' ? <span>stable</span> : <span class="warn">rebalancing ({state})</span>
}

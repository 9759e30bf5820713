/** A group as one of its topics sees it: its members, and how far it is there. */

import { useSignal } from '@preact/signals'
import { type Group, lagOf } from '../../broker/groups'
import { count } from '../../format'
import { href } from '../../route'
import { DeleteGroup } from './delete-group'
import { Members } from './members'
import { ProgressTable } from './progress'
import { ResetOffsets } from './reset-offsets'
import { State } from './state'

export function GroupCard({ group, topic }: { group: Group; topic: string }) {
  const asked = useSignal<'reset' | 'delete' | undefined>(undefined)
  const close = () => (asked.value = undefined)
  const { id, state, protocol, members, progress } = group
  const lag = lagOf(progress)
  return (
    <article class="group" data-testid={`group-${id}`} data-state={state} data-lag={lag}>
      <header class="part-head">
        <h3>
          <a href={href(['groups', id])}>{id}</a>
        </h3>
        <p class="quiet">
          <State group={group} />
          {protocol && <> · {protocol}</>} · <b>{count(lag)}</b> to go
        </p>
      </header>
      {members.length > 0 ? (
        <Members group={id} members={members} topic={topic} />
      ) : (
        <div class="actions">
          <button type="button" onClick={() => (asked.value = 'reset')}>
            Reset offsets
          </button>
          <button type="button" class="danger" onClick={() => (asked.value = 'delete')}>
            Delete group
          </button>
        </div>
      )}
      <ProgressTable group={group} />
      {asked.value === 'reset' && <ResetOffsets group={group} topic={topic} onClose={close} />}
      {asked.value === 'delete' && <DeleteGroup group={group} onClose={close} />}
    </article>
  )
}

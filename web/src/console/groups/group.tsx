/** One group: its members, how far it is topic by topic, and what can be done to it. */

import { useSignal } from '@preact/signals'
import { type Group, lagOf, topicsOf, within } from '../../broker/groups'
import { count, counted } from '../../format'
import { href, visit } from '../../route'
import { Note } from '../../ui/note'
import { Name } from '../../ui/name'
import { Part } from '../../ui/part'
import { Title } from '../../ui/title'
import { DeleteGroup } from './delete-group'
import { Members } from './members'
import { ProgressTable } from './progress'
import { ResetOffsets } from './reset-offsets'
import { State } from './state'

export function GroupScreen({ id, group }: { id: string; group: Group | undefined }) {
  const isDeleting = useSignal(false)
  const resetting = useSignal<string | undefined>(undefined)
  if (!group) {
    return (
      <>
        <Title>{`No group ${id}`}</Title>
        <p>
          It has neither members nor committed offsets. <a href={href(['groups'])}>See which groups there are.</a>
        </p>
      </>
    )
  }
  const { members, protocol, progress } = group
  const topics = topicsOf(group)
  const isBusy = members.length > 0
  return (
    <>
      <Title
        testid={`group-${id}`}
        tab={id}
        about={
          <>
            <State group={group} /> · {protocol && <>{protocol} · </>}
            <span data-testid="group-lag" data-lag={lagOf(progress)}>
              {count(lagOf(progress))}
            </span>{' '}
            to go
          </>
        }
        actions={
          <button
            type="button"
            class="danger"
            disabled={isBusy}
            title={isBusy ? 'Stop its members first' : undefined}
            data-testid="delete-group"
            onClick={() => (isDeleting.value = true)}
          >
            Delete
          </button>
        }
      >
        <span class="hidden">Group </span>
        <Name of={id} />
      </Title>
      <Part id="members" title={isBusy ? counted(members.length, 'member') : 'No members'}>
        {isBusy ? (
          <Members group={id} members={members} />
        ) : (
          <p class="quiet">What the group has committed stays, and the next member goes on from there.</p>
        )}
      </Part>
      {topics.map((topic) => (
        <Part
          key={topic}
          id={`progress-of-${topic}`}
          title={topic}
          aside={
            <button
              type="button"
              disabled={isBusy}
              title={isBusy ? 'Stop the group’s members first' : undefined}
              data-testid={`reset-${topic}`}
              onClick={() => (resetting.value = topic)}
            >
              Reset offsets
            </button>
          }
          note={
            <Note title="What is the lag?">
              <p>
                How many records there are behind what the group has committed: what it has still to work
                through. One that grows says that the members are too slow, or that one of them hangs.
              </p>
            </Note>
          }
        >
          <ProgressTable group={within(group, topic) ?? group} />
        </Part>
      ))}
      {isDeleting.value && (
        <DeleteGroup group={group} onClose={() => (isDeleting.value = false)} onDeleted={() => visit(['groups'])} />
      )}
      {resetting.value !== undefined && (
        <ResetOffsets group={group} topic={resetting.value} onClose={() => (resetting.value = undefined)} />
      )}
    </>
  )
}

/** The groups that read a topic: their members, in this tab and in others, and how far they are. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type Group, groups, unknown, watchGroups, within } from '../../broker/groups'
import { addMember, type Speed, speeds } from '../../broker/members'
import type { Topic } from '../../broker/topics'
import { count } from '../../format'
import { useAction } from '../../ui/action'
import { Note } from '../../ui/note'
import { Part } from '../../ui/part'
import { Trouble } from '../../ui/trouble'
import '../../styles/groups.css'
import { GroupCard } from '../groups/card'

const note = (
  <>
    <Note title="What is a consumer group?">
      <p>
        A name that consumers share. The broker gives each partition to one member, so the work is shared out
        and each key’s records stay in order. A member that comes takes some partitions over; when one goes,
        the others get its.
      </p>
    </Note>
    <Note title="What is committed?">
      <p>
        Which record comes next, by partition. Who takes a partition over goes on there. A member that dies
        between its work and the commit leaves work that is done again: delivery is at least once.
      </p>
    </Note>
    <Note title="Try it with tabs">
      <p>
        Open this page in another tab, add a member there, and watch partitions move here. Close that tab: they
        come back at once.
      </p>
    </Note>
  </>
)

export default function Groups({ topic }: { topic: Topic }) {
  useEffect(watchGroups, [])
  const all = groups.value?.flatMap((group) => within(group, topic.name) ?? [])
  const elsewhere = (
    <a href={location.href} target="_blank" rel="noopener">
      Open another tab
    </a>
  )
  return (
    <Part id="groups" title="Consumer groups" aside={elsewhere} note={note}>
      <AddMember topic={topic.name} known={all ?? []} />
      <Trouble problem={unknown.value} />
      {all?.map((group) => (
        <GroupCard key={group.id} group={group} topic={topic.name} />
      ))}
      {all?.length === 0 && <p class="quiet">No group reads this topic yet.</p>}
    </Part>
  )
}

function AddMember({ topic, known }: { topic: string; known: Group[] }) {
  const name = useSignal('billing')
  const speed = useSignal<Speed>(200)
  const action = useAction()
  const submit = async (event: Event) => {
    event.preventDefault()
    await action.run(() => addMember(name.value, topic, speed.value))
  }
  return (
    <form onSubmit={submit} data-testid="add-member-form">
      <div class="member-fields">
        <label class="field">
          <span>Group</span>
          <input
            name="group"
            list="group-names"
            required
            autocomplete="off"
            spellcheck={false}
            value={name.value}
            onInput={({ currentTarget }) => (name.value = currentTarget.value)}
          />
          <datalist id="group-names">
            {known.map(({ id }) => (
              <option value={id} />
            ))}
          </datalist>
        </label>
        <label class="field">
          <span>It handles</span>
          <select
            name="speed"
            onChange={({ currentTarget }) => (speed.value = Number(currentTarget.value) as Speed)}
          >
            {speeds.map((each) => (
              <option value={each} selected={each === speed.value}>
                {count(each)} records/s
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary" data-testid="add-member" disabled={action.busy}>
          Add a member in this tab
        </button>
      </div>
      <Trouble problem={action.problem} />
    </form>
  )
}

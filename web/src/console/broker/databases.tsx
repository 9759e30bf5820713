/** The databases of this origin, and a way to attach the page to another. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { NAME } from '../../broker/connection'
import { databases } from 'ottla'
import { attached } from '../../broker/databases'
import { useAction } from '../../ui/action'
import { Note } from '../../ui/note'
import { Part } from '../../ui/part'
import { Trouble } from '../../ui/trouble'

const note = (
  <Note title="How do I see my own app’s?">
    <p>
      Copy this site into a folder of yours, so that it has the same origin as your app, and open it with{' '}
      <code>?db=</code> and the name behind <code>idb://</code>. It joins your app’s tabs as one of them, and sees the
      same broker.
    </p>
  </Note>
)

export function Databases() {
  const found = useSignal<string[] | undefined>([])
  const name = useSignal('')
  const action = useAction()
  useEffect(() => {
    void action.run(async () => {
      found.value = await databases()
    })
  }, [])
  const submit = (event: Event) => {
    event.preventDefault()
    location.assign(attached(name.value.trim()))
  }
  return (
    <Part id="databases" title="Databases of this site" note={note}>
      <Trouble problem={action.problem} />
      {found.value === undefined ? (
        <p class="quiet">This browser does not tell which there are. You can name one.</p>
      ) : (
        <ul class="databases">
          {found.value.map((each) => (
            <li key={each}>
              {each === NAME ? (
                <b aria-current="true">idb://{each}</b>
              ) : (
                <a href={attached(each)} data-testid={`database-${each}`}>
                  idb://{each}
                </a>
              )}
              {each === NAME && <span class="quiet"> attached</span>}
            </li>
          ))}
        </ul>
      )}
      <form class="attach" onSubmit={submit}>
        <label class="field">
          <span>Another one, by name</span>
          <input
            name="db"
            required
            autocomplete="off"
            spellcheck={false}
            value={name.value}
            onInput={({ currentTarget }) => (name.value = currentTarget.value)}
          />
        </label>
        <button type="submit">Attach</button>
      </form>
      <p class="quiet">Who attaches to a name that is not there yet makes it.</p>
    </Part>
  )
}

/** Changes one configuration. What is wrong with a value, the broker says. */

import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Config } from '../../broker/configs'
import { useAction } from '../../ui/action'
import { Trouble } from '../../ui/trouble'
import { choices, meaning } from './meaning'

interface Props {
  config: Config
  /** What it can be set to, in words. */
  values: string
  onChange: (name: string, value: string | undefined) => Promise<void>
  onDone: () => void
}

export function ConfigEditor({ config: { name, value, isOwn, inherited }, values, onChange, onDone }: Props) {
  const typed = useSignal(value)
  const action = useAction()
  const form = useRef<HTMLFormElement>(null)
  const offered = choices(name, values)
  useEffect(() => form.current?.querySelector<HTMLElement>('input, select')?.focus(), [])
  const save = async (to: string | undefined) => {
    if (await action.run(() => onChange(name, to))) onDone()
  }
  return (
    <form
      ref={form}
      class="config-editor"
      onSubmit={(event) => {
        event.preventDefault()
        void save(typed.value.trim())
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onDone()
      }}
    >
      <label class="field">
        <span>
          <span class="hidden">{name} </span>
          <small>{meaning(name, typed.value) ?? (offered ? 'choose' : values)}</small>
        </span>
        {offered ? (
          <select onChange={({ currentTarget }) => (typed.value = currentTarget.value)}>
            {offered.map((each) => (
              <option key={each} value={each} selected={each === typed.value}>
                {each}
              </option>
            ))}
          </select>
        ) : (
          <input
            class="code"
            autocomplete="off"
            spellcheck={false}
            value={typed.value}
            onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
          />
        )}
      </label>
      <Trouble problem={action.problem} />
      <div class="actions">
        <button type="submit" class="primary" disabled={action.busy}>
          Save
        </button>
        {isOwn && (
          <button type="button" disabled={action.busy} onClick={() => save(undefined)}>
            Reset to {inherited || 'empty'}
          </button>
        )}
        <button type="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  )
}

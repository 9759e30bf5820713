/** What a dialog asks, and its end: what went wrong, a button that does it, and one that does not. */

import type { ComponentChildren } from 'preact'
import type { Action } from './action'
import { Trouble } from './trouble'

interface Props {
  /** What the form starts: while it runs, the button rests, and what went wrong is said. */
  action: Action
  /** What went wrong before it was started. */
  problem?: Action['problem']
  /** On the button that does it. */
  label: ComponentChildren
  testid?: string
  /** It cannot be undone. */
  isFinal?: boolean
  isDisabled?: boolean
  /** On the button that leaves all as it is. */
  otherwise?: string
  onSubmit: () => Promise<unknown>
  onClose: () => void
  children: ComponentChildren
}

export function DialogForm({ action, problem, label, testid, isFinal, isDisabled, otherwise, onSubmit, onClose, children }: Props) {
  const submit = (event: Event) => {
    event.preventDefault()
    void onSubmit()
  }
  return (
    <form onSubmit={submit}>
      {children}
      <Trouble problem={action.problem ?? problem} />
      <div class="actions">
        <button type="submit" class={isFinal ? 'danger solid' : 'primary'} data-testid={testid} disabled={action.busy || isDisabled}>
          {label}
        </button>
        <button type="button" onClick={onClose}>
          {otherwise ?? 'Cancel'}
        </button>
      </div>
    </form>
  )
}

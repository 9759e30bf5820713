/** Says what went wrong, in a box that is read out. */

import type { ComponentChildren } from 'preact'
import type { Problem } from '../broker/problem'

export function Trouble({ problem, children }: { problem: Problem | undefined; children?: ComponentChildren }) {
  if (!problem) return null
  return (
    <div class="trouble" role="alert" data-testid="trouble" data-kind={problem.kind}>
      <strong>{problem.title}</strong>
      <p>{problem.detail}</p>
      {children && <div class="actions">{children}</div>}
    </div>
  )
}

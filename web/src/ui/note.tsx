/** A short explanation beside a part, for somebody who learns Kafka. Folded away where room is short. */

import type { ComponentChildren } from 'preact'

const wide = matchMedia('(min-width: 75rem)')

export function Note({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <details class="note" open={wide.matches}>
      <summary>{title}</summary>
      <div class="note-text">{children}</div>
    </details>
  )
}

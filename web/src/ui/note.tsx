/** A short explanation, for somebody who learns Kafka; folded away until it is asked for. */

import type { ComponentChildren } from 'preact'

export function Note({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <details class="note">
      <summary>{title}</summary>
      <div class="note-text">{children}</div>
    </details>
  )
}

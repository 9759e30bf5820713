/** A part of a screen: a heading, what stands beside it, and what it is for, folded away. */

import type { ComponentChildren } from 'preact'

interface Props {
  id: string
  title: string
  /** Beside the heading. */
  aside?: ComponentChildren
  /** One `Note`, or several. */
  note?: ComponentChildren
  children: ComponentChildren
}

export function Part({ id, title, aside, note, children }: Props) {
  return (
    <section class="part" id={id} data-testid={id} aria-labelledby={`${id}-title`}>
      <header class="part-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {aside}
      </header>
      {children}
      {note && <div class="part-notes">{note}</div>}
    </section>
  )
}

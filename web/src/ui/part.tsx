/** A part of the page: a heading, what it is for, and what stands beside it. */

import type { ComponentChildren } from 'preact'

interface Props {
  id: string
  title: string
  /** Beside the heading. */
  aside?: ComponentChildren
  note?: ComponentChildren
  children: ComponentChildren
}

export function Part({ id, title, aside, note, children }: Props) {
  return (
    <section class="part" id={id} data-testid={id} aria-labelledby={`${id}-title`}>
      <div class="part-main">
        <header class="part-head">
          <h2 id={`${id}-title`}>{title}</h2>
          {aside}
        </header>
        {children}
      </div>
      {note && <div class="part-notes">{note}</div>}
    </section>
  )
}

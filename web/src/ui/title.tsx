/** The head of a screen: its title, which takes the focus when the screen is come to, and what can be done. */

import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { welcome } from './arrival'

interface Props {
  children: ComponentChildren
  /** Under the title: what is looked at, in a line. */
  about?: ComponentChildren
  /** Beside it: buttons. */
  actions?: ComponentChildren
  testid?: string
}

export function Title({ children, about, actions, testid }: Props) {
  useEffect(() => void welcome(), [])
  return (
    <header class="title" data-testid={testid}>
      <div class="title-text">
        <h1 id="screen-title" tabIndex={-1}>
          {children}
        </h1>
        {about && <p class="quiet">{about}</p>}
      </div>
      {actions && <div class="actions">{actions}</div>}
    </header>
  )
}

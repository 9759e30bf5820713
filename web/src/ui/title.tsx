/**
 * The head of a screen: its title, which takes the focus when the screen is come to and which the browser's
 * tab and history say, and what can be done.
 */

import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { welcome } from './arrival'

interface Props {
  /** Under the title: what is looked at, in a line. */
  about?: ComponentChildren
  /** Beside it: buttons. */
  actions?: ComponentChildren
  testid?: string
}

/** What the browser's tab says, which is the title where that is only text. */
type Named = { children: string; tab?: string } | { children: ComponentChildren; tab: string }

export function Title({ children, tab = children as string, about, actions, testid }: Props & Named) {
  useEffect(() => void welcome(), [])
  useEffect(() => {
    document.title = `${tab} · Ottla`
  }, [tab])
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

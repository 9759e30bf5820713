/** A component that is loaded when it is first shown, so that a first visit loads the first screen alone. */

import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { explain, type Problem } from '../broker/problem'
import { Trouble } from './trouble'

type Loaded<Props> = { component: ComponentType<Props> } | { problem: Problem } | undefined

/** `isBeside`: it takes no room of its own, as a dialog, and none is kept for it. */
export function lazy<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
  { isBeside = false } = {},
): ComponentType<Props> {
  const loaded = signal<Loaded<Props>>(undefined)
  const start = async () => {
    try {
      loaded.value = { component: (await load()).default }
    } catch (error) {
      loaded.value = { problem: explain(error) }
    }
  }
  return function Lazy(props: Props) {
    useEffect(() => {
      if (!loaded.peek()) void start()
    }, [])
    const now = loaded.value
    if (!now) return isBeside ? null : <div class="loading" aria-busy="true" />
    if ('component' in now) return <now.component {...props} />
    return (
      <Trouble problem={now.problem}>
        <button type="button" onClick={() => location.reload()}>
          Reload the page
        </button>
      </Trouble>
    )
  }
}

/** The steps of a lesson, each with its link. */

import { href, place } from '../../route'
import type { AnyLesson } from '../engine/lesson'

interface Props {
  steps: AnyLesson['steps']
  done: number
  running: boolean
}

export function Steps({ steps, done, running }: Props) {
  const { path, query } = place.value
  return (
    <ol class="steps" aria-label="Steps of this lesson" data-testid="steps">
      {steps.map(({ title }, at) => {
        const state = at < done ? 'done' : at === done && running ? 'running' : 'open'
        return (
          <li data-state={state}>
            <a href={href(path, { ...query, step: at + 1 })} aria-current={at === done - 1 ? 'step' : undefined}>
              {title}
              {state !== 'open' && <span class="hidden"> ({state})</span>}
            </a>
          </li>
        )
      })}
    </ol>
  )
}

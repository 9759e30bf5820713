/** What is to be done, and after each step why it went as it did. */

import type { ComponentChildren } from 'preact'
import type { AnyLesson } from '../engine/lesson'

interface Props {
  lead: ComponentChildren
  steps: AnyLesson['steps']
  done: number
}

/** All texts lie in one place, so that the longest keeps it open and nothing moves when they change. */
export function Words({ lead, steps, done }: Props) {
  const texts = [lead, ...steps.map(({ why }) => why)]
  return (
    <div class="words" aria-live="polite" data-testid="words">
      {texts.map((text, at) => (
        <div class="words-one" key={at} data-shown={at === done}>
          <h2>{at === 0 ? 'Try it' : steps[at - 1]?.point}</h2>
          <p>{text}</p>
        </div>
      ))}
    </div>
  )
}

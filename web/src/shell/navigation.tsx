/** The way to the screens, in the two halves of the site. */

import { href } from '../route'
import { type Screen, screens } from './screens'

const halves = ['Console', 'Learn'] as const

export function Navigation({ current }: { current: Screen | undefined }) {
  return (
    <nav class="navigation" aria-label="Main" data-testid="navigation">
      {halves.map((half) => (
        <ul aria-label={half}>
          {screens
            .filter((screen) => screen.half === half)
            .map((screen) => (
              <li>
                <a href={href(screen.name === '' ? [] : [screen.name])} aria-current={screen === current ? 'page' : undefined}>
                  {screen.label}
                </a>
              </li>
            ))}
        </ul>
      ))}
    </nav>
  )
}

/** Which screens there are, and which of them an address means. */

import type { ComponentType } from 'preact'
import Overview from '../console/overview'
import { lazy } from '../ui/lazy'

/** What a screen is given: what stands in the path behind its own name. */
export interface ScreenProps {
  path: readonly string[]
}

export interface Screen {
  /** What the path begins with; the overview's is empty. */
  name: string
  /** In the navigation. */
  label: string
  half: 'Console' | 'Learn'
  component: ComponentType<ScreenProps>
}

export const screens: readonly Screen[] = [
  { name: '', label: 'Overview', half: 'Console', component: Overview },
  { name: 'topics', label: 'Topics', half: 'Console', component: lazy(() => import('../console/topics')) },
  { name: 'groups', label: 'Groups', half: 'Console', component: lazy(() => import('../console/groups')) },
  { name: 'broker', label: 'Broker', half: 'Console', component: lazy(() => import('../console/broker')) },
  { name: 'learn', label: 'Lessons', half: 'Learn', component: lazy(() => import('./learn')) },
  { name: 'guide', label: 'Guide', half: 'Learn', component: lazy(() => import('../guide')) },
]

/** The screen that an address means, and what of the address is its own. */
export function screenOf(path: readonly string[]): { screen: Screen; rest: readonly string[] } | undefined {
  const [name = '', ...rest] = path
  const screen = screens.find((each) => each.name === name)
  return screen && { screen, rest }
}

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
  half: 'Console' | 'Lessons'
  component: ComponentType<ScreenProps>
  /** What the browser's tab and history are to say. */
  title(path: readonly string[]): string
}

export const screens: readonly Screen[] = [
  { name: '', label: 'Overview', half: 'Console', component: Overview, title: () => 'Overview' },
  {
    name: 'topics',
    label: 'Topics',
    half: 'Console',
    component: lazy(() => import('../console/topics')),
    title: ([topic, tab]) => [tab, topic, 'Topics'].filter(Boolean).join(' · '),
  },
  {
    name: 'groups',
    label: 'Groups',
    half: 'Console',
    component: lazy(() => import('../console/groups')),
    title: ([group]) => [group, 'Groups'].filter(Boolean).join(' · '),
  },
  {
    name: 'broker',
    label: 'Broker',
    half: 'Console',
    component: lazy(() => import('../console/broker')),
    title: () => 'Broker',
  },
  {
    name: 'learn',
    label: 'Lessons',
    half: 'Lessons',
    component: lazy(() => import('./learn')),
    title: ([lesson]) => [lesson, 'Lessons'].filter(Boolean).join(' · '),
  },
  {
    name: 'guide',
    label: 'Guide',
    half: 'Lessons',
    component: lazy(() => import('../guide')),
    title: ([page]) => [page, 'Guide'].filter(Boolean).join(' · '),
  },
]

/** The screen that an address means, and what of the address is its own. */
export function screenOf(path: readonly string[]): { screen: Screen; rest: readonly string[] } | undefined {
  const [name = '', ...rest] = path
  const screen = screens.find((each) => each.name === name)
  return screen && { screen, rest }
}

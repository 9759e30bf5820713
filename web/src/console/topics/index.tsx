/** Topics: the list of them, or the one that the address names. */

import type { ScreenProps } from '../../shell/screens'
import { lazy } from '../../ui/lazy'
import { List } from './list'

const TopicScreen = lazy(() => import('../topic'))

export default function Topics({ path: [topic, tab] }: ScreenProps) {
  return topic === undefined ? <List /> : <TopicScreen key={topic} name={topic} tab={tab} />
}

/** The half of the site with the lessons: they are given the address behind `learn/`. */

import Lessons from '../lessons'
import type { ScreenProps } from './screens'

export default function Learn({ path }: ScreenProps) {
  return <Lessons path={path} />
}

/** The lessons: a list of them, or the one that the address names. */

import type { Connection } from '../broker/connection'
import { href } from '../route'
import { Title } from '../ui/title'

export interface LessonsProps {
  /** What stands behind `#/learn/` in the address. */
  path: readonly string[]
  connection: Connection
}

interface Lesson {
  id: string
  title: string
}

const lessons: readonly Lesson[] = []

export default function Lessons(_: LessonsProps) {
  return (
    <>
      <Title>Lessons</Title>
      {lessons.length === 0 ? (
        <p class="quiet">There are none yet.</p>
      ) : (
        <ol>
          {lessons.map(({ id, title }) => (
            <li>
              <a href={href(['learn', id])}>{title}</a>
            </li>
          ))}
        </ol>
      )}
    </>
  )
}

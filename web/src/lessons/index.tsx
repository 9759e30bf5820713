/** The lessons: a list of them, or the one that the address names. */

import './styles/lessons.css'
import { useMemo } from 'preact/hooks'
import { href, place } from '../route'
import { lazy } from '../ui/lazy'
import { Title } from '../ui/title'
import { entries, type Entry } from './list'
import { LessonScreen } from './screen/lesson-screen'

const Differences = lazy(() => import('./differences'))

export interface LessonsProps {
  /** What stands behind `#/learn/` in the address. */
  path: readonly string[]
}

export default function Lessons({ path: [slug] }: LessonsProps) {
  if (slug === undefined) return <Overview />
  if (slug === 'differences') return <Differences />
  const entry = entries.find((each) => each.slug === slug)
  return entry ? <Loaded key={slug} entry={entry} /> : <Unknown />
}

function Overview() {
  return (
    <div class="lessons" data-testid="lessons">
      <Title about="Each is one screen on a real broker: do something, watch what it does, then read why.">
        Lessons
      </Title>
      <ol class="lesson-list">
        {entries.map(({ slug, title, about }, at) => (
          <li>
            <a href={href(['learn', slug])} class="lesson-card" data-testid={`lesson-${slug}`}>
              <span class="lesson-number" aria-hidden="true">
                {at + 1}
              </span>
              <span>
                <b>{title}</b>
                <span class="quiet">{about}</span>
              </span>
            </a>
          </li>
        ))}
      </ol>
      <p>
        One browser is no cluster. <a href={href(['learn', 'differences'])}>Where this differs from a Kafka cluster</a>
      </p>
    </div>
  )
}

function Unknown() {
  return (
    <>
      <Title>There is no such lesson</Title>
      <p>
        <a href={href(['learn'])}>See which there are.</a>
      </p>
    </>
  )
}

/** A lesson's own code comes when it is first looked at. */
function Loaded({ entry }: { entry: Entry }) {
  const Screen = useMemo(
    () =>
      lazy(async () => {
        const { default: it } = await entry.load()
        const { Seat } = it
        // The address says whether this window was opened by a lesson.
        const isSeat = () => Seat !== undefined && place.value.query.seat !== undefined
        return { default: () => (Seat && isSeat() ? <Seat /> : <LessonScreen entry={entry} lesson={it} />) }
      }),
    [entry],
  )
  return <Screen />
}

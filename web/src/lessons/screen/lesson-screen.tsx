/** A lesson: what to do, the stage, and the words. */

import { useComputed, useSignalEffect } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { href, look, natural, place } from '../../route'
import { Title } from '../../ui/title'
import { Trouble } from '../../ui/trouble'
import type { AnyLesson } from '../engine/lesson'
import { Player } from '../engine/player'
import { valuesOf } from '../engine/values'
import { type Entry, entries } from '../list'
import { Controls } from './controls'
import { Fields } from './fields'
import { Steps } from './steps'
import { Words } from './words'

interface Props {
  entry: Entry
  lesson: AnyLesson
}

const wantedOf = () => natural(place.value.query.step) ?? 0

export function LessonScreen({ entry, lesson }: Props) {
  const number = entries.indexOf(entry)
  // Another choice is another lesson.
  const chosen = useComputed(() => JSON.stringify(valuesOf(lesson.fields, place.value.query)))
  const values = useMemo(() => JSON.parse(chosen.value), [chosen.value])
  const player = useMemo(() => new Player(lesson, values), [values])
  useEffect(() => {
    void player.open(wantedOf())
    return () => void player.close()
  }, [player])
  useAddress(player, entry.slug)

  const { View } = lesson
  const world = player.world.value
  const state = player.state.value
  return (
    <article class="lesson" data-testid="lesson" data-lesson={entry.slug} data-state={state} data-done={player.done.value}>
      <Title about={entry.about} actions={<Neighbours number={number} />}>
        {entry.title}
      </Title>
      <div class="lesson-columns">
        <div class="lesson-script">
          <Words lead={lesson.lead} steps={lesson.steps} done={player.done.value} />
          <Controls player={player} steps={lesson.steps} after={entries[number + 1]} />
          <Trouble problem={player.problem.value} />
        </div>
        <div class="lesson-stage" data-testid="stage" data-broker={world?.address} aria-busy={state === 'opening' || state === 'running'}>
          {world ? <View world={world} busy={player.busy.value} /> : <p class="quiet stage-opening">Opening a broker …</p>}
        </div>
        <div class="lesson-rest">
          <Steps steps={lesson.steps} done={player.done.value} running={state === 'running' || state === 'held'} />
          <p class="lesson-broker quiet">
            {world ? (
              <>
                On <code>{world.address}</code>, a broker of this lesson’s own
              </>
            ) : (
              'Opening a broker …'
            )}
          </p>
          <Fields fields={lesson.fields} isSeeded={lesson.isSeeded} values={values} />
        </div>
      </div>
    </article>
  )
}

/** The address follows the steps, and the steps the address. */
function useAddress(player: Player, slug: string): void {
  useSignalEffect(() => {
    const wanted = player.wanted.value
    if (place.peek().path[1] === slug) look({ step: wanted === 0 ? undefined : wanted })
  })
  useEffect(() => {
    const follow = () => {
      const wanted = Math.min(wantedOf(), player.steps)
      if (place.peek().path[1] !== slug || wanted === player.wanted.peek()) return
      void player.open(wanted)
    }
    addEventListener('hashchange', follow)
    addEventListener('popstate', follow)
    return () => {
      removeEventListener('hashchange', follow)
      removeEventListener('popstate', follow)
    }
  }, [player])
}

function Neighbours({ number }: { number: number }) {
  const before = entries[number - 1]
  const after = entries[number + 1]
  return (
    <nav class="neighbours" aria-label="Lessons">
      {before && (
        <a href={href(['learn', before.slug])} rel="prev" title={before.title}>
          ← Lesson {number}
        </a>
      )}
      <a href={href(['learn'])}>All lessons</a>
      {after && (
        <a href={href(['learn', after.slug])} rel="next" title={after.title}>
          Lesson {number + 2} →
        </a>
      )}
    </nav>
  )
}

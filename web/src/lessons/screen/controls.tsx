/** Takes the steps of a lesson, holds them, and begins anew. */

import { useSignal } from '@preact/signals'
import { visit } from '../../route'
import type { AnyLesson } from '../engine/lesson'
import type { Player } from '../engine/player'
import type { Entry } from '../list'

interface Props {
  player: Player
  steps: AnyLesson['steps']
  /** The lesson that follows. */
  after: Entry | undefined
}

export function Controls({ player, steps, after }: Props) {
  const copied = useSignal(false)
  const state = player.state.value
  const done = player.done.value
  const next = steps[done]
  const isIdle = state === 'idle'
  const isAtStart = state === 'opening' || (isIdle && done === 0)
  const copy = async () => {
    await navigator.clipboard.writeText(location.href)
    copied.value = true
  }
  return (
    <div class="controls" role="group" aria-label="Steps">
      <Main player={player} title={next?.title} after={after} />
      <div class="actions">
        {state === 'held' ? (
          <button type="button" data-testid="beat" onClick={() => player.beat()}>
            One beat
          </button>
        ) : (
          <button type="button" data-testid="play" aria-disabled={!isIdle || !next} onClick={() => player.play()}>
            Play all
          </button>
        )}
        <button
          type="button"
          data-testid="again"
          aria-disabled={isAtStart}
          onClick={() => {
            if (!isAtStart) void player.open(0)
          }}
        >
          Start over
        </button>
        <button type="button" class="ghost" data-testid="copy-link" onClick={() => void copy()}>
          {copied.value ? 'Link copied' : 'Copy link'}
        </button>
      </div>
    </div>
  )
}

interface MainProps {
  player: Player
  title: string | undefined
  after: Entry | undefined
}

/**
 * The one button that matters now. It stays where it is and keeps the focus, so that a lesson is taken
 * with one key; what cannot be done now is said, and does nothing.
 */
function Main({ player, title, after }: MainProps) {
  const { testid, label, isOff, isPrimary, act } = what(player, title, after)
  return (
    <button
      type="button"
      class={isPrimary ? 'primary main' : 'main'}
      data-testid={testid}
      aria-disabled={isOff}
      onClick={act}
    >
      {/* Another text is another element: it has not moved. */}
      <span key={label}>{label}</span>
    </button>
  )
}

function what(player: Player, title: string | undefined, after: Entry | undefined) {
  const state = player.state.value
  const shown = { isOff: false, isPrimary: true }
  if (state === 'running' && title) return { ...shown, testid: 'hold', label: 'Pause', act: () => player.hold() }
  if (state === 'held') return { ...shown, testid: 'resume', label: 'Go on', act: () => player.resume() }
  if (state === 'idle' && !title) {
    return {
      ...shown,
      testid: 'after',
      label: after ? `Next: ${after.title}` : 'Where this differs from a cluster',
      isPrimary: false,
      act: () => visit(['learn', after?.slug ?? 'differences']),
    }
  }
  return { ...shown, testid: 'next', label: title ?? 'One moment …', isOff: state !== 'idle', act: () => player.next() }
}

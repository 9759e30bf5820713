/** Whether the broker is open; if it is not, why, and what one can do. */

import { connection, log, open, vanished } from '../broker/connection'
import type { Problem } from '../broker/problem'
import { isFull } from '../broker/storage'
import { count } from '../format'

export function BrokerState() {
  const current = connection.value
  return (
    <>
      <div class="opening" role="status">
        {current.state === 'opening' && <p>Opening {current.address} …</p>}
      </div>
      {current.state === 'failed' && <Failed {...current} />}
      {current.state === 'open' && current.broker.mode === 'memory' && (
        <div class="banner" data-testid="memory-banner">
          <p>
            <strong>This broker lives in memory.</strong> It behaves as the other one does, but nothing is
            kept: a reload begins with no topics at all.
          </p>
          <button type="button" onClick={() => open('idb')}>
            Try IndexedDB again
          </button>
        </div>
      )}
      <Log />
    </>
  )
}

function Failed({ address, mode, problem }: { address: string; mode: 'idb' | 'memory'; problem: Problem }) {
  return (
    <div class="failed" role="alert" data-testid="failed" data-kind={problem.kind}>
      <h1>{problem.title}</h1>
      <p>{problem.detail}</p>
      <p>{meaning(problem)}</p>
      <div class="actions">
        <button type="button" class="primary" data-testid="retry" onClick={() => open(mode)}>
          Try {address} again
        </button>
        {mode === 'idb' && (
          <button type="button" data-testid="use-memory" onClick={() => open('memory')}>
            Continue in memory, keeping nothing
          </button>
        )}
      </div>
    </div>
  )
}

/** What it means for who sees the page. */
function meaning({ kind }: Problem): string {
  switch (kind) {
    case 'locked':
      return 'All tabs of this site share one broker, which runs in one of them, and that one does not answer. Nothing is lost: close the other tabs and try again.'
    case 'unavailable':
      return 'Some browsers refuse it in private windows, or where site data is blocked. A broker in memory works all the same, as long as the page is open.'
    case 'full':
      return 'Free some room on the disk, or delete this site’s data, and try again.'
    default:
      return 'Try again. If it stays, reload the page; what was stored is untouched.'
  }
}

function Log() {
  const lines = log.value
  if (lines.length === 0) return null
  return (
    // What is said above in full is folded away here.
    <details class="log" data-testid="log" open={!vanished.value && !isFull.value}>
      <summary>The broker has something to say</summary>
      <div role="status">
        <ul>
          {lines.map(({ level, message, times }) => (
            <li key={message}>
              <b>{level}</b> {message} {times > 1 && <span class="quiet">({count(times)} times)</span>}
            </li>
          ))}
        </ul>
      </div>
      <button type="button" onClick={() => (log.value = [])}>
        Dismiss
      </button>
    </details>
  )
}

/** The top of the page: its name, where the data is, and the theme. */

import { connection, leadership } from '../broker/connection'
import { look, storage } from '../broker/storage'
import { bytes } from '../format'
import { type Theme, theme } from '../theme'
import { useAction } from '../ui/action'

const themes: { value: Theme; label: string }[] = [
  { value: 'system', label: 'Auto' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
]

export function Header() {
  return (
    <header class="top">
      <div class="top-name">
        <img src="./ottla.svg" alt="" width="32" height="32" />
        <div>
          <h1>Ottla</h1>
          <p>Kafka’s little sister: a broker inside your tabs</p>
        </div>
      </div>
      <Storage />
      <fieldset class="segments" data-testid="theme">
        <legend class="hidden">Theme</legend>
        {themes.map(({ value, label }) => (
          <label>
            <input
              type="radio"
              name="theme"
              checked={theme.value === value}
              onChange={() => {
                theme.value = value
              }}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
    </header>
  )
}

/** Where the broker runs, of the tabs that share it. */
function Leader() {
  const known = leadership.value
  if (!known) return <p class="quiet" data-testid="leader">Another tab takes over the broker …</p>
  return (
    <p class="quiet" data-testid="leader" title={`The ${known.epoch}. to lead, since ${known.since.toLocaleString()}`}>
      The broker runs in {known.isLeader ? 'this tab' : 'another tab'}.
    </p>
  )
}

function Storage() {
  const action = useAction()
  const current = connection.value
  if (current.state !== 'open') return null
  const { mode, address } = current.broker
  const known = storage.value
  if (mode === 'memory') {
    return (
      <p class="store warn" data-testid="storage" data-mode="memory">
        <b>{address}</b> in memory only: a reload loses everything
      </p>
    )
  }
  return (
    <div class="store" data-testid="storage" data-mode="idb" data-persisted={known?.persisted}>
      <p>
        <b>{address}</b> in this browser’s IndexedDB
        {known?.usage !== undefined && <>, {bytes(known.usage)} used</>}
        {known?.quota !== undefined && <> of {bytes(known.quota)}</>}
      </p>
      <Leader />
      {known && (
        <p class="quiet">
          {known.persisted
            ? 'The browser has promised to keep it.'
            : action.done
              ? 'The browser declined to promise it; it may evict the data when room gets short.'
              : 'The browser may evict it when room gets short.'}
          {!known.persisted && !action.done && ' '}
          {!known.persisted && !action.done && (
            <button
              type="button"
              class="link"
              disabled={action.busy}
              onClick={() => action.run(() => look({ request: true }))}
            >
              Ask it to keep the data
            </button>
          )}
        </p>
      )}
    </div>
  )
}

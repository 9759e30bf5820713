/** Which database the page is attached to, where its broker runs, and how safe the data is. */

import { connection, leadership } from '../broker/connection'
import { look, storage } from '../broker/storage'
import { bytes } from '../format'
import { useAction } from '../ui/action'

export function Status() {
  const current = connection.value
  if (current.state !== 'open') return <div class="status" />
  const { mode, address } = current.broker
  if (mode === 'memory') {
    return (
      <p class="status warn" data-testid="storage" data-mode="memory">
        <b>{address}</b> in memory only: a reload loses everything
      </p>
    )
  }
  const known = storage.value
  return (
    <div class="status" data-testid="storage" data-mode="idb" data-persisted={known?.persisted}>
      <p>
        <b>{address}</b>
      </p>
      <Leader />
      <p class="quiet status-room">
        {known?.usage !== undefined && <>{bytes(known.usage)} used</>}
        {known?.quota !== undefined && <> of {bytes(known.quota)}</>}
      </p>
      {known && <Keeping persisted={known.persisted} />}
    </div>
  )
}

/** Where the broker runs, of the tabs that share it. */
function Leader() {
  const known = leadership.value
  if (!known) return <p class="quiet" data-testid="leader">Another tab takes over the broker …</p>
  return (
    <p class="quiet" data-testid="leader" title={`The ${known.epoch}. to lead, since ${known.since.toLocaleString()}`}>
      Runs in {known.isLeader ? 'this tab' : 'another tab'}
    </p>
  )
}

/** Whether the browser has promised to keep the data, and a way to ask it. */
function Keeping({ persisted }: { persisted: boolean }) {
  const action = useAction()
  if (persisted) return <p class="quiet status-room">The browser has promised to keep it.</p>
  return (
    <p class="quiet status-room">
      {action.done ? 'The browser declined to promise to keep it.' : 'The browser may evict it. '}
      {!action.done && (
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
  )
}

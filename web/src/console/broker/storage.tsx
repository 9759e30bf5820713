/** How much is stored, how much may be, and whether the browser has promised to keep it. */

import { backUp } from '../../broker/backup'
import { connection } from '../../broker/connection'
import { look, storage } from '../../broker/storage'
import { bytes } from '../../format'
import { useAction } from '../../ui/action'
import { Note } from '../../ui/note'
import { Part } from '../../ui/part'
import { Trouble } from '../../ui/trouble'

const note = (
  <Note title="When may a browser evict data?">
    <p>
      When the disk is nearly full, a browser deletes the data of sites that were not used for long, whole sites at
      a time. A site that has the promise is left alone. Chrome decides by itself, from how much the site is used;
      Firefox asks you; Safari deletes what was not visited for seven days, unless the site is on the home screen.
    </p>
  </Note>
)

export function Storage() {
  const action = useAction()
  const backup = useAction()
  const { value } = connection
  const known = storage.value
  if (value.state === 'open' && value.broker.mode === 'memory') {
    return (
      <Part id="storage-part" title="Storage">
        <p>This broker lives in memory. Nothing is stored: a reload begins with no topics at all.</p>
      </Part>
    )
  }
  const { usage, quota } = known ?? {}
  return (
    <Part id="storage-part" title="Storage" note={note}>
      <dl class="facts">
        <div>
          <dt>Used by this site</dt>
          <dd>{usage === undefined ? 'not told' : bytes(usage)}</dd>
        </div>
        <div>
          <dt>It may use</dt>
          <dd>{quota === undefined ? 'not told' : bytes(quota)}</dd>
        </div>
        <div>
          <dt>Kept</dt>
          <dd data-testid="persisted" data-persisted={known?.persisted}>
            {known?.persisted ? 'promised by the browser' : 'as long as there is room'}
          </dd>
        </div>
      </dl>
      {usage !== undefined && quota !== undefined && quota > 0 && (
        <progress max={quota} value={usage} aria-label="Storage used" />
      )}
      {known && !known.persisted && (
        <div class="actions">
          <button
            type="button"
            disabled={action.busy}
            data-testid="ask-persistence"
            onClick={() => action.run(() => look({ request: true }))}
          >
            Ask the browser to keep it
          </button>
          {action.done && <span class="quiet">It declined: it may evict the data when room gets short.</span>}
        </div>
      )}
      <div class="actions">
        <button type="button" disabled={backup.busy} data-testid="back-up-all" onClick={() => backup.run(() => backUp())}>
          Back up all topics
        </button>
        <span class="quiet">as a file, with what groups have committed</span>
      </div>
      <Trouble problem={action.problem ?? backup.problem} />
    </Part>
  )
}

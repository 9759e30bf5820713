/** How far the load is, and what it measured. */

import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { loading, type Measured, TOTAL } from '../../broker/flights'
import { count, duration } from '../../format'

/** By so many per cent, progress is read out again. */
const STEP = 20

export function LoadProgress({ present, measured }: { present: number; measured: Measured }) {
  const done = present + measured.stored
  const percent = Math.floor((done / TOTAL) * 100)
  const said = useSignal(0)
  useEffect(() => {
    if (percent >= said.value + STEP) said.value = percent - (percent % STEP)
  }, [percent])
  const announcement = useComputed(() => (said.value > 0 ? `${said.value} % of the flights are stored.` : ''))
  return (
    <>
      <label class="progress">
        <progress max={TOTAL} value={done} data-testid="load-progress" />
        <span>
          {count(done)} of {count(TOTAL)} stored
        </span>
      </label>
      <p class="hidden" aria-live="polite">
        {announcement}
      </p>
      <Measurements {...measured} />
    </>
  )
}

export function Measurements({ stored, elapsed_ms, pace, middle_ms, slow_ms, batch }: Measured) {
  if (stored === 0) return null
  const rate = elapsed_ms > 0 ? (stored * 1000) / elapsed_ms : 0
  const isLive = loading.value.state === 'loading'
  return (
    <dl class="figures" data-testid="measured" data-stored={stored} aria-live="off">
      <div>
        <dt>{isLive ? 'Stored so far' : 'Stored'}</dt>
        <dd>
          {count(stored)} <small>in {duration(elapsed_ms)}</small>
        </dd>
      </div>
      <div>
        <dt>Rate</dt>
        <dd>
          {count(rate)}/s{' '}
          <small>{pace === 'full' ? 'as fast as they were stored' : `held back to ${count(pace)}/s`}</small>
        </dd>
      </div>
      <div>
        <dt>A send of {count(batch)} is confirmed in</dt>
        <dd>
          {duration(middle_ms)} <small>95 % within {duration(slow_ms)}</small>
        </dd>
      </div>
    </dl>
  )
}

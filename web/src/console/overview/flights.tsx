/** Loads the flights, and shows what that took. */

import { useSignal } from '@preact/signals'
import { connection } from '../../broker/connection'
import { GENTLE, isRunning, load, loading, type Pace, PARTITIONS, stop, TOPIC, TOTAL } from '../../broker/flights'
import { recordsOf, topics } from '../../broker/topics'
import { count } from '../../format'
import { lazy } from '../../ui/lazy'
import { Note } from '../../ui/note'
import { Part } from '../../ui/part'
import { Trouble } from '../../ui/trouble'
import { LoadProgress, Measurements } from './load-progress'

const ClearFlights = lazy(() => import('./clear-flights'), { isBeside: true })

const note = (
  <Note title="What are these records?">
    <p>
      Flights in the United States in early 2001. A record’s key is the origin airport, its value the flight
      as JSON. The page sends them through the API that you would use.
    </p>
  </Note>
)

const paces: { value: Pace; label: string }[] = [
  { value: GENTLE, label: `To watch: ${count(Number(GENTLE))} a second` },
  { value: 'full', label: 'As fast as they are stored' },
]

export function Flights() {
  const pace = useSignal<Pace>(GENTLE)
  const clearing = useSignal(false)
  const topic = topics.value?.find(({ name }) => name === TOPIC)
  const now = loading.value
  const present = topic ? recordsOf(topic.partitions) : 0
  const start = () => {
    void load(pace.value)
  }
  return (
    <Part id="flights-load" title={`${count(TOTAL)} real flights`} note={note}>
      <p class="lead" data-testid="total" data-records={present}>
        {say(now.state, present)}
      </p>
      {!isRunning.value && present < TOTAL && (
        <fieldset class="choices inline">
          <legend class="hidden">How fast</legend>
          {paces.map(({ value, label }) => (
            <label>
              <input
                type="radio"
                name="pace"
                value={String(value)}
                checked={pace.value === value}
                onChange={() => (pace.value = value)}
              />
              <span>{label}</span>
            </label>
          ))}
        </fieldset>
      )}
      {now.state === 'loading' && <LoadProgress present={now.present} measured={now.measured} />}
      {(now.state === 'done' || now.state === 'stopped') && <Measurements {...now.measured} />}
      {now.state === 'failed' && (
        <>
          <Trouble problem={now.problem} />
          {now.measured && <Measurements {...now.measured} />}
        </>
      )}
      <div class="actions">
        {isRunning.value ? (
          <button type="button" data-testid="stop-load" disabled={now.state !== 'loading'} onClick={() => void stop()}>
            Stop
          </button>
        ) : (
          <>
            {present < TOTAL && (
              <button type="button" class="primary" data-testid="load-flights" onClick={start}>
                {present === 0 ? 'Load the flights' : 'Load the rest'}
              </button>
            )}
            {present > 0 && (
              <>
                {stays() && (
                  <button type="button" data-testid="reload-page" onClick={() => location.reload()}>
                    Reload the page
                  </button>
                )}
                <button type="button" data-testid="clear-flights" onClick={() => (clearing.value = true)}>
                  Start over
                </button>
              </>
            )}
          </>
        )}
      </div>
      {clearing.value && topic && (
        <ClearFlights topic={topic} onClose={() => (clearing.value = false)} />
      )}
    </Part>
  )
}

/** Whether what is stored is there after a reload. */
function stays(): boolean {
  const { value } = connection
  return value.state === 'open' && value.broker.mode === 'idb'
}

function say(state: (typeof loading.value)['state'], present: number): string {
  if (state === 'preparing') return 'Looking which flights are there already …'
  if (state === 'loading') return 'Each batch is sent, stored, confirmed, and read back by a consumer of this page.'
  if (present >= TOTAL) {
    return stays()
      ? 'They are all here. Reload the page, or kill the browser: they will still be.'
      : 'They are all here, for as long as the page is open.'
  }
  if (present > 0) return `${count(present)} of them are here. What was confirmed is kept; the rest can follow.`
  return `Load them into the topic “${TOPIC}”, and watch its ${PARTITIONS} partitions fill.`
}

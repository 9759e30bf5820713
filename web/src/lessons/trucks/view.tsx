/** The map, what the tracker believes, and the topic. */

import { Log } from '../drawings/log'
import { hueOf, short } from '../drawings/keys'
import type { Stored } from '../engine/broker'
import type { ViewProps } from '../engine/lesson'
import { distance_km, type Report } from './drive'
import { CityMap } from './map'
import type { Trial, Trucks, Way } from './world'

const names: Record<Way, string> = {
  truck_id: 'by truck_id',
  none: 'no key',
  status: 'by status',
  grown: 'partitions added',
}

export function View({ world }: ViewProps<Trucks>) {
  const trials = world.trials.value
  const trial = trials.at(-1)
  const reports = trial?.sent ?? []
  return (
    <>
      <div class="trucks">
        <CityMap world={world} trial={trial} />
        <Beliefs world={world} trial={trial} sent={reports} />
      </div>
      <ul class="trials" aria-label="What has been tried">
        {(Object.keys(names) as Way[]).map((way) => (
          <Outcome key={way} way={way} trial={trials.find((each) => each.way === way)} />
        ))}
      </ul>
      <Log
        topic={trial?.topic ?? 'reports-truck-id'}
        partitions={trial && trial.sent.length > world.reports.length / 2 ? world.partitionsOf(trial.way) : world.partitions}
        room={world.partitionsOf('grown')}
        records={(trial ? world.log(trial.topic) : []).map(byTruck)}
        mark={(record) => (trial?.given.some((each) => isSame(each, record)) ? { state: 'read', said: 'read' } : {})}
      />
    </>
  )
}

const isSame = (a: Stored, b: Stored) => a.partition === b.partition && a.offset === b.offset

/** Drawn as the truck that it is of, whatever its key. */
const byTruck = (record: Stored): Stored => ({ ...record, key: (JSON.parse(record.value ?? '{}') as Report).truck })

/** What a trial came to, in a line. */
function Outcome({ way, trial }: { way: Way; trial: Trial | undefined }) {
  const beliefs = [...(trial?.beliefs.values() ?? [])]
  const late = beliefs.reduce((sum, each) => sum + each.late, 0)
  const impossible = beliefs.reduce((sum, each) => sum + each.impossible, 0)
  const state = !trial?.isOver ? 'open' : late + impossible > 0 ? 'bad' : 'good'
  return (
    <li data-testid={`trial-${way}`} data-state={state} data-late={late} data-impossible={impossible}>
      <b>{names[way]}</b>
      <span>
        {state === 'open' && '–'}
        {state === 'good' && '✓ all in order'}
        {state === 'bad' && `✗ ${late} came late, ${impossible} impossible`}
      </span>
    </li>
  )
}

function Beliefs({ world, trial, sent }: { world: Trucks; trial: Trial | undefined; sent: readonly Report[] }) {
  return (
    <div class="beliefs">
      <table>
        <caption class="hidden">What the tracker believes of each truck, and what is true</caption>
        <thead>
          <tr>
            <th scope="col">Truck</th>
            <th scope="col">State</th>
            <th scope="col" class="number">
              km
            </th>
            <th scope="col" class="number">
              truly
            </th>
            <th scope="col" class="number">
              late
            </th>
          </tr>
        </thead>
        <tbody>
          {world.trucks.map((truck) => {
            const belief = trial?.beliefs.get(truck)
            const own = sent.filter((report) => report.truck === truck)
            const km = own.reduce((sum, report, at) => sum + (own[at - 1] ? distance_km(own[at - 1] as Report, report) : 0), 0)
            const last = own.at(-1)
            const isWrong = trial?.isOver && (belief?.km !== km || belief.status !== last?.status)
            return (
              <tr data-testid={`belief-${truck}`} data-wrong={isWrong === true} data-km={belief?.km} data-true-km={km}>
                <th scope="row">
                  <span class="key" data-hue={hueOf(truck)}>
                    {short(truck)}
                  </span>
                </th>
                <td>{belief?.status ?? <span class="quiet">–</span>}</td>
                <td class="number">
                  {belief?.km ?? '–'}
                  {isWrong && <span class="bad"> ✗</span>}
                </td>
                <td class="number quiet">{km}</td>
                <td class="number">{belief?.late ?? '–'}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

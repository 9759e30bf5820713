/** Streets, and the trucks on them: where each really is, and where the tracker believes it to be. */

import { hueOf, short } from '../drawings/keys'
import { COLUMNS, type Point, ROWS } from './drive'
import type { Trial, Trucks } from './world'

const GAP = 12
const EDGE = 8

/** Trucks drive side by side, so that none hides another. */
const place = ({ x, y }: Point, lane = 0) => ({ x: EDGE + x * GAP + lane, y: EDGE + y * GAP + lane })
const numbers = (length: number) => Array.from({ length }, (_, at) => at)

export function CityMap({ world, trial }: { world: Trucks; trial: Trial | undefined }) {
  const width = (COLUMNS - 1) * GAP + 2 * EDGE
  const height = (ROWS - 1) * GAP + 2 * EDGE
  return (
    <figure class="map">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={say(world, trial)}>
        <g class="map-streets">
          {numbers(ROWS).map((y) => (
            <line x1={EDGE} x2={width - EDGE} y1={EDGE + y * GAP} y2={EDGE + y * GAP} />
          ))}
          {numbers(COLUMNS).map((x) => (
            <line x1={EDGE + x * GAP} x2={EDGE + x * GAP} y1={EDGE} y2={height - EDGE} />
          ))}
        </g>
        {world.trucks.map((truck, at) => (
          <Way key={truck} truck={truck} lane={laneOf(at)} stops={(trial?.sent ?? []).filter((each) => each.truck === truck)} />
        ))}
        {world.trucks.map((truck, at) => {
          const belief = trial?.beliefs.get(truck)
          return belief && <Marker key={truck} truck={truck} lane={laneOf(at)} at={belief.at} />
        })}
      </svg>
      <figcaption class="quiet">
        <span>
          <span class="map-ring" aria-hidden="true" /> where it is
        </span>
        <span>
          <span class="map-dot" aria-hidden="true" /> where the tracker believes it to be
        </span>
      </figcaption>
    </figure>
  )
}

const laneOf = (at: number) => (at - 2.5) * 0.6

/** Along the streets: first on, then aside. */
function corners(stops: readonly Point[]): Point[] {
  return stops.flatMap((stop, at) => {
    const before = stops[at - 1]
    return before && before.y !== stop.y ? [{ x: stop.x, y: before.y }, stop] : [stop]
  })
}

function Way({ truck, lane, stops }: { truck: string; lane: number; stops: readonly Point[] }) {
  const last = stops.at(-1)
  if (!last) return null
  const { x, y } = place(last, lane)
  const line = corners(stops).map((corner) => place(corner, lane))
  return (
    <g class="map-way" data-hue={hueOf(truck)}>
      <polyline points={line.map(({ x, y }) => `${x},${y}`).join(' ')} />
      <circle cx={x} cy={y} r="4.4" />
    </g>
  )
}

function Marker({ truck, lane, at }: { truck: string; lane: number; at: Point }) {
  const { x, y } = place(at, lane)
  return (
    <g class="map-truck" data-hue={hueOf(truck)} data-truck={truck} style={{ transform: `translate(${x}px, ${y}px)` }}>
      <circle r="3.4" />
      <text y="1.3" text-anchor="middle">
        {short(truck)}
      </text>
    </g>
  )
}

function say(world: Trucks, trial: Trial | undefined): string {
  const wrong = world.trucks.filter((truck) => {
    const belief = trial?.beliefs.get(truck)
    const last = trial?.sent.findLast((report) => report.truck === truck)
    return belief && last && (belief.at.x !== last.x || belief.at.y !== last.y)
  })
  if (!trial || trial.given.length === 0) return 'Map with the streets and the trucks'
  if (wrong.length === 0) return 'Map: the tracker believes every truck to be where it is'
  return `Map: the tracker is wrong about ${wrong.join(', ')}`
}

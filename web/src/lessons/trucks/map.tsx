/** Streets, and the trucks on them: where each really is, and where the tracker believes it to be. */

import { hueOf, short } from '../drawings/keys'
import { COLUMNS, type Point, type Report, ROWS } from './drive'
import type { Trial, Trucks } from './world'

const GAP = 12
const EDGE = 9
const STREET = 4

/** What stands between the streets, by its number from the left and from the top; houses, where nothing is said. */
const grounds: Readonly<Record<string, string>> = { '1 1': 'park', '4 0': 'park', '3 3': 'water', '2 3': 'water', '5 4': 'park' }

/** A truck from its side, its middle at 0. */
const TRUCK = 'M-5.4-3.6h7.2v1.5h1.8l1.8 2.1v2.6H-5.4z'

/** Trucks drive side by side, so that none hides another. */
const place = ({ x, y }: Point, lane = 0) => ({ x: EDGE + x * GAP + lane, y: EDGE + y * GAP + lane })
const numbers = (length: number) => Array.from({ length }, (_, at) => at)

export function CityMap({ world, trial }: { world: Trucks; trial: Trial | undefined }) {
  const width = (COLUMNS - 1) * GAP + 2 * EDGE
  const height = (ROWS - 1) * GAP + 2 * EDGE
  return (
    <figure class="map">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={say(world, trial)}>
        <g class="map-grounds">
          {numbers(ROWS + 1).map((y) => numbers(COLUMNS + 1).map((x) => <Ground key={`${x} ${y}`} x={x - 1} y={y - 1} />))}
        </g>
        {world.trucks.map((truck, at) => (
          <Way key={truck} truck={truck} lane={laneOf(at)} stops={(trial?.sent ?? []).filter((each) => each.truck === truck)} />
        ))}
        {world.trucks.map((truck, at) => {
          const belief = trial?.beliefs.get(truck)
          return trial && belief && <Believed key={truck} truck={truck} lane={laneOf(at)} at={belief.at} truly={truly(trial, truck)} />
        })}
      </svg>
      <figcaption class="quiet">
        <span>
          <Sign class="map-way" /> where it is
        </span>
        <span>
          <Sign class="map-truck" /> where the tracker believes it to be
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
      {stops.map((stop) => (
        <circle cx={place(stop, lane).x} cy={place(stop, lane).y} r="0.9" />
      ))}
      <path d={TRUCK} transform={`translate(${x} ${y})`} />
    </g>
  )
}

interface BelievedProps {
  truck: string
  lane: number
  at: Point
  /** Where it is, where that is known to be elsewhere. */
  truly: Point | undefined
}

function Believed({ truck, lane, at, truly }: BelievedProps) {
  const { x, y } = place(at, lane)
  const there = truly && place(truly, lane)
  return (
    <g data-hue={hueOf(truck)}>
      {there && <line class="map-error" x1={x} y1={y} x2={there.x} y2={there.y} />}
      <g class="map-truck" data-truck={truck} style={{ transform: `translate(${x}px, ${y}px)` }}>
        <path d={TRUCK} />
        <circle cx="-3" cy="2.7" r="1.2" />
        <circle cx="2.8" cy="2.7" r="1.2" />
        <text x="-1.8" y="1.1" text-anchor="middle">
          {short(truck)}
        </text>
      </g>
    </g>
  )
}

/** Where a truck is that the tracker, having read all, is wrong about. */
function truly(trial: Trial, truck: string): Report | undefined {
  const at = trial.beliefs.get(truck)?.at
  const last = trial.sent.findLast((report) => report.truck === truck)
  return trial.isOver && (last?.x !== at?.x || last?.y !== at?.y) ? last : undefined
}

/** Between four streets, or between two and the edge of the map. */
function Ground({ x, y }: Point) {
  const from = STREET / 2
  const size = GAP - STREET
  return <rect class={`map-${grounds[`${x} ${y}`] ?? 'houses'}`} x={EDGE + x * GAP + from} y={EDGE + y * GAP + from} width={size} height={size} rx="1" />
}

/** A truck as the map draws it, beside what it means. */
function Sign({ class: kind }: { class: string }) {
  return (
    <svg class="map-sign" viewBox="-6 -5 12 10" aria-hidden="true">
      <g class={kind}>
        <path d={TRUCK} />
      </g>
    </svg>
  )
}

function say(world: Trucks, trial: Trial | undefined): string {
  if (!trial || trial.given.length === 0) return 'Map with the streets and the trucks'
  if (!trial.isOver) return 'Map: the tracker reads where the trucks are'
  const wrong = world.trucks.filter((truck) => truly(trial, truck))
  if (wrong.length === 0) return 'Map: the tracker believes every truck to be where it is'
  return `Map: the tracker is wrong about ${wrong.join(', ')}`
}

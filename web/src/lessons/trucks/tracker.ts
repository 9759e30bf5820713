/**
 * What a tracker makes of reports, in the order in which it gets them: the last position, the state of
 * the delivery, and the kilometres. It believes its partition's order, as such programs do.
 */

import { distance_km, type Point, type Report, type Status } from './drive'

export interface Belief {
  truck: string
  at: Point
  status: Status
  km: number
  /** Reports that came when a later one was there already. */
  late: number
  /** Changes of state that no delivery makes, as from delivered to driving. */
  impossible: number
  /** The highest number of a report so far. */
  newest: number
}

const possible: Readonly<Record<Status | 'nothing', readonly Status[]>> = {
  nothing: ['loaded'],
  loaded: ['driving'],
  driving: ['driving', 'delivered'],
  delivered: [],
}

export function take(before: Belief | undefined, report: Report): Belief {
  const { truck, number, status, x, y } = report
  const at = { x, y }
  const isPossible = possible[before?.status ?? 'nothing'].includes(status)
  return {
    truck,
    at,
    status,
    km: (before?.km ?? 0) + (before ? distance_km(before.at, at) : 0),
    late: (before?.late ?? 0) + (before && number < before.newest ? 1 : 0),
    impossible: (before?.impossible ?? 0) + (isPossible ? 0 : 1),
    newest: Math.max(before?.newest ?? 0, number),
  }
}

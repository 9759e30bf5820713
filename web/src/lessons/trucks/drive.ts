/** A day of some trucks, made of a seed: each loads, drives from stop to stop, and delivers. */

import type { Random } from '../engine/random'

export type Status = 'loaded' | 'driving' | 'delivered'

/** What a truck reports at a stop. */
export interface Report {
  truck: string
  /** Which of its reports it is, from 1. */
  number: number
  status: Status
  x: number
  y: number
}

export interface Point {
  x: number
  y: number
}

/** The streets: so many each way, so many kilometres apart. */
export const COLUMNS = 7
export const ROWS = 6

export const REPORTS = 7

export const distance_km = (a: Point, b: Point): number => Math.abs(a.x - b.x) + Math.abs(a.y - b.y)

/**
 * Each truck's reports: from the depot at the left along the streets, never back. Trucks change streets
 * in pairs, so that no two are ever at one corner.
 */
function routes(trucks: readonly string[], random: Random): Report[][] {
  const order = [...trucks]
  const found = new Map(trucks.map((truck) => [truck, [] as Report[]]))
  for (let number = 1; number <= REPORTS; number++) {
    const status = number === 1 ? 'loaded' : number === REPORTS ? 'delivered' : 'driving'
    for (const [y, truck] of order.entries()) found.get(truck)?.push({ truck, number, status, x: number - 1, y })
    for (let y = 0; y + 1 < order.length; y++) {
      if (random.next() < 0.4) {
        order.splice(y, 2, order[y + 1] as string, order[y] as string)
        y++
      }
    }
  }
  return [...found.values()]
}

/** All reports in the order in which they are sent: each truck's own in theirs, the trucks mixed. */
export function drive(trucks: readonly string[], random: Random): Report[] {
  const all = routes(trucks, random)
  return Array.from({ length: REPORTS }, (_, at) => {
    const round = all.map((route) => ({ report: route[at] as Report, turn: random.next() }))
    return round.sort((a, b) => a.turn - b.turn).map(({ report }) => report)
  }).flat()
}

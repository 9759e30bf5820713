/** What is looked at, kept in the address: a reload comes back to it, and it can be linked to. */

import { signal } from '@preact/signals'

/** Where in a partition a page of records begins. */
export type Start =
  | { from: 'earliest' }
  | { from: 'latest' }
  | { from: 'offset'; offset: number }
  | { from: 'time'; timestamp_ms: number }

export interface Route {
  topic: string | undefined
  partition: number
  start: Start
}

/** A whole number from 0 up, or undefined. */
export function natural(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function parse(hash: string): Route {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''))
  const offset = natural(parameters.get('offset'))
  const timestamp_ms = natural(parameters.get('time'))
  let start: Start = { from: 'earliest' }
  if (offset !== undefined) start = { from: 'offset', offset }
  else if (timestamp_ms !== undefined) start = { from: 'time', timestamp_ms }
  else if (parameters.has('latest')) start = { from: 'latest' }
  return {
    topic: parameters.get('topic') ?? undefined,
    partition: natural(parameters.get('partition')) ?? 0,
    start,
  }
}

function format({ topic, partition, start }: Route): string {
  const parameters = new URLSearchParams()
  if (topic !== undefined) parameters.set('topic', topic)
  if (partition > 0) parameters.set('partition', String(partition))
  if (start.from === 'offset') parameters.set('offset', String(start.offset))
  if (start.from === 'time') parameters.set('time', String(start.timestamp_ms))
  if (start.from === 'latest') parameters.set('latest', '')
  return `#${parameters}`
}

export const route = signal<Route>(parse(location.hash))

/** Looks elsewhere. */
export function go(to: Partial<Route>): void {
  const elsewhere = to.topic !== undefined && to.topic !== route.value.topic
  const next: Route = elsewhere
    ? { partition: 0, start: { from: 'earliest' }, topic: to.topic, ...to }
    : { ...route.value, ...to }
  history.replaceState(null, '', format(next))
  route.value = next
}

addEventListener('hashchange', () => {
  route.value = parse(location.hash)
})

/**
 * Which screen is looked at, and what in it: kept in the address behind `#`, so that a reload comes
 * back to it, the browser's buttons work, and it can be linked to. A static host needs no rules for it.
 *
 *     #/topics/flights/messages?partition=3&offset=100
 *
 * Before `#`, `?db=name` says which database the page is attached to.
 */

import { signal } from '@preact/signals'

export interface Place {
  /** `['topics', 'flights', 'messages']` */
  readonly path: readonly string[]
  /** `{ partition: '3', offset: '100' }` */
  readonly query: Readonly<Record<string, string>>
}

/** Values to keep in the address; what is undefined is left out. */
export type Query = Readonly<Record<string, string | number | undefined>>

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function parse(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s)
  return {
    path: path.split('/').filter((segment) => segment !== '').map(decode),
    query: Object.fromEntries(new URLSearchParams(query)),
  }
}

/** The address of a place, for links. */
export function href(path: readonly string[], query: Query = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value))
  }
  const search = parameters.size > 0 ? `?${parameters}` : ''
  return `#/${path.map(encodeURIComponent).join('/')}${search}`
}

export const place = signal<Place>(parse(location.hash))

/** Goes elsewhere; the browser's back button comes back. */
export function visit(path: readonly string[], query: Query = {}): void {
  const address = href(path, query)
  if (address === location.hash) return
  history.pushState(null, '', address)
  place.value = parse(address)
}

/** Changes what is looked at on the same screen; values that are undefined are taken out. */
export function look(change: Query): void {
  const { path, query } = place.peek()
  const address = href(path, { ...query, ...change })
  if (address === href(path, query)) return
  history.replaceState(null, '', address)
  place.value = parse(address)
}

/** A whole number from 0 up, or undefined. */
export function natural(text: string | null | undefined): number | undefined {
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

const follow = () => {
  place.value = parse(location.hash)
}
addEventListener('hashchange', follow)
addEventListener('popstate', follow)

/** Which databases of Ottla this origin has: apps of the same site each have their own. */

/** What Ottla puts before a broker's name to name its database. */
const PREFIX = 'ottla:'

/** Their names, as in `idb://name`; undefined where the browser does not tell (Firefox before 126). */
export async function databases(): Promise<string[] | undefined> {
  if (typeof globalThis.indexedDB?.databases !== 'function') return undefined
  const found = await indexedDB.databases()
  return found
    .flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : []))
    .sort()
}

/** The address of this page, attached to a database. */
export function attached(name: string): string {
  const url = new URL(location.href)
  url.search = new URLSearchParams({ db: name }).toString()
  url.hash = ''
  return url.href
}

// The databases of an origin by their names, with no look at what is in them.

/** What stands before a broker's name in the name of its database. */
const PREFIX = 'ottla:'

/**
 * The names of the `idb://` brokers that this origin has databases of, sorted; undefined where the browser
 * does not tell (Firefox before 126, or no IndexedDB).
 */
export async function databases(): Promise<string[] | undefined> {
  if (typeof indexedDB === 'undefined' || !indexedDB.databases) return undefined
  const found = await indexedDB.databases()
  return found.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : [])).sort()
}

/**
 * Deletes the database of `idb://<name>` and all that it holds. End its broker first, with
 * `kafka.shutdown()`: what still has the database open is told to let go of it, and it is deleted as
 * soon as that has happened. Resolves when it is deleted, or is waiting for that.
 */
export function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`${PREFIX}${name}`)
    request.onsuccess = request.onblocked = () => resolve()
    request.onerror = () => reject(request.error)
  })
}

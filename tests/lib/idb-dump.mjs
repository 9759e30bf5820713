// Runs in a page: a whole IndexedDB database as JSON, and back; and its end.

/** @param {string} name */
export async function dumpDatabase(name) {
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  const database = await done(indexedDB.open(name))
  const stores = []
  for (const store of database.objectStoreNames) {
    const objects = database.transaction(store).objectStore(store)
    const indexes = Array.from(objects.indexNames, (index) => {
      const { keyPath, unique } = objects.index(index)
      return { name: index, keyPath, unique }
    })
    const [keys, values] = await Promise.all([done(objects.getAllKeys()), done(objects.getAll())])
    const entries = keys.map((key, at) => {
      const value = values[at]
      return { key, ...(value instanceof Uint8Array ? { bytes: base64(value) } : { value }) }
    })
    stores.push({ name: store, autoIncrement: objects.autoIncrement, indexes, entries })
  }
  database.close()
  return { version: database.version, stores }
}

/** @param {{name: string, dump: Awaited<ReturnType<typeof dumpDatabase>>}} what */
export async function restoreDatabase({ name, dump }) {
  await new Promise((resolve, reject) => {
    const request = indexedDB.open(name, dump.version)
    request.onupgradeneeded = () => {
      for (const { name, autoIncrement, indexes, entries } of dump.stores) {
        const store = request.result.createObjectStore(name, { autoIncrement })
        for (const { name, keyPath, unique } of indexes) store.createIndex(name, keyPath, { unique })
        for (const { key, bytes, value } of entries) {
          const stored = bytes && Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0))
          store.put(stored ?? (bytes === '' ? new Uint8Array() : value), key)
        }
      }
    }
    request.onsuccess = () => {
      request.result.close()
      resolve(undefined)
    }
    request.onerror = () => reject(request.error)
  })
}

/**
 * Deletes a database, as other code of the site might.
 *
 * @param {string} name
 */
export function deleteDatabase(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(request.error)
  })
}

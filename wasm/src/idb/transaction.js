// Transactions from beginning to end. Here, and not in Rust, as a browser that freezes a worker does
// so in the middle of a task, wherever a function is called; and a transaction that is neither
// committed nor aborted then holds up all other tabs until the worker thaws. So between the two there
// are only calls of the browser's own functions.

/**
 * How long a small commit waits before each time that it is tried again in a full storage: LevelDB
 * takes room for a moment when it puts its files in order.
 */
const PAUSES_MS = [0, 200, 1000]

/** How long it may take to remove a part of what is marked: others wait for it. */
const PART_MS = 10

/** How many keys the first part has, and any part at most. */
const [FIRST_KEYS, MOST_KEYS] = [16, 1024]

/**
 * A key before all others of `log`, which stays. To delete a key of `metadata`, Chromium looks for what
 * follows that store; without this, it would pass over all that has been deleted at the front of `log`.
 */
const GUARD = -Infinity

/** The databases from which something is being removed. */
const sweeping = new WeakSet()

/**
 * Puts and deletes. `steps` has a store, a key and a value for each; without a value it is a delete,
 * and without a store a mark for `sweep`. `epoch` does nothing if it is undefined; with `claim` its
 * record is put, else it is looked for. Where there is no room, what would be marked is deleted at
 * once, and one that is `small` gets the room of the reserve.
 */
export function write(database, stores, options, steps, epoch, claim, clear, small, events) {
  let isFull = false
  const attempt = () => writeOnce(database, stores, options, steps, epoch, claim, clear, isFull, events)
  const first = attempt()
  const left = small ? [...PAUSES_MS] : []
  const watch = (transaction) => {
    // The driver takes this handler back when it waits no longer.
    transaction.oncomplete = () => first.oncomplete?.()
    transaction.onabort = (event) => {
      if (!first.oncomplete) return
      const lacksRoom = transaction.error?.name === 'QuotaExceededError'
      // To mark is a convenience: that there is no room for it is no reason to refuse records.
      const wasMarks = lacksRoom && !isFull && !puts(steps)
      isFull = lacksRoom
      if (isFull && !wasMarks) events.full()
      const pause = left.shift()
      if (!isFull || pause === undefined) return events.abort(event)
      const again = () => {
        try {
          if (first.oncomplete) watch(attempt())
        } catch {
          events.abort(event)
        }
      }
      if (wasMarks) again()
      else emptyReserve(database, () => (pause ? setTimeout(again, pause) : again()))
    }
  }
  watch(first)
  first.oncomplete = () => {
    events.complete()
    if (marks(steps)) sweep(database)
  }
  return first
}

/** Whether something is marked. */
const marks = (steps) => steps.some((name, at) => at % 3 === 0 && name === undefined)

/** Whether a value is put, and not only marks are. */
const puts = (steps) => steps.some((value, at) => at % 3 === 2 && value !== undefined)

function writeOnce(database, stores, options, steps, epoch, claim, clear, isFull, events) {
  const count = steps.length
  const transaction = database.transaction(stores, 'readwrite', options)
  try {
    const leader = transaction.objectStore('leader')
    if (clear) leader.clear()
    if (claim) leader.put(1, epoch)
    for (let at = 0; at < count; at += 3) {
      const [name, key, value] = steps.slice(at, at + 3)
      if (name === undefined) remove(transaction, key, isFull)
      else if (value === undefined) transaction.objectStore(name).delete(key)
      else transaction.objectStore(name).put(value, key)
    }
    // Without it, the transaction would first be seen to lie idle.
    if (claim || epoch === undefined) transaction.commit()
    else {
      const found = leader.get(epoch)
      found.onsuccess = () => {
        if (found.result !== undefined) return transaction.commit()
        events.fenced()
        transaction.abort()
      }
    }
  } catch (error) {
    abort(transaction)
    throw error
  }
  return transaction
}

/** Marks all keys of the log that begin with `key`; without room for that, deletes them. */
function remove(transaction, key, isFull) {
  const log = transaction.objectStore('log')
  try {
    if (!isFull) {
      log.put(1, GUARD)
      return void transaction.objectStore('metadata').put(1, key)
    }
  } catch {
    // There is no room, said at once.
  }
  log.delete(allWithin(key))
}

const allWithin = (key) => IDBKeyRange.bound(key, [...key, [[]]])

/**
 * Removes what is marked, part by part, with pauses: whoever commits meanwhile waits for one part at
 * most. Each part is as large as the time it takes allows. It may end at any point, and goes on when
 * the database is opened the next time.
 */
export async function sweep(database) {
  if (sweeping.has(database)) return
  sweeping.add(database)
  let most = FIRST_KEYS
  try {
    for (;;) {
      const [mark] = await keysIn(database, 'metadata', IDBKeyRange.lowerBound([]), 1)
      if (!mark) break
      let rest = allWithin(mark)
      while (rest) {
        const keys = await keysIn(database, 'log', rest, most)
        const [first, last] = [keys[0], keys.at(-1)]
        const start = performance.now()
        const options = { durability: 'relaxed' }
        const transaction = database.transaction(['metadata', 'log'], 'readwrite', options)
        if (last) transaction.objectStore('log').delete(IDBKeyRange.bound(first, last))
        // From behind the last one: to pass over what has just been deleted takes time, too.
        rest = keys.length === most && IDBKeyRange.bound(last, rest.upper, true)
        if (!rest) transaction.objectStore('metadata').delete(mark)
        transaction.commit()
        await ended(transaction)
        const took = performance.now() - start
        if (took > PART_MS) most = Math.max(1, most >> 1)
        else if (took < PART_MS / 2) most = Math.min(MOST_KEYS, most << 1)
        await sleep(took)
      }
    }
  } catch {
    // The database is closed, or as good as that.
  }
  sweeping.delete(database)
}

function keysIn(database, name, range, limit) {
  const transaction = database.transaction(name)
  const request = transaction.objectStore(name).getAllKeys(range, limit)
  transaction.commit()
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = reject
  })
}

/** Puts the reserve back if it is not there; `done` hears whether it is there then. */
export function fillReserve(database, size, done) {
  const looked = database.transaction('reserve').objectStore('reserve').count(0)
  looked.onerror = () => done(false)
  looked.onsuccess = () => {
    if (looked.result > 0) return done(true)
    // Noise, as what can be compressed keeps no room.
    const reserve = new Uint8Array(size)
    for (let at = 0; at < size; at += 65536) crypto.getRandomValues(reserve.subarray(at, at + 65536))
    try {
      const transaction = database.transaction('reserve', 'readwrite', { durability: 'relaxed' })
      transaction.objectStore('reserve').put(reserve, 0)
      transaction.commit()
      transaction.oncomplete = () => done(true)
      transaction.onabort = () => done(false)
    } catch {
      done(false)
    }
  }
}

function emptyReserve(database, done) {
  try {
    const transaction = database.transaction('reserve', 'readwrite', { durability: 'relaxed' })
    transaction.objectStore('reserve').delete(0)
    transaction.commit()
    transaction.oncomplete = done
    transaction.onabort = done
  } catch {
    done()
  }
}

/**
 * More than LevelDB writes into one log: what is deleted again in the same transaction is written twice.
 * In one transaction, as an almost full storage refuses that as a whole, and parts of it would fill it.
 */
const LOG = { puts: 40, size: 60_000, room: 64 * 1024 * 1024, pause_ms: 200 }

/**
 * Has Chromium's LevelDB begin a new log. A browser that is killed, or loses its power, may leave the
 * last record of the log half written. LevelDB writes on behind it, finds the log damaged the next
 * time, and Chromium then deletes all databases of the site (github.com/google/leveldb/issues/1287).
 * So what a log holds is had put into a table as soon as a broker has opened its database.
 */
export async function renewLog(database) {
  // Others have no LevelDB.
  if (!('userAgentData' in navigator)) return
  await sleep(LOG.pause_ms)
  try {
    const { usage, quota } = await navigator.storage.estimate()
    if (quota - usage < LOG.room) return
    const transaction = database.transaction('reserve', 'readwrite', { durability: 'relaxed' })
    const store = transaction.objectStore('reserve')
    const nothing = new Uint8Array(LOG.size)
    for (let key = 1; key <= LOG.puts; key++) store.put(nothing, key)
    store.delete(IDBKeyRange.lowerBound(1))
    transaction.commit()
  } catch {
    // The database is closed: the next broker does it.
  }
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

function ended(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve
    transaction.onabort = reject
  })
}

/** Begins an epoch; the number is the result of the request that comes back. */
export function takeOver(database, options) {
  const transaction = database.transaction('leader', 'readwrite', options)
  try {
    const store = transaction.objectStore('leader')
    store.clear()
    const added = store.add(1)
    transaction.commit()
    return added
  } catch (error) {
    abort(transaction)
    throw error
  }
}

/** Asks for the keys and for the values of a range. */
export function read(database, name, range, limit) {
  const transaction = database.transaction(name, 'readonly')
  const store = transaction.objectStore(name)
  const keys = store.getAllKeys(range, limit)
  const values = store.getAll(range, limit)
  transaction.commit()
  return [keys, values]
}

/** What was asked for until now would be done all the same. */
function abort(transaction) {
  try {
    transaction.abort()
  } catch {
    // It has ended by itself.
  }
}

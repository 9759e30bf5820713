/** Databases of lessons: each run has one of its own, and leaves none behind. */

import { fresh, LessonBroker } from './broker'

/** How the package names the database, and the lock of who serves it, behind `idb://`. */
const stored = (name: string) => `ottla:${name}`

const isLesson = (name: string) => name.startsWith(stored('lesson-'))

function remove(database: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(database)
    // Who still has it open lets go of it soon, and it is deleted then.
    request.onsuccess = request.onerror = request.onblocked = () => resolve()
  })
}

/** Removes what tabs that were closed have left. */
async function sweep(): Promise<void> {
  if (!indexedDB.databases) return
  const databases = (await indexedDB.databases()).flatMap(({ name }) => (name && isLesson(name) ? [name] : []))
  const { held = [] } = await navigator.locks.query()
  const used = new Set(held.map(({ name }) => name))
  await Promise.all(databases.filter((name) => !used.has(name)).map(remove))
}

/** A broker over IndexedDB, for a lesson whose clients are not all in this page. */
export class StoredBroker {
  readonly broker: LessonBroker
  readonly #name: string

  private constructor(name: string, broker: LessonBroker) {
    this.#name = name
    this.broker = broker
  }

  static async open(lesson: string): Promise<StoredBroker> {
    await sweep()
    const name = fresh(lesson)
    return new StoredBroker(name, await LessonBroker.open(`idb://${name}`))
  }

  /** Ends the broker, and deletes what it holds. */
  async close(): Promise<void> {
    await this.broker.close()
    await remove(stored(this.#name))
  }
}

/** Databases of lessons: each run has one of its own, and leaves none behind. */

import { fresh, LessonBroker } from './broker'

/** How the package names the database, and the lock of who serves it, behind `idb://`. */
const stored = (name: string) => `ottla:${name}`

const isLesson = (name: string) => name.startsWith(stored('lesson-'))

function drop(database: string): Promise<void> {
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
  await Promise.all(databases.filter((name) => !used.has(name)).map(drop))
}

/** The name of a database that nobody has yet. */
export async function freshDatabase(lesson: string): Promise<string> {
  await sweep()
  return fresh(lesson)
}

export const removeDatabase = (name: string): Promise<void> => drop(stored(name))

/** A broker over IndexedDB, for a lesson whose clients are not all in this page. */
export class StoredBroker {
  readonly broker: LessonBroker
  readonly #name: string

  private constructor(name: string, broker: LessonBroker) {
    this.#name = name
    this.broker = broker
  }

  static async open(lesson: string): Promise<StoredBroker> {
    const name = await freshDatabase(lesson)
    return new StoredBroker(name, await LessonBroker.open(`idb://${name}`))
  }

  /** Ends the broker and opens it anew, with what it has stored. Its clients connect again by themselves. */
  async reopen(): Promise<void> {
    const leadership = await this.broker.kafka.leadership()
    if (!leadership?.isLeader) {
      throw new Error(
        'Another tab runs the broker of this lesson, and only where it runs can it be opened anew. Close that tab, and start over.',
      )
    }
    await this.broker.kafka.shutdown()
    await this.broker.admin.listTopics()
  }

  /** Ends the broker, and deletes what it holds. */
  async close(): Promise<void> {
    await this.broker.close()
    await removeDatabase(this.#name)
  }
}

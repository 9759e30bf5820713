/** Databases of lessons: each run has one of its own, and leaves none behind. */

import { databases, deleteDatabase } from 'ottla'
import { fresh, LessonBroker } from './broker'

/** The lock that whoever serves a database holds. */
const lock = (name: string) => `ottla:${name}`

/** Removes what tabs that were closed have left. */
async function sweep(): Promise<void> {
  const left = (await databases())?.filter((name) => name.startsWith('lesson-')) ?? []
  const { held = [] } = await navigator.locks.query()
  const used = new Set(held.map(({ name }) => name))
  await Promise.all(left.filter((name) => !used.has(lock(name))).map(removeDatabase))
}

/** The name of a database that nobody has yet. */
export async function freshDatabase(lesson: string): Promise<string> {
  await sweep()
  return fresh(lesson)
}

/** What cannot be deleted now is swept away by a later lesson. */
export const removeDatabase = (name: string): Promise<void> => deleteDatabase(name).catch(() => {})

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

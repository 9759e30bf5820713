// What a browser that was killed has left of IndexedDB. Should something be missing, it tells whether the
// browser lost it, or the broker did not find it.

import { cp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { newProfile } from '../lib/chromium.mjs'

/** A copy of what the last kill left, made before the next browser touches it. */
export class Remains {
  #databases
  #copy
  #files = ''

  /** @param {{path: string}} profile of the browser */
  static async of(profile) {
    const remains = new Remains()
    remains.#databases = join(profile.path, 'Default', 'IndexedDB')
    remains.#copy = await newProfile()
    return remains
  }

  async keep() {
    await rm(this.#copy.path, { recursive: true, force: true })
    this.#files = await filesOf(this.#databases)
    if (this.#files) await cp(this.#databases, this.#copy.path, { recursive: true })
  }

  /** What was left, and what is there now. The copy stays. */
  async told() {
    const now = await filesOf(this.#databases)
    return `The last kill left, copied to ${this.#copy.path}:\n${this.#files}\nThere is now:\n${now}`
  }

  remove() {
    return this.#copy.remove()
  }
}

/** The files under a folder and their sizes; nothing where there is no such folder. */
async function filesOf(folder) {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const lines = names.sort().map(async (name) => {
    const found = await stat(join(folder, name))
    return found.isFile() ? [`${name} ${found.size}`] : []
  })
  return (await Promise.all(lines)).flat().join('\n')
}

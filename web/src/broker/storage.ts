/** How safe the data is in this browser, and how much room there is. */

import { signal } from '@preact/signals'
import { type LogDirDescription, type Persistence, persistence } from 'ottla'
import { connection } from './connection'

export const storage = signal<Persistence | undefined>(undefined)

/** Whether producers are refused, as there is no room for more. */
export const isFull = signal(false)

const LOOK_EVERY_MS = 5_000
let timer: ReturnType<typeof setInterval> | undefined

/** Looks again and again, from now on. */
export function watch(): void {
  timer ??= setInterval(() => void look(), LOOK_EVERY_MS)
  void look()
}

/** Asks how things are; with `request`, asks the browser to promise that it keeps the data. */
export async function look({ request = false } = {}): Promise<void> {
  try {
    storage.value = await persistence({ request })
  } catch {
    // A browser that does not say is as one that promises nothing.
    storage.value = { persisted: false, asked: request }
  }
  await logDirs()
}

/** What the broker keeps, partition by partition; nothing where it does not tell. */
export async function logDirs(): Promise<LogDirDescription[]> {
  const current = connection.peek()
  if (current.state !== 'open') return []
  try {
    const dirs = await current.broker.admin.describeLogDirs()
    isFull.value = dirs.some(({ usableBytes }) => usableBytes === 0)
    return dirs
  } catch {
    return []
  }
}

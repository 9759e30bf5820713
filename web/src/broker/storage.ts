/** How safe the data is in this browser, and how much room there is. */

import { signal } from '@preact/signals'
import { type Persistence, persistence } from 'ottla'

export const storage = signal<Persistence | undefined>(undefined)

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
}

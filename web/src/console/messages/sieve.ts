/** Lets through what a filter matches, and remembers where the filter did not suit. */

import type { Seen } from '../../broker/record'
import { compile, type Filter } from './filter/compile'

export class Sieve {
  readonly #filter: Filter | undefined
  /** How many records the filter could not be worked out for. */
  failed = 0
  /** Why, of the first of them. */
  reason = ''

  /** Throws `Unreadable`. */
  constructor(filter: string) {
    this.#filter = filter.trim() === '' ? undefined : compile(filter)
  }

  get isOpen(): boolean {
    return this.#filter === undefined
  }

  matches(record: Seen): boolean {
    if (!this.#filter) return true
    try {
      return this.#filter.matches(record)
    } catch (error) {
      if (this.failed === 0) this.reason = error instanceof Error ? error.message : String(error)
      this.failed += 1
      return false
    }
  }
}

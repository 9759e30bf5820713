import { Patience, type Sign } from './patience.js'

/**
 * Sees that there is a leader that answers. A worker that is frozen keeps its lock; nothing but its
 * silence tells of it. The answers go to all tabs, so that only one of them asks.
 */
export class Watch {
  readonly #ask: () => void
  readonly #silent: () => void
  readonly #patience: Patience
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param openingMs how long a leader may be silent while it opens the database */
  constructor(openingMs: number, ask: () => void, silent: () => void) {
    this.#patience = new Patience(openingMs)
    this.#ask = ask
    this.#silent = silent
  }

  /** How many leaders in a row have been taken over from lately, without a death. */
  get steals(): number {
    return this.#patience.steals(performance.now())
  }

  /** The leader is there, or another is on its way. */
  heard(sign: Sign): void {
    this.#patience.heard(performance.now(), sign)
  }

  start(): void {
    if (this.#timer !== undefined) return
    this.#next(this.#patience.start(performance.now()))
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #next(delayMs: number): void {
    this.#timer = setTimeout(() => this.#check(), delayMs)
  }

  #check(): void {
    const { act, delayMs } = this.#patience.check(performance.now(), Math.random())
    if (act === 'ask') this.#ask()
    else if (act === 'steal') this.#silent()
    this.#next(delayMs)
  }
}

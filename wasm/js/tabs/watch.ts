/** How often somebody asks the leader for a sign of life, while anybody needs it. */
const ASK_MS = 350

/** So many questions in a row may stay without an answer. */
const UNANSWERED = 3

/** By up to so much tabs differ in when they act, so that one is first and the others see it. */
const SPREAD_MS = 100

/**
 * Sees that there is a leader that answers. A worker that is frozen keeps its lock; nothing but its
 * silence tells of it: three questions without an answer, so that it is given up 1.4 to 1.9 seconds
 * after its last sign of life. The answers go to all tabs, so that only one of them asks.
 */
export class Watch {
  readonly #ask: () => void
  readonly #silent: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #heardAt = 0
  #checkedAt = 0
  #asked = 0

  constructor(ask: () => void, silent: () => void) {
    this.#ask = ask
    this.#silent = silent
  }

  /** The leader is there, or another is on its way. */
  heard(): void {
    this.#heardAt = performance.now()
    this.#asked = 0
  }

  start(): void {
    if (this.#timer !== undefined) return
    this.#asked = 0
    this.#checkedAt = performance.now()
    this.#next(ASK_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #next(delayMs: number): void {
    this.#timer = setTimeout(() => this.#check(), delayMs)
  }

  #check(): void {
    const now = performance.now()
    // Whoever was asleep itself has heard nothing for that reason.
    if (now - this.#checkedAt > 2 * ASK_MS) this.#asked = 0
    this.#checkedAt = now
    if (now - this.#heardAt < ASK_MS) return this.#next(ASK_MS)
    if (this.#asked > UNANSWERED) {
      this.heard()
      this.#silent()
      return this.#next(ASK_MS)
    }
    this.#asked++
    if (this.#asked <= UNANSWERED) this.#ask()
    this.#next(this.#asked > UNANSWERED ? Math.random() * SPREAD_MS : ASK_MS)
  }
}

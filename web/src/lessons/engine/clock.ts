/** The pace of a lesson: it can be held, let go on, and moved by one beat. */

/** The lesson was ended while something waited for its next beat. */
export class Ended extends Error {
  constructor() {
    super('The lesson was ended.')
  }
}

/** What a clock in a worker is told, so that it goes as the page's does. */
export type Order = 'fast' | 'slow' | 'hold' | 'go' | 'one'

interface Waiting {
  resolve: () => void
  reject: (error: Error) => void
}

export class Clock {
  /** How many times as fast as beats are long. */
  readonly pace: number
  #fast = false
  #held = false
  #ended = false
  readonly #waiting = new Set<Waiting>()
  readonly #ends = new Set<() => void>()
  readonly #followers = new Set<(order: Order) => void>()

  constructor(pace = 1) {
    this.pace = pace
  }

  /** Nothing is shown: what a link asks for is brought about at once. */
  get fast(): boolean {
    return this.#fast
  }

  set fast(fast: boolean) {
    this.#fast = fast
    this.#tell(fast ? 'fast' : 'slow')
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Waits for the next beat. Rejects with {@link Ended} where there is none. */
  async beat(length_ms: number): Promise<void> {
    if (this.#ended) throw new Ended()
    if (this.#fast) return
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = { resolve: () => settle(resolve), reject: (error) => settle(() => reject(error)) }
      const settle = (how: () => void) => {
        clearTimeout(timer)
        this.#waiting.delete(waiting)
        how()
      }
      const timer = setTimeout(() => {
        if (!this.#held) waiting.resolve()
      }, length_ms / this.pace)
      this.#waiting.add(waiting)
    })
  }

  hold(): void {
    this.#held = true
    this.#tell('hold')
  }

  go(): void {
    this.#held = false
    this.one()
    this.#tell('go')
  }

  /** Lets go whatever waits, once. */
  one(): void {
    this.#tell('one')
    for (const { resolve } of [...this.#waiting]) resolve()
  }

  end(): void {
    this.#ended = true
    for (const { reject } of [...this.#waiting]) reject(new Ended())
    for (const end of [...this.#ends]) end()
  }

  /** Does as another clock does. */
  obey(order: Order): void {
    if (order === 'hold') this.hold()
    else if (order === 'go') this.go()
    else if (order === 'one') this.one()
    else this.fast = order === 'fast'
  }

  /** Tells a follower how it stands, and of every change. Returns a function that ends this. */
  lead(follower: (order: Order) => void): () => void {
    follower(this.#fast ? 'fast' : 'slow')
    if (this.#held) follower('hold')
    this.#followers.add(follower)
    return () => this.#followers.delete(follower)
  }

  #tell(order: Order): void {
    for (const follower of this.#followers) follower(order)
  }

  /** Calls a function when the lesson is ended. Returns a function that takes this back. */
  onEnd(listener: () => void): () => void {
    this.#ends.add(listener)
    return () => this.#ends.delete(listener)
  }
}

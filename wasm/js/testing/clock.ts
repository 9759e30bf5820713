// Kept from before a test replaces them by its own.
const { setTimeout: soon, clearTimeout: notSoon, setImmediate: next } = globalThis

/** How often everything that is under way gets a turn before time goes on. */
const TURNS = 8

/** Something to be done at a time. */
interface Timer {
  at: number
  /** Whether a process of Node's may end before. */
  background: boolean
  ring: () => void
}

/** The time of a broker and its clients: it goes on like that of the system, or stands, and can be advanced. */
export class Clock {
  readonly #timers = new Set<Timer>()
  #base: number
  /** The system's clock when the time was `#base`; undefined while it stands. */
  #since: number | undefined
  #armed: ReturnType<typeof setTimeout> | undefined

  constructor(now: number, stands: boolean) {
    this.#base = now
    if (!stands) this.#since = performance.now()
  }

  /** Milliseconds since 1970. It never goes back. */
  readonly now = (): number =>
    this.#since === undefined ? this.#base : this.#base + Math.floor(performance.now() - this.#since)

  /** Whether the time stands. */
  get stands(): boolean {
    return this.#since === undefined
  }

  stop(): void {
    this.#base = this.now()
    this.#since = undefined
    this.#arm()
  }

  start(): void {
    this.#since ??= performance.now()
    this.#arm()
  }

  /**
   * Calls a function in a while. Returns what takes it back.
   *
   * @param background whether a process of Node's may end before
   */
  after(delayMs: number, ring: () => void, background = false): () => void {
    const timer = { at: this.now() + Math.max(0, delayMs), ring, background }
    this.#timers.add(timer)
    this.#arm()
    return () => {
      if (this.#timers.delete(timer)) this.#arm()
    }
  }

  /** Lets time pass: what is due in it happens in order, each at its time. */
  async advance(ms: number): Promise<void> {
    const { stands } = this
    this.stop()
    const end = this.#base + ms
    for (;;) {
      await turns()
      const next = this.#next()
      if (!next || next.at > end) break
      this.#base = Math.max(this.#base, next.at)
      this.#ring(next)
    }
    this.#base = end
    await turns()
    if (!stands) this.start()
  }

  /** Nothing happens any more. */
  close(): void {
    this.#timers.clear()
    this.#arm()
  }

  #next(): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) if (!next || timer.at < next.at) next = timer
    return next
  }

  #ring(timer: Timer): void {
    this.#timers.delete(timer)
    timer.ring()
  }

  #arm(): void {
    notSoon(this.#armed)
    const next = this.#next()
    if (!next) return
    const wait = next.at - this.now()
    // While it stands, what is due now still happens.
    if (this.stands && wait > 0) return
    this.#armed = soon(() => {
      const due = this.#next()
      if (due && due.at <= this.now()) this.#ring(due)
      this.#arm()
    }, Math.max(0, wait))
    if ([...this.#timers].every(({ background }) => background)) (this.#armed as { unref?: () => void }).unref?.()
  }
}

/** Lets everything that is under way go on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise<void>(next ? (resolve) => next(resolve) : overPort)
}

/** A turn of a browser's event loop: its timers are slowed down where they follow each other. */
function overPort(resolve: () => void): void {
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    port1.close()
    resolve()
  }
  port2.postMessage(null)
}

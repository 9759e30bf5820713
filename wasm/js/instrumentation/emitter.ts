import { KafkaJSNonRetriableError } from '../errors.js'
import type { Logger } from '../logger.js'
import type { InstrumentationEvent } from './events.js'

type Listener = (event: InstrumentationEvent<never>) => unknown

let lastId = 0

/** Tells listeners what happens. */
export class Emitter {
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #names: Readonly<Record<string, string>>
  readonly #logger: Logger

  /** @param names the events that there are */
  constructor(names: Readonly<Record<string, string>>, logger: Logger) {
    this.#names = names
    this.#logger = logger
  }

  on(type: string, listener: Listener): () => void {
    if (!Object.values(this.#names).includes(type)) {
      const keys = Object.keys(this.#names).map((key) => `events.${key}`)
      throw new KafkaJSNonRetriableError(`Event name should be one of ${keys.join(', ')}`)
    }
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners)
    // The same function may listen twice, and end one of the two.
    const own: Listener = (event) => listener(event)
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  /** Whether anybody listens: what costs something to find out is found out only then. */
  hears(...types: string[]): boolean {
    return types.some((type) => (this.#listeners.get(type)?.size ?? 0) > 0)
  }

  emit(type: string, payload: unknown = null): void {
    if (!this.hears(type)) return
    const event = { id: String(lastId++), type, timestamp: Date.now(), payload }
    for (const listener of [...(this.#listeners.get(type) ?? [])]) this.#tell(listener, event)
  }

  /** What a listener throws is not the business of whoever tells. */
  async #tell(listener: Listener, event: InstrumentationEvent<unknown>): Promise<void> {
    try {
      await listener(event as never)
    } catch (error) {
      const { message, stack } = error as Error
      this.#logger.error(`Failed to execute listener: ${message}`, { eventName: event.type, stack })
    }
  }
}

/** Something that happened, in KafkaJS's shape. */
export interface InstrumentationEvent<T> {
  id: string
  type: string
  timestamp: number
  payload: T
}

/** Ends a subscription. */
export type RemoveInstrumentationEventListener = () => void

/** Tells listeners what happens. */
export class Emitter {
  readonly #listeners = new Map<string, Set<(event: InstrumentationEvent<never>) => void>>()
  #lastId = 0

  on<T>(
    type: string,
    listener: (event: InstrumentationEvent<T>) => void,
  ): RemoveInstrumentationEventListener {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  emit(type: string, payload: unknown = null): void {
    const event = { id: String(++this.#lastId), type, timestamp: Date.now(), payload }
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never)
  }
}

import { type Abortable, abortable, asyncDispose } from './abort.js'
import { KafkaJSError, KafkaJSNonRetriableError } from './errors.js'
import { Emitter } from './instrumentation/emitter.js'
import type {
  InstrumentationEvent,
  RemoveInstrumentationEventListener,
} from './instrumentation/events.js'
import { Requests } from './instrumentation/requests.js'
import type { Logger } from './logger.js'

/** The names of a client's events that every client has. */
type Names = Readonly<
  Record<
    'CONNECT' | 'DISCONNECT' | 'REQUEST' | 'REQUEST_TIMEOUT' | 'REQUEST_QUEUE_SIZE' | (string & {}),
    string
  >
>

/** What producers, consumers and admins have in common. */
export abstract class Part<EventMap extends object> {
  /** What {@link Part.on} tells of. */
  abstract readonly events: Names

  readonly #logger: Logger
  /** @internal */
  protected readonly emitter: Emitter
  /** @internal */
  protected readonly requests: Requests
  /** Told when it is connected and when it is no more. @internal */
  connectedChanged: (connected: boolean) => void = () => {}
  #connecting: Promise<void> | undefined
  #disconnecting: Promise<void> | undefined

  /** @internal */
  constructor(events: Names, logger: Logger) {
    this.#logger = logger
    this.emitter = new Emitter(events, logger)
    this.requests = new Requests(events, this.emitter)
  }

  /** Connects. Rejects, within seconds, where the broker cannot be reached or opened. */
  async connect({ signal }: Abortable = {}): Promise<void> {
    signal?.throwIfAborted()
    this.#connecting ??= this.#connect()
    try {
      await abortable(this.#connecting, signal)
    } catch (error) {
      // Nobody waits for it any more.
      if (signal?.aborted) void this.disconnect()
      throw error
    }
  }

  /** {@link Part.disconnect}, at the end of the block of `await using`. */
  [asyncDispose](): Promise<void> {
    return this.disconnect()
  }

  /**
   * Disconnects: what {@link Part.connect} began is ended in order. That takes no longer than one request may
   * (`requestTimeout`), apart from a record that is still being processed; where no broker can be reached, it
   * is over at once. It does not reject for that.
   */
  disconnect(): Promise<void> {
    this.#disconnecting ??= this.#disconnect().finally(() => {
      this.#disconnecting = undefined
    })
    return this.#disconnecting
  }

  /**
   * Calls a function with each event of a kind. Returns what ends that.
   *
   * @param eventName one of {@link Part.events}
   */
  on<K extends keyof EventMap & string>(
    eventName: K,
    listener: (event: EventMap[K]) => void,
  ): RemoveInstrumentationEventListener<K>
  /** The same, for a payload of which one knows better: `on<{ error: MyError }>(…)`. */
  on<T>(
    eventName: keyof EventMap & string,
    listener: (event: InstrumentationEvent<T>) => void,
  ): RemoveInstrumentationEventListener
  on(
    eventName: keyof EventMap & string,
    listener: (event: InstrumentationEvent<never> & EventMap[keyof EventMap]) => void,
  ): RemoveInstrumentationEventListener {
    const remove = this.emitter.on(eventName, listener as (event: InstrumentationEvent<never>) => void)
    this.requests.listenersChanged()
    return () => {
      remove()
      this.requests.listenersChanged()
    }
  }

  /** The log. */
  logger(): Logger {
    return this.#logger
  }

  /** Opens what there is to open. @internal */
  protected abstract open(): Promise<void>

  /** Ends what is under way, in order, and closes what was opened, if anything was. @internal */
  protected abstract close(): Promise<void>

  /** @internal */
  protected get isConnected(): boolean {
    return this.#connecting !== undefined
  }

  /** @internal */
  protected disconnected(): KafkaJSError {
    const what = this.events.CONNECT.split('.')[0]
    return this.#disconnecting
      ? new KafkaJSNonRetriableError(`The ${what} is disconnecting; it takes nothing more.`)
      : new KafkaJSError(`The ${what} is disconnected: call connect() first.`)
  }

  async #connect(): Promise<void> {
    // One that is disconnecting ends that first.
    await this.#disconnecting?.catch(() => {})
    try {
      await this.open()
    } catch (error) {
      this.#connecting = undefined
      throw error
    }
    this.connectedChanged(true)
    this.emitter.emit(this.events.CONNECT)
  }

  async #disconnect(): Promise<void> {
    const connecting = this.#connecting
    this.#connecting = undefined
    const opened = await connecting?.then(
      () => true,
      () => false,
    )
    await this.close()
    this.connectedChanged(false)
    if (opened) this.emitter.emit(this.events.DISCONNECT)
  }
}

import type { Emitter } from './emitter.js'

/** Kafka's numbers of the requests that are more than requests to a consumer. */
const FETCH = 1
const PRODUCE = 0
const HEARTBEAT = 12
const CONSUMER_GROUP_HEARTBEAT = 68

/** Brokers here are alone, with this number. */
const NODE_ID = 0

/** A client whose requests are told of. */
export interface Source {
  /** The address of a connection's broker. */
  broker(link: number): string
  readonly clientId: string
  /** In milliseconds. */
  readonly requestTimeout: number
  /** Whether sends are not answered: `acks: 0`. */
  readonly silent: boolean
  /** Whether to tell. */
  observe(observed: boolean): void
}

interface Sent {
  apiKey: number
  apiName: string
  apiVersion: number
  correlationId: number
  broker: string
  clientId: string
  createdAt: number
  pendingDuration: 0
  sentAt: number
}

/** Tells of the requests of one producer, consumer or admin, as long as somebody listens. */
export class Requests {
  readonly #emitter: Emitter
  readonly #names: Readonly<Record<string, string>>
  readonly #sources = new Map<Source, Map<number, Map<number, Sent>>>()
  /** The member was heard of. */
  onHeartbeat: () => void = () => {}

  constructor(names: Readonly<Record<string, string>>, emitter: Emitter) {
    this.#names = names
    this.#emitter = emitter
  }

  add(source: Source): void {
    this.#sources.set(source, new Map())
    source.observe(this.#isHeard)
  }

  remove(source: Source): void {
    this.#sources.delete(source)
  }

  listenersChanged(): void {
    for (const source of this.#sources.keys()) source.observe(this.#isHeard)
  }

  sent(source: Source, link: number, apiKey: number, apiName: string, apiVersion: number, correlationId: number): void {
    const links = this.#sources.get(source)
    if (!links) return
    const { clientId } = source
    const broker = source.broker(link)
    const now = Date.now()
    const times = { createdAt: now, pendingDuration: 0, sentAt: now } as const
    const request: Sent = { apiKey, apiName, apiVersion, correlationId, broker, clientId, ...times }
    if (apiKey === FETCH) this.#emit('FETCH_START', { nodeId: NODE_ID })
    if (apiKey === PRODUCE && source.silent) {
      return this.#emit('REQUEST', { ...request, duration: 0, size: 0 })
    }
    const underWay = links.get(link) ?? new Map<number, Sent>()
    links.set(link, underWay)
    underWay.set(correlationId, request)
    this.#resized(source, link, underWay.size)
  }

  answered(source: Source, link: number, correlationId: number, size: number, batches: number): void {
    const underWay = this.#sources.get(source)?.get(link)
    const request = underWay?.get(correlationId)
    // It was sent before anybody listened.
    if (!request) return
    underWay?.delete(correlationId)
    const duration = Date.now() - request.sentAt
    this.#emit('REQUEST', { ...request, duration, size })
    this.#resized(source, link, underWay?.size ?? 0)
    const { apiKey } = request
    if (apiKey === FETCH) {
      this.#emit('FETCH', { numberOfBatches: batches, duration, nodeId: NODE_ID })
    } else if (apiKey === HEARTBEAT || apiKey === CONSUMER_GROUP_HEARTBEAT) this.onHeartbeat()
  }

  /** A connection is over: what it had not answered in time is the reason. */
  unlinked(source: Source, link: number): void {
    const links = this.#sources.get(source)
    const underWay = links?.get(link)
    if (!links || !underWay) return
    links.delete(link)
    for (const request of underWay.values()) {
      if (Date.now() - request.sentAt >= source.requestTimeout) this.#emit('REQUEST_TIMEOUT', request)
    }
    this.#resized(source, link, 0)
  }

  get #isHeard(): boolean {
    const { REQUEST, REQUEST_TIMEOUT, REQUEST_QUEUE_SIZE, FETCH_START, FETCH, HEARTBEAT } = this.#names
    const names = [REQUEST, REQUEST_TIMEOUT, REQUEST_QUEUE_SIZE, FETCH_START, FETCH, HEARTBEAT]
    return this.#emitter.hears(...names.flatMap((name) => name ?? []))
  }

  #resized({ broker, clientId }: Source, link: number, queueSize: number): void {
    this.#emit('REQUEST_QUEUE_SIZE', { broker: broker(link), clientId, queueSize })
  }

  #emit(key: string, payload: unknown): void {
    const name = this.#names[key]
    if (name !== undefined) this.#emitter.emit(name, payload)
  }
}

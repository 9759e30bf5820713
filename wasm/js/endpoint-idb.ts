import type { Alarm, Endpoint, EndpointOptions, Leadership, Link } from './endpoint.js'
import { KafkaJSConnectionError, KafkaJSError, KafkaJSLockTimeout, KafkaJSStorageError } from './errors.js'
import { logLevel } from './logger.js'
import { loadModule } from './module.js'
import { type Helper, startHelper } from './tabs/helper.js'
import type { StorageNotice } from './storage/types.js'
import type { Failure, FromWorker, Leader, Via } from './tabs/messages.js'

/** How long a broker that is asked to end may take. */
const GRACE_MS = 250

export function errorOf({ kind, message }: Failure, name: string): KafkaJSError {
  switch (kind) {
    case 'locked':
      return new KafkaJSLockTimeout(message)
    default:
      return new KafkaJSStorageError(`idb://${name} cannot be opened: ${message}`, {
        reason: kind,
        retriable: kind === 'failed' || kind === 'blocked',
      })
  }
}

/** A client's connection, or its wait for one. */
interface Connection {
  lost: (reason: string) => void
  /** Until it stands. */
  port?: MessagePort
  resolve: (link: Link) => void
  reject: (error: Error) => void
}

/** A running worker. */
interface Running {
  helper: Helper
  /** Settled when a leader is known, or this tab cannot take part. */
  opened: Promise<void>
  settle: (error?: KafkaJSError) => void
  /** Whether it was given up because the page fell asleep. */
  asleep?: boolean
  connections: Map<number, Connection>
  self?: string
  leader?: Leader
  via?: Via
  closed?: () => void
}

/** A broker over IndexedDB that all tabs of the site share, seen from one of them. */
export class IdbEndpoint implements Endpoint {
  readonly #name: string
  readonly #options: EndpointOptions
  #running: Running | undefined
  #watching = false
  /** Settled when the page goes on, where it is frozen or in the back/forward cache. */
  #asleep: Promise<void> | undefined
  #wake: () => void = () => {}
  /** How many sessions need the broker. */
  #users = 0
  #lastNumber = 0
  readonly #alarms = new Map<number, { at: number; ring: () => void; fallback?: ReturnType<typeof setTimeout> }>()
  readonly #storageListeners = new Set<(notice: StorageNotice) => void>()
  readonly #listeners = new Set<(leadership: Leadership | undefined) => void>()

  constructor(name: string, options: EndpointOptions) {
    this.#name = name
    this.#options = options
  }

  async ready(): Promise<void> {
    this.#users++
    try {
      await this.#serving()
      this.#running?.helper.tell({ type: 'watch', on: true })
    } catch (error) {
      this.release()
      throw error
    }
  }

  release(): void {
    this.#users--
    if (this.#users === 0) this.#running?.helper.tell({ type: 'watch', on: false })
  }

  async connect(lost: (reason: string) => void): Promise<Link> {
    const running = await this.#serving()
    return new Promise((resolve, reject) => {
      this.#bring(running, ++this.#lastNumber, { lost, resolve, reject })
    })
  }

  alarm(ring: () => void): Alarm {
    const number = ++this.#lastNumber
    return (delayMs) => {
      clearTimeout(this.#alarms.get(number)?.fallback)
      this.#alarms.delete(number)
      if (delayMs !== undefined) this.#set(number, performance.now() + delayMs, ring)
    }
  }

  leadership(): Leadership | undefined {
    const { self, leader, via } = this.#running ?? {}
    if (!self || !leader) return undefined
    const { id, epoch, since } = leader
    return { leader: id, tab: self, isLeader: id === self, epoch, since: new Date(since), via }
  }

  onLeadership(listener: (leadership: Leadership | undefined) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onStorage(listener: (notice: StorageNotice) => void): () => void {
    this.#storageListeners.add(listener)
    return () => this.#storageListeners.delete(listener)
  }

  async shutdown(): Promise<void> {
    const running = this.#running
    if (!running) return
    this.#running = undefined
    await running.opened.catch(() => {})
    await new Promise<void>((resolve) => {
      running.closed = resolve
      running.helper.tell({ type: 'close' })
      setTimeout(resolve, GRACE_MS)
    })
    this.#stop(running, 'the broker was shut down')
  }

  async #serving(): Promise<Running> {
    for (;;) {
      await this.#asleep
      this.#running ??= this.#start()
      const running = this.#running
      await running.opened
      if (!running.asleep) return running
    }
  }

  #start(): Running {
    this.#watch()
    const { timeoutMs, workers } = this.#options
    const name = this.#name
    if (typeof indexedDB === 'undefined') {
      const message = 'there is no IndexedDB here; memory:// works without'
      throw errorOf({ kind: 'unavailable', message }, name)
    }
    const fail = (error: KafkaJSError) => {
      running.settle(error)
      this.#stop(running, error.message)
    }
    let settle: Running['settle'] = () => {}
    const opened = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        const { helper } = running
        if (helper.nobody) return fail(errorOf(helper.nobody, name))
        const message = `the browser did not start the broker within ${timeoutMs} ms`
        fail(errorOf({ kind: 'unavailable', message }, name))
      }, timeoutMs)
      settle = (error) => {
        clearTimeout(timer)
        if (error) reject(error)
        else resolve()
      }
    })
    const running: Running = {
      helper: startHelper({
        name,
        timeoutMs,
        module: loadModule(),
        workers,
        receive: (message) => this.#receive(running, message),
        fail: (error) => fail(error),
      }),
      opened,
      settle,
      connections: new Map(),
    }
    for (const [number, { at, ring }] of this.#alarms) this.#set(number, at, ring, running)
    return running
  }

  #receive(running: Running, message: FromWorker): void {
    switch (message.type) {
      case 'leader':
        this.#follow(running, message.self, message.leader)
        break
      case 'connected': {
        const connection = running.connections.get(message.link)
        if (!connection?.port) break
        const { port } = connection
        connection.port = undefined
        connection.resolve({ port, forget: () => running.connections.delete(message.link) })
        if (running.via === message.via) break
        running.via = message.via
        this.#announce()
        break
      }
      case 'refused': {
        const connection = running.connections.get(message.link)
        if (!connection?.port) break
        connection.port.close()
        running.connections.delete(message.link)
        if (message.failure) connection.reject(errorOf(message.failure, this.#name))
        else this.#bring(running, ++this.#lastNumber, connection)
        break
      }
      case 'tick': {
        const alarm = this.#alarms.get(message.timer)
        this.#alarms.delete(message.timer)
        alarm?.ring()
        break
      }
      case 'failed': {
        const error = errorOf(message.failure, this.#name)
        running.settle(error)
        this.#stop(running, error.message)
        break
      }
      case 'closed':
        running.closed?.()
        break
      case 'storage':
        this.#options.logger.error(
          `The database of idb://${this.#name} was deleted or emptied: its records, topics and committed \
offsets are gone, and a new cluster begins. Import a backup, if there is one (kafka.import).`,
          message.notice,
        )
        for (const listener of this.#storageListeners) listener(message.notice)
        break
      case 'log': {
        const { logger } = this.#options
        if (message.level === logLevel.INFO) logger.info(message.message)
        else if (message.level === logLevel.WARN) logger.warn(message.message)
        else logger.error(message.message)
      }
    }
  }

  #bring(running: Running, link: number, connection: Connection): void {
    const { port1, port2 } = new MessageChannel()
    running.connections.set(link, { ...connection, port: port1 })
    running.helper.tell({ type: 'connect', link, port: port2 }, [port2])
  }

  /** Another leader, or none: the connections to the last one lead nowhere. */
  #follow(running: Running, self: string, leader: Leader | undefined): void {
    running.self = self
    running.leader = leader
    running.via = undefined
    if (leader) running.settle()
    const standing = [...running.connections].filter(([, { port }]) => !port)
    for (const [link, { lost }] of standing) {
      running.connections.delete(link)
      lost('another tab takes over the broker')
    }
    this.#announce()
  }

  #announce(): void {
    const leadership = this.leadership()
    for (const listener of this.#listeners) listener(leadership)
  }

  #set(number: number, at: number, ring: () => void, running = this.#running): void {
    const delayMs = Math.max(at - performance.now(), 0)
    const alarm = { at, ring, fallback: undefined as ReturnType<typeof setTimeout> | undefined }
    this.#alarms.set(number, alarm)
    if (running) return running.helper.tell({ type: 'timer', timer: number, delayMs })
    alarm.fallback = setTimeout(() => {
      this.#alarms.delete(number)
      ring()
    }, delayMs)
  }

  #stop(running: Running, reason: string): void {
    const current = this.#running === running
    if (current) this.#running = undefined
    running.helper.stop()
    const connections = [...running.connections.values()]
    running.connections.clear()
    if (current) for (const [number, { at, ring }] of this.#alarms) this.#set(number, at, ring)
    for (const { port, lost, resolve, reject } of connections) {
      if (port && running.asleep) this.connect(lost).then(resolve, reject)
      else if (port) reject(new KafkaJSConnectionError(reason, { broker: `idb://${this.#name}` }))
      else lost(reason)
    }
    this.#announce()
  }

  /**
   * A page that is frozen or in the back/forward cache keeps its locks, and other tabs would wait for
   * it. So its part ends, and begins anew when the page goes on.
   */
  #watch(): void {
    if (this.#watching || typeof document === 'undefined') return
    this.#watching = true
    const sleep = () => {
      const running = this.#running
      this.#asleep ??= new Promise((resolve) => {
        this.#wake = resolve
      })
      if (!running) return
      running.asleep = true
      this.#stop(running, 'the page is frozen or in the back/forward cache')
      // Whoever waits for it waits for the next one, when the page goes on.
      running.settle()
    }
    const wake = () => {
      this.#asleep = undefined
      this.#wake()
    }
    addEventListener('pagehide', ({ persisted }: PageTransitionEvent) => persisted && sleep())
    addEventListener('pageshow', wake)
    document.addEventListener('freeze', sleep)
    document.addEventListener('resume', wake)
  }
}

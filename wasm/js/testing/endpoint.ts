import type { Alarm, Endpoint, Link, Port } from '../endpoint.js'
import { startModule } from '../module.js'
import { BrokerHost } from '../pkg/ottla_wasm.js'
import type { Clock } from './clock.js'

/** What is made to go wrong. */
export interface Faults {
  /** How many commits are still to fail. */
  commitsToFail: number
  /** Whether there is no room for anything more. */
  full: boolean
  /** How long answers are held back, in milliseconds. */
  answerDelayMs: number
}

/** One side of a connection, as a port. */
class Side implements Port {
  onmessage: Port['onmessage'] = null
  other: Side | undefined
  /** How long what it sends is on its way. */
  readonly #delayed: (deliver: () => void) => void

  constructor(delayed: (deliver: () => void) => void) {
    this.#delayed = delayed
  }

  postMessage(data: ArrayBuffer | null): void {
    const { other } = this
    this.#delayed(() => other?.onmessage?.call(other as never, { data } as MessageEvent))
  }

  close(): void {
    this.onmessage = null
  }

  addEventListener(): void {}
}

/** A broker over memory, with the clock and the faults of a test. */
export class TestEndpoint implements Endpoint {
  readonly now: () => number
  readonly #clock: Clock
  readonly #faults: Faults
  #seed: bigint
  #host: Promise<BrokerHost> | undefined
  /** What ends each connection. */
  readonly #links = new Map<object, (reason: string) => void>()
  #lastClient = 0

  constructor(clock: Clock, faults: Faults, seed: bigint) {
    this.#clock = clock
    this.now = clock.now
    this.#faults = faults
    this.#seed = seed
  }

  /** Seeds that follow from the first one. */
  readonly seed = (): bigint => {
    this.#seed = BigInt.asUintN(64, this.#seed * 6364136223846793005n + 1442695040888963407n)
    return this.#seed
  }

  async ready(): Promise<void> {
    await this.#serving()
  }

  release(): void {}

  async connect(lost: (reason: string) => void): Promise<Link> {
    const host = await this.#serving()
    const { server, client } = this.#pair()
    this.#links.set(client, lost)
    host.connect(server as unknown as MessagePort, `client-${++this.#lastClient}`)
    return { port: client, forget: () => this.#links.delete(client) }
  }

  alarm(ring: () => void): Alarm {
    return this.#alarm(ring, false)
  }

  leadership(): undefined {}

  onLeadership(): () => void {
    return () => {}
  }

  /** Ends all connections, as a network does: each side finds out by itself. */
  cut(): void {
    const links = [...this.#links]
    this.#links.clear()
    for (const [client, lost] of links) {
      const { other } = client as Side
      other?.onmessage?.call(other as never, { data: null } as MessageEvent)
      lost('the test has cut the connection')
    }
  }

  async shutdown(): Promise<void> {
    const host = this.#host
    this.#host = undefined
    ;(await host)?.close()
  }

  /** The two sides of a connection. Requests arrive at once, later than now; answers as the test wants. */
  #pair(): { server: Side; client: Side } {
    const client = new Side((deliver) => queueMicrotask(deliver))
    let last = 0
    const server = new Side((deliver) => {
      const now = this.now()
      // None overtakes another.
      last = Math.max(last, now + this.#faults.answerDelayMs)
      if (last > now) this.#clock.after(last - now, deliver)
      else queueMicrotask(deliver)
    })
    client.other = server
    server.other = client
    return { server, client }
  }

  #alarm(ring: () => void, background: boolean): Alarm {
    let cancel = () => {}
    return (delayMs) => {
      cancel()
      if (delayMs !== undefined) cancel = this.#clock.after(delayMs, ring, background)
    }
  }

  #serving(): Promise<BrokerHost> {
    this.#host ??= this.#start()
    return this.#host
  }

  async #start(): Promise<BrokerHost> {
    await startModule()
    // As elsewhere, a broker alone keeps no process of Node's alive.
    const tick = this.#alarm(() => running?.tick(), true)
    let running: BrokerHost | undefined
    running = await BrokerHost.openMemory(this.seed(), {
      schedule: tick,
      log: () => {},
      failed: () => {},
      fenced: () => {},
      stored: () => {},
      now: this.now,
      refuse: (bytes) => this.#refuse(bytes),
    })
    return running
  }

  #refuse(bytes: number): string | undefined {
    // As with any storage: what only deletes needs no room.
    if (bytes === 0) return undefined
    if (this.#faults.full) return 'full: the test lets nothing more in'
    if (this.#faults.commitsToFail === 0) return undefined
    this.#faults.commitsToFail--
    return 'the test lets this commit fail'
  }
}

/** A broker that runs in one of several workers, a writer that goes on writing, and deaths. */

import { signal } from '@preact/signals'
import type { Leadership } from 'ottla'
import { LessonBroker } from '../engine/broker'
import { type Clock, Ended } from '../engine/clock'
import { freshDatabase, removeDatabase } from '../engine/database'
import type { Setting, World } from '../engine/lesson'
import { readAll } from '../engine/read-all'
import { until } from '../engine/until'
import { Host } from './host'

const TOPIC = 'ledger'
const EVERY_MS = 40
/** So many writes before something happens, and so many after it is over. */
const AROUND = 25
const HOSTS = 3

/** A write, and how long it waited for its confirmation. */
export interface Write {
  number: number
  wait_ms: number
  /** What happened while it waited. */
  during: 'nothing' | 'kill' | 'handover'
}

export interface Count {
  confirmed: number
  found: number
  doubled: number
  inOrder: boolean
}

export class Leader implements World {
  readonly hosts: readonly Host[]
  readonly leadership = signal<Leadership | undefined>(undefined)
  readonly writes = signal<readonly Write[]>([])
  readonly count = signal<Count | undefined>(undefined)
  readonly #name: string
  readonly address: string
  readonly #clock: Clock
  readonly #following: Promise<() => void>[] = []
  #broker: LessonBroker | undefined
  #sent = 0
  #during: Write['during'] = 'nothing'

  private constructor(name: string, { clock }: Setting) {
    this.#name = name
    this.address = `idb://${name}`
    this.#clock = clock
    this.hosts = Array.from({ length: HOSTS }, (_, at) => new Host(`${at + 1}`, this.address))
  }

  static async open(setting: Setting): Promise<Leader> {
    const world = new Leader(await freshDatabase('leader'), setting)
    for (const host of world.hosts) await host.started()
    const broker = await LessonBroker.open(world.address)
    world.#broker = broker
    world.#following.push(broker.kafka.onLeadership((now) => (world.leadership.value = now)))
    world.leadership.value = await broker.kafka.leadership()
    await broker.createTopic(TOPIC, 1)
    return world
  }

  /** The worker that runs the broker; undefined where this page does, or nobody. */
  leader(): Host | undefined {
    const id = this.leadership.value?.leader
    return this.hosts.find(({ tab, state }) => tab.value === id && state.value === 'here')
  }

  /** Writes at an even pace. */
  async write(count = AROUND): Promise<void> {
    const writes: Promise<void>[] = []
    for (let at = 0; at < count; at++) writes.push((await this.#writeOne()).confirmed)
    await Promise.all(writes)
  }

  /** Kills the broker's worker while records are being written. */
  async kill(): Promise<void> {
    await this.#lose('kill', async () => {
      const leader = this.leader()
      if (leader) leader.kill()
      else await this.#broker?.kafka.shutdown()
    })
  }

  /** Has the leader hand over while records are being written. */
  async handOver(): Promise<void> {
    await this.#lose('handover', async () => {
      const leader = this.leader()
      await (leader ? leader.leave() : this.#broker?.kafka.shutdown())
    })
  }

  /** Reads all of it, and counts. */
  async check(): Promise<void> {
    if (!this.#broker) return
    const values = (await readAll(this.#broker, TOPIC)).map(({ value }) => Number(value))
    this.count.value = {
      confirmed: this.writes.peek().length,
      found: new Set(values).size,
      doubled: values.length - new Set(values).size,
      inOrder: values.every((value, at) => at === 0 || value > (values[at - 1] as number)),
    }
  }

  async close(): Promise<void> {
    for (const following of this.#following) (await following)()
    await this.#broker?.close()
    for (const host of this.hosts) host.kill()
    await removeDatabase(this.#name)
  }

  async #lose(what: Write['during'], lose: () => Promise<void>): Promise<void> {
    const before = this.leadership.peek()?.epoch ?? 0
    await this.write()
    this.#during = what
    const writes = [(await this.#writeOne()).confirmed]
    const lost = lose()
    // Writing goes on, whoever leads.
    while (!this.#isLedSince(before)) writes.push((await this.#writeOne()).confirmed)
    await lost
    await Promise.all(writes)
    this.#during = 'nothing'
    await until(this.#clock, 'a new leader', () => this.#isLedSince(before))
    await this.write()
  }

  #isLedSince(epoch: number): boolean {
    return (this.leadership.value?.epoch ?? 0) > epoch
  }

  /** Sends a record, and waits for the time of the next; gives what settles with its confirmation. */
  async #writeOne(): Promise<{ confirmed: Promise<void> }> {
    if (this.#clock.ended || !this.#broker) throw new Ended()
    const number = ++this.#sent
    const during = this.#during
    const start = performance.now()
    const confirmed = this.#broker.send(TOPIC, { value: String(number), partition: 0 }).then(() => {
      this.writes.value = [...this.writes.value, { number, wait_ms: performance.now() - start, during }]
    })
    // Who waits for all of them hears of it.
    confirmed.catch(() => {})
    // At this pace even where a link is followed: what is measured is how long it takes.
    if (this.#clock.fast) await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
    else await this.#clock.beat(EVERY_MS)
    return { confirmed }
  }
}

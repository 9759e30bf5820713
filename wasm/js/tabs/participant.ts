// One tab's part in the broker that all tabs of the site share: it stands by to lead, knows who leads,
// and brings its clients to the leader.

import type { Lead, Leading } from './leader.js'
import {
  type Failure,
  type FromWorker,
  type Leader,
  leaderLock,
  tabLock,
  type ToTabs,
  type ToWorker,
  type Via,
} from './messages.js'
import { Relay } from './relay.js'
import { Switch } from './switch.js'
import { Watch } from './watch.js'

/** What it needs to begin. */
export type Opening = Pick<Extract<ToWorker, { type: 'open' }>, 'name' | 'timeoutMs' | 'switchboard'>

/** A time in which this tab holds the lock. */
interface Term {
  /** Once the broker runs. */
  leading?: Leading
  leader?: Leader
  over: boolean
  end: () => void
}

export class Participant {
  /** The tab's id, new with each worker. */
  readonly #self = crypto.randomUUID()
  readonly #opening: Opening
  readonly #tell: (message: FromWorker) => void
  readonly #lead: Lead | undefined
  readonly #tabs: BroadcastChannel
  readonly #relay: Relay
  readonly #switch: Switch
  readonly #watch: Watch
  /** Links that nobody leads yet, each with the timer of its patience. */
  readonly #waiting = new Map<number, { port: MessagePort; timer: ReturnType<typeof setTimeout> }>()
  /** Links that are on their way over a channel. */
  readonly #relayed = new Set<number>()
  #leader: Leader | undefined
  /** Who is about to lead, until it does. */
  #elected: string | undefined
  #lastEpoch = 0
  #term: Term | undefined
  #queued: AbortController | undefined
  #leave: () => void = () => {}

  /**
   * @param tell tells the page
   * @param lead starts a broker; without it, other tabs must lead
   */
  constructor(opening: Opening, tell: (message: FromWorker) => void, lead?: Lead) {
    this.#opening = opening
    this.#tell = tell
    this.#lead = lead
    this.#tabs = new BroadcastChannel(leaderLock(opening.name))
    this.#tabs.onmessage = ({ data }: MessageEvent<ToTabs>) => this.#heard(data)
    const lock = this.#lock
    const serve = (from: string, port: MessagePort) => this.#serve(from, port)
    const accepted = (via: Via) => (link: number) => {
      this.#relayed.delete(link)
      tell({ type: 'connected', link, via })
    }
    this.#relay = new Relay(lock, { connect: serve, accepted: accepted('channel') })
    this.#switch = new Switch({
      connect: serve,
      accepted: accepted('port'),
      unknown: (link, port) => this.#overChannel(link, port),
      silent: (link) => tell({ type: 'refused', link }),
      ended: () => tell({ type: 'unswitched' }),
    })
    this.#watch = new Watch(
      opening.timeoutMs,
      () => this.#say({ type: 'who' }),
      () => this.#steal(),
    )
  }

  get #lock(): string {
    return tabLock(this.#opening.name, this.#self)
  }

  /** Takes part from now on. Rejects where that is not possible. */
  async open(): Promise<void> {
    if (!('locks' in navigator)) {
      const message = 'this page is no secure context; serve it over https or from localhost'
      throw { kind: 'unavailable', message } satisfies Failure
    }
    // First, as the leader takes whoever does not hold its lock for gone.
    await new Promise<void>((resolve) => {
      const alive = new Promise<void>((leave) => {
        this.#leave = leave
      })
      void navigator.locks.request(this.#lock, () => {
        resolve()
        return alive
      })
    })
    const { switchboard } = this.#opening
    if (switchboard) this.#switch.join(switchboard, this.#lock)
    if (this.#lead) this.#queue()
    this.#say({ type: 'who' })
    this.#watch.heard({ opening: false, steals: 0 })
    this.#watch.start()
  }

  /** The page has started another SharedWorker. */
  rejoin(switchboard: MessagePort): void {
    this.#switch.join(switchboard, this.#lock)
  }

  /** Brings a client of this tab to the leader, now or when there is one. */
  connect(link: number, port: MessagePort): void {
    if (this.#leader) return void this.#bring(link, port, this.#leader)
    const { timeoutMs } = this.#opening
    const timer = setTimeout(() => {
      this.#waiting.delete(link)
      this.#tell({ type: 'refused', link, failure: this.nobody() })
    }, timeoutMs)
    this.#waiting.set(link, { port, timer })
  }

  /** What is wrong when nobody leads. */
  nobody(): Failure {
    const { name, timeoutMs } = this.#opening
    const message = this.#lead
      ? `no tab of this site opened the broker idb://${name} within ${timeoutMs} ms; see whether one \
of them reports an error, and close it or reload it`
      : `no tab of this site runs the broker idb://${name}, and this kind of worker cannot start \
one; connect to it in a page of the site`
    return { kind: 'locked', message }
  }

  watch(on: boolean): void {
    if (on) this.#watch.start()
    else this.#watch.stop()
  }

  /** Leaves: another tab may lead. */
  close(): void {
    this.#queued?.abort()
    this.#watch.stop()
    this.#term?.end()
    this.#relay.close()
    this.#tabs.close()
    this.#leave()
  }

  #say(message: ToTabs): void {
    this.#tabs.postMessage(message)
  }

  /** Says that this tab leads, or is about to, if so. */
  #answer(): void {
    if (!this.#term) return
    const { leader } = this.#term
    const { steals } = this.#watch
    if (leader) this.#say({ type: 'leader', ...leader, steals })
    else this.#say({ type: 'electing', id: this.#self, steals })
  }

  #heard(message: ToTabs): void {
    if (message.type === 'who') return this.#answer()
    if (message.type === 'storage') return this.#tell(message)
    // Whoever else has the lock has it from this tab, where the browser has not said so yet.
    if (this.#term && (message.type === 'electing' || message.epoch > this.#lastEpoch)) {
      this.#lose(this.#term)
    }
    if (message.type === 'electing') {
      this.#watch.heard({ opening: true, steals: message.steals })
      this.#elected = message.id
      if (this.#leader && this.#leader.id !== message.id) this.#follow(undefined)
      return
    }
    const { type: _, steals, ...leader } = message
    // One that was frozen may still believe that it leads. But epochs begin anew in a database that
    // was deleted.
    if (leader.epoch < this.#lastEpoch && leader.id !== this.#elected) return
    this.#watch.heard({ opening: false, steals })
    if (leader.id !== this.#leader?.id || leader.epoch !== this.#leader.epoch) this.#follow(leader)
  }

  /** From now on, another tab leads, or for the moment none. */
  #follow(leader: Leader | undefined): void {
    this.#leader = leader
    if (leader) {
      this.#lastEpoch = leader.epoch
      this.#elected = undefined
    }
    // What went to the last leader's tab has no answer to expect.
    for (const link of [...this.#switch.forget(), ...this.#relayed]) {
      this.#tell({ type: 'refused', link })
    }
    this.#relayed.clear()
    this.#relay.drop()
    this.#tell({ type: 'leader', self: this.#self, leader })
    if (!leader) return
    for (const [link, { port, timer }] of this.#waiting) {
      clearTimeout(timer)
      void this.#bring(link, port, leader)
    }
    this.#waiting.clear()
  }

  async #bring(link: number, port: MessagePort, leader: Leader): Promise<void> {
    if (this.#term?.leading) {
      this.#term.leading.connect(this.#self, port)
      return this.#tell({ type: 'connected', link, via: 'worker' })
    }
    await this.#switch.ready
    if (this.#leader !== leader) return this.connect(link, port)
    const to = tabLock(this.#opening.name, leader.id)
    if (!this.#switch.connect(to, this.#lock, link, port)) this.#overChannel(link, port)
  }

  #overChannel(link: number, port: MessagePort): void {
    if (!this.#leader) return this.connect(link, port)
    this.#relayed.add(link)
    this.#relay.connect(tabLock(this.#opening.name, this.#leader.id), link, port)
  }

  /** Another tab's client wants to be served here. */
  #serve(lock: string, port: MessagePort): void {
    const from = lock.slice(tabLock(this.#opening.name, '').length)
    if (this.#term?.leading) this.#term.leading.connect(from, port)
    else {
      port.postMessage(null)
      port.close()
    }
  }

  /**
   * Waits for the lock, or takes it away, and leads while it holds it.
   *
   * @param steals with this takeover, where it takes it away
   */
  #queue(steals?: number): void {
    const term: Term = { over: false, end: () => {} }
    const queued = new AbortController()
    const steal = steals !== undefined
    if (!steal) this.#queued = queued
    const options = steal ? { steal } : { signal: queued.signal }
    navigator.locks
      .request(leaderLock(this.#opening.name), options, () => this.#hold(term, steals))
      .catch(() => {
        // Either the wait was given up, or another tab has stolen the lock.
        this.#lose(term)
      })
  }

  async #hold(term: Term, stolen: number | undefined): Promise<void> {
    const ended = new Promise<void>((end) => {
      term.end = end
    })
    this.#term = term
    this.#elected = this.#self
    // One that led has died or left; one that was yet to lead has failed, as it may where all is slow.
    const steals = stolen ?? (this.#leader ? 0 : this.#watch.steals)
    this.#watch.heard({ opening: true, steals })
    this.#follow(undefined)
    this.#answer()
    try {
      const leading = await (this.#lead as Lead)(this.#self, {
        log: (level, message) => this.#tell({ type: 'log', level, message }),
        failed: (message) => this.#tell({ type: 'failed', failure: { kind: 'failed', message } }),
        fenced: () => this.#lose(term),
        vanished: (notice) => {
          this.#tell({ type: 'storage', notice })
          this.#say({ type: 'storage', notice })
        },
        gone: (tab) => this.#relay.drop(tabLock(this.#opening.name, tab)),
      })
      if (term.over) return leading.close()
      term.leading = leading
    } catch (error) {
      if (!term.over) this.#tell({ type: 'failed', failure: failureOf(error) })
      return
    }
    const { epoch, since } = term.leading
    const leader = { id: this.#self, epoch, since }
    term.leader = leader
    this.#watch.heard({ opening: false, steals: this.#watch.steals })
    this.#follow(leader)
    this.#answer()
    await ended
    term.leading.close()
  }

  /** Another tab leads: stand by again. */
  #lose(term: Term): void {
    if (term.over || this.#term !== term) return
    term.over = true
    this.#term = undefined
    term.end()
    term.leading?.close()
    if (this.#leader?.id === this.#self) this.#follow(undefined)
    // It has yet to say so, and is not to be taken for silent because this tab has asked nobody.
    this.#watch.heard({ opening: true, steals: this.#watch.steals })
    this.#queue()
    this.#say({ type: 'who' })
  }

  /** The leader does not answer: it is frozen, and holds its lock all the same. */
  #steal(): void {
    if (this.#term || !this.#lead) return
    const steals = this.#watch.steals + 1
    // Before it is granted: it may take as long as everything else.
    this.#watch.heard({ opening: true, steals })
    this.#queued?.abort()
    this.#queue(steals)
  }
}

/** What a thrown value says of a failure. */
export function failureOf(error: unknown): Failure {
  if (typeof error === 'object' && error !== null && 'kind' in error && 'message' in error) {
    return { kind: error.kind as Failure['kind'], message: String(error.message) }
  }
  return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
}

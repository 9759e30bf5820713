/** What a tab tells the switchboard. `to` is the lock of another tab. */
export type ToSwitchboard =
  | { type: 'join'; lock: string }
  | { type: 'connect'; to: string; from: string; link: number; port: MessagePort }
  | { type: 'accepted'; to: string; link: number }

/** What a tab is told. */
export type ToTab =
  /** `lives` is a lock that the SharedWorker holds as long as it lives. */
  | { type: 'joined'; lives: string }
  | { type: 'connect' | 'unknown'; from: string; link: number; port: MessagePort }
  | { type: 'accepted'; link: number }

/** How long to wait for the SharedWorker to start before doing without. */
const START_MS = 250

/** How long a connection may take on the way before the SharedWorker counts as dead. */
const PATIENCE_MS = 1_000

/** What becomes of connections. */
export interface Exchange {
  /** Another tab wants to be served. */
  connect(from: string, port: MessagePort): void
  accepted(link: number): void
  /** The other tab is not on this switchboard: another version of the site may have its own. */
  unknown(link: number, port: MessagePort): void
  /** Nothing was heard of it, and the port is lost. */
  silent(link: number): void
  /** The SharedWorker is gone: it lived in the process of a tab that crashed. */
  ended(): void
}

/** A tab's line to the switchboard, where there is one. */
export class Switch {
  /** Settled when it is known whether ports can be handed on. */
  ready: Promise<void> = Promise.resolve()
  #port: MessagePort | undefined
  readonly #waiting = new Map<number, ReturnType<typeof setTimeout>>()
  readonly #exchange: Exchange
  #works = false

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  /** @param lock names the tab, which holds it already: who does not is taken for gone */
  join(port: MessagePort, lock: string): void {
    this.#port = port
    this.ready = new Promise((resolve) => {
      setTimeout(resolve, START_MS)
      port.onmessage = ({ data }: MessageEvent<ToTab>) => {
        if (data.type === 'joined') {
          this.#works = true
          resolve()
          // Nothing else tells of its end: neither an event of the port nor one of the SharedWorker.
          navigator.locks.request(data.lives, () => this.#end(port)).catch(() => {})
        } else this.#receive(data)
      }
    })
    this.#send({ type: 'join', lock })
  }

  #end(port: MessagePort): void {
    if (port !== this.#port) return
    this.#works = false
    this.#port = undefined
    this.#exchange.ended()
    for (const link of this.forget()) this.#exchange.silent(link)
  }

  /** Hands a port to another tab; false where there is no way. */
  connect(to: string, from: string, link: number, port: MessagePort): boolean {
    if (!this.#works) return false
    this.#send({ type: 'connect', to, from, link, port }, [port])
    const late = () => {
      this.#waiting.delete(link)
      this.#works = false
      this.#exchange.silent(link)
    }
    this.#waiting.set(link, setTimeout(late, PATIENCE_MS))
    return true
  }

  /** The leader that these were meant for is gone. */
  forget(): number[] {
    const links = [...this.#waiting.keys()]
    for (const link of links) this.#settle(link)
    return links
  }

  #receive(data: Exclude<ToTab, { type: 'joined' }>): void {
    if (data.type === 'connect') {
      this.#exchange.connect(data.from, data.port)
      this.#send({ type: 'accepted', to: data.from, link: data.link })
    } else if (this.#settle(data.link)) {
      if (data.type === 'accepted') this.#exchange.accepted(data.link)
      else this.#exchange.unknown(data.link, data.port)
    }
  }

  #settle(link: number): boolean {
    clearTimeout(this.#waiting.get(link))
    return this.#waiting.delete(link)
  }

  #send(message: ToSwitchboard, ports: Transferable[] = []): void {
    this.#port?.postMessage(message, ports)
  }
}

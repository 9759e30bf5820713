// Connections between tabs where no port can be handed over: each frame is a message on the
// BroadcastChannel of the tab that it is for, which nobody else listens to.

/** One message of a connection. `data` is a frame, or null at the end; without it, an answer. */
type Relayed =
  | { type: 'connect'; from: string; link: number }
  | { type: 'accepted'; from: string; link: number }
  | { type: 'frame'; from: string; link: number; data: ArrayBuffer | null }

/** What becomes of connections. */
export interface RelayEvents {
  /** Another tab wants to be served. */
  connect(from: string, port: MessagePort): void
  accepted(link: number): void
}

/** The connections of one tab that go over channels. A tab is named by the name of its channel. */
export class Relay {
  readonly #self: string
  readonly #events: RelayEvents
  readonly #own: BroadcastChannel
  readonly #others = new Map<string, BroadcastChannel>()
  /** By the other tab and the number that the client's tab gave. */
  readonly #ports = new Map<string, Map<number, MessagePort>>()

  constructor(self: string, events: RelayEvents) {
    this.#self = self
    this.#events = events
    this.#own = new BroadcastChannel(self)
    this.#own.onmessage = ({ data }: MessageEvent<Relayed>) => this.#receive(data)
  }

  /** Carries what comes over a port to another tab, and back. */
  connect(to: string, link: number, port: MessagePort): void {
    this.#carry(to, link, port)
    this.#send(to, { type: 'connect', from: this.#self, link })
  }

  /** Ends the connections with a tab, or with all. */
  drop(tab?: string): void {
    for (const [other, ports] of this.#ports) {
      if (tab !== undefined && other !== tab) continue
      this.#ports.delete(other)
      this.#others.get(other)?.close()
      this.#others.delete(other)
      for (const port of ports.values()) {
        port.postMessage(null)
        port.close()
      }
    }
  }

  /** Ends all connections, and takes no more. */
  close(): void {
    this.drop()
    this.#own.close()
  }

  #carry(other: string, link: number, port: MessagePort): void {
    const ports = this.#ports.get(other) ?? new Map()
    this.#ports.set(other, ports)
    ports.set(link, port)
    port.onmessage = ({ data }: MessageEvent<ArrayBuffer | null>) => {
      if (data === null) ports.delete(link)
      this.#send(other, { type: 'frame', from: this.#self, link, data })
    }
  }

  #receive(message: Relayed): void {
    const { from, link } = message
    if (message.type === 'connect') {
      const { port1, port2 } = new MessageChannel()
      this.#carry(from, link, port1)
      this.#events.connect(from, port2)
      this.#send(from, { type: 'accepted', from: this.#self, link })
    } else if (message.type === 'accepted') this.#events.accepted(link)
    else {
      const ports = this.#ports.get(from)
      const { data } = message
      ports?.get(link)?.postMessage(data, data ? [data] : [])
      if (data === null) ports?.delete(link)
    }
  }

  #send(to: string, message: Relayed): void {
    let channel = this.#others.get(to)
    if (!channel) {
      channel = new BroadcastChannel(to)
      this.#others.set(to, channel)
    }
    channel.postMessage(message)
  }
}

// Brokers behind TCP, in Node: a cluster's, each reached at the address that it is known by.

import type { Broker } from '../address.js'
import type { Alarm, Endpoint, EndpointOptions, Link } from '../endpoint.js'
import { timer } from '../timer.js'
import { openSocket } from './socket.js'

/** The way to the brokers of a cluster. What is connected belongs to its clients. */
export class TcpEndpoint implements Endpoint {
  readonly brokers: readonly Broker[]
  readonly #options: EndpointOptions

  constructor(brokers: readonly Broker[], options: EndpointOptions) {
    this.brokers = brokers
    this.#options = options
  }

  async ready(): Promise<void> {}

  release(): void {}

  connect(lost: (reason: string) => void, to: Broker): Promise<Link> {
    const { connectTimeoutMs, tls } = this.#options
    return openSocket(to, { timeoutMs: connectTimeoutMs, tls, lost })
  }

  alarm(ring: () => void): Alarm {
    return timer(ring)
  }

  leadership(): undefined {}

  onLeadership(): () => void {
    return () => {}
  }

  /** Nothing of the brokers is in this process. */
  async shutdown(): Promise<void> {}
}

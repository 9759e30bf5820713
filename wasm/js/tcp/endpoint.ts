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
    const { connectTimeoutMs, logger, kafka } = this.#options
    const { ssl, sasl, authenticationTimeout = 10_000, clientId = 'kafkajs' } = kafka
    return openSocket(to, {
      timeoutMs: connectTimeoutMs,
      tls: ssl === true ? {} : ssl || undefined,
      sasl: sasl && { options: sasl, timeoutMs: authenticationTimeout, clientId, logger },
      lost,
    })
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

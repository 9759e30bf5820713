import type { Address } from './address.js'
import { IdbEndpoint } from './endpoint-idb.js'
import { MemoryEndpoint } from './endpoint-memory.js'
import type { Logger } from './logger.js'
import type { BrokerHost } from './pkg/ottla_wasm.js'

/** A connection to a broker: over a port, or to one in this very module. */
export type Link = { port: MessagePort } | { host: BrokerHost }

/** A broker that clients of this page can connect to. */
export interface Endpoint {
  /** Starts the broker where it does not run, and waits until it serves. */
  ready(): Promise<void>
  /**
   * Makes a connection, as soon as the broker serves. Whoever shares a broker among
   * tabs one day does it here: a port may lead to another tab as well.
   *
   * @param lost called when the broker is gone and cannot say so over the port
   */
  connect(lost: (reason: string) => void): Promise<Link>
  /** Ends the broker. */
  shutdown(): Promise<void>
}

/** The settings of a broker's start. */
export interface EndpointOptions {
  timeoutMs: number
  logger: Logger
}

const endpoints = /* @__PURE__ */ new Map<string, Endpoint>()

/** The broker at an address: one per page and address. */
export function endpointOf(address: Address, options: EndpointOptions): Endpoint {
  const key = `${address.scheme}://${address.name}`
  let endpoint = endpoints.get(key)
  if (!endpoint) {
    endpoint =
      address.scheme === 'idb'
        ? new IdbEndpoint(address.name, options)
        : new MemoryEndpoint(options)
    endpoints.set(key, endpoint)
  }
  return endpoint
}

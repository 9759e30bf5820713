import { openTcp } from '#platform'
import type { Address, Broker } from './address.js'
import { IdbEndpoint } from './endpoint-idb.js'
import { MemoryEndpoint } from './endpoint-memory.js'
import type { Logger } from './logger.js'
import type { BrokerHost } from './pkg/ottla_wasm.js'
import type { StorageNotice } from './storage/types.js'
import type { KafkaConfig } from './types.js'
import type { WorkerSources } from './workers.js'

/** A connection to a broker: over a port, or to one in this very module. */
export type Link =
  /** `forget` is to be called when nobody needs to hear of the connection's end any more. */
  { port: Port; forget: () => void } | { host: BrokerHost }

/** A MessagePort, or what stands for one. Each message is a frame; `null` ends the connection. */
export type Port = Pick<MessagePort, 'onmessage' | 'postMessage' | 'close' | 'addEventListener'>

/** Sets a timer, or with no delay takes it back. */
export type Alarm = (delayMs: number | undefined) => void

/** Which tab runs the broker. */
export interface Leadership {
  /** The id of the tab that runs the broker. */
  leader: string
  /** The id of this tab; it is the `clientHost` of this tab's clients. */
  tab: string
  /** Whether the broker runs in this tab. */
  isLeader: boolean
  /** Rises with each tab that takes over; what an earlier one still tries to write is refused. */
  epoch: number
  /** Since when it runs there. */
  since: Date
  /**
   * How this tab's clients reach it: in this tab's own `worker`; over a `port` to another tab's; or,
   * where there is no SharedWorker to bring one over, over a `channel`, which is a little slower.
   * Undefined until one of them is connected.
   */
  via?: 'worker' | 'port' | 'channel'
}

/** A broker that clients of this page can connect to. */
export interface Endpoint {
  /**
   * Starts the broker where it does not run, and waits until it serves. From now on, and until
   * `release`, somebody needs it.
   */
  ready(): Promise<void>
  /** Takes back a `ready`. */
  release(): void
  /**
   * Makes a connection, as soon as the broker serves. The port may lead to another tab.
   *
   * @param lost called when the broker is gone and cannot say so over the port
   * @param to which broker, where an endpoint leads to several
   */
  connect(lost: (reason: string) => void, to: Broker): Promise<Link>
  /** Whom to ask first, where an endpoint leads to several. */
  readonly brokers?: readonly Broker[]
  /** The clock of its clients, where it is not the system's. */
  readonly now?: () => number
  /** Where the seeds of its clients come from, where it is not chance. */
  readonly seed?: () => bigint
  /** A timer that is punctual even in a tab that nobody sees. */
  alarm(ring: () => void): Alarm
  /** Which tab runs the broker, where tabs share one and it is known. */
  leadership(): Leadership | undefined
  /** Calls a function when that changes. */
  onLeadership(listener: (leadership: Leadership | undefined) => void): () => void
  /** Calls a function when the storage has lost what it held, where that can be noticed. */
  onStorage?(listener: (notice: StorageNotice) => void): () => void
  /** Ends the broker, where it runs in this page. */
  shutdown(): Promise<void>
}

/** The settings of a broker's start. */
export interface EndpointOptions {
  timeoutMs: number
  logger: Logger
  workers: WorkerSources
  /** How long it may take to reach another host. */
  connectTimeoutMs: number
  /** What else there is to know of a way to other hosts. */
  kafka: KafkaConfig
}

const endpoints = /* @__PURE__ */ new Map<string, Endpoint>()

/** A broker for an address, from now on or until another one, or none, takes its place. */
export function setEndpoint(address: string, endpoint: Endpoint | undefined): void {
  if (endpoint) endpoints.set(address, endpoint)
  else endpoints.delete(address)
}

/** The broker at an address: one per page and address, or the way to other hosts. */
export async function endpointOf(address: Address, options: EndpointOptions): Promise<Endpoint> {
  if (address.scheme === 'tcp') {
    // An address of this kind is read only where there is a way.
    return (openTcp as NonNullable<typeof openTcp>)(address.brokers, options)
  }
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

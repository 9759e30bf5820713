import { KafkaJSNonRetriableError } from './errors.js'

/** A broker of a cluster. */
export interface Broker {
  host: string
  port: number
}

/** Where a broker is. */
export type Address =
  | {
      scheme: 'idb' | 'memory'
      /** The name behind the scheme. */
      name: string
      /** As it was written, for messages. */
      text: string
    }
  | {
      scheme: 'tcp'
      /** Some of a cluster's, which know the others. */
      brokers: Broker[]
      text: string
    }

const schemes = `There are idb://<name>, a broker that keeps its data in this browser's IndexedDB; \
memory://<name>, one that keeps it in this page's or process's memory; and in Node <host>:<port>, \
brokers of any Kafka cluster`

/** Reads the list of brokers of a configuration. `tcp`: whether there is a way to other hosts. */
export function parseBrokers(brokers: readonly string[], tcp: boolean): Address {
  const [first, ...others] = brokers
  if (first === undefined) {
    throw new KafkaJSNonRetriableError(`Failed to connect: the list of brokers is empty. ${schemes}.`)
  }
  if (hostAndPort(first)) return { scheme: 'tcp', brokers: cluster(brokers, tcp), text: brokers.join() }
  if (others.some((other) => other !== first)) {
    throw new KafkaJSNonRetriableError(
      `Failed to connect: ${brokers.join(', ')} are different brokers. Name one: a broker in a \
browser is a cluster of its own.`,
    )
  }
  const [, scheme, name] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)\/?$/i.exec(first) ?? []
  if (scheme !== 'idb' && scheme !== 'memory') throw unknown(first)
  if (!name) {
    throw new KafkaJSNonRetriableError(
      `${JSON.stringify(first)} has no name. Write ${scheme}://<name>, such as ${scheme}://shop.`,
    )
  }
  return { scheme, name: decodeURIComponent(name), text: first }
}

function cluster(brokers: readonly string[], tcp: boolean): Broker[] {
  if (!tcp) {
    throw new KafkaJSNonRetriableError(
      `Cannot connect to ${brokers.join(', ')} from here: a browser reaches no TCP port, only Node \
does. ${schemes}.`,
    )
  }
  return brokers.map((broker) => {
    const found = hostAndPort(broker)
    if (!found) throw unknown(broker)
    return found
  })
}

/** `host:port`; an IPv6 address stands in brackets. */
function hostAndPort(broker: unknown): Broker | undefined {
  const [, inBrackets, host = inBrackets, digits] =
    /^(?:\[([0-9a-f:.%]+)\]|([^\s:/?#@[\]]+)):(\d{1,5})$/i.exec(String(broker)) ?? []
  const port = Number(digits)
  return host && port > 0 && port < 65_536 ? { host, port } : undefined
}

function unknown(broker: string): KafkaJSNonRetriableError {
  return new KafkaJSNonRetriableError(`Cannot connect to ${JSON.stringify(broker)}. ${schemes}.`)
}

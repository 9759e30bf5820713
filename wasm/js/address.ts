import { KafkaJSNonRetriableError } from './errors.js'

/** Where a broker is. */
export interface Address {
  scheme: 'idb' | 'memory'
  /** The name behind the scheme. */
  name: string
  /** As it was written, for messages. */
  text: string
}

const schemes = `There are idb://<name>, a broker that keeps its data in this browser's IndexedDB, \
and memory://<name>, one that keeps it in this page's or process's memory`

/** Reads the list of brokers of a configuration. */
export function parseBrokers(brokers: readonly string[]): Address {
  const [first, ...others] = brokers
  if (first === undefined) {
    throw new KafkaJSNonRetriableError(`Failed to connect: the list of brokers is empty. ${schemes}.`)
  }
  if (others.some((other) => other !== first)) {
    throw new KafkaJSNonRetriableError(
      `Failed to connect: ${brokers.join(', ')} are different brokers. Name one: a broker in a \
browser is a cluster of its own.`,
    )
  }
  const [, scheme, name] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)\/?$/i.exec(first) ?? []
  if (scheme !== 'idb' && scheme !== 'memory') {
    throw new KafkaJSNonRetriableError(`Cannot connect to ${JSON.stringify(first)}. ${schemes}.`)
  }
  if (!name) {
    throw new KafkaJSNonRetriableError(
      `${JSON.stringify(first)} has no name. Write ${scheme}://<name>, such as ${scheme}://shop.`,
    )
  }
  return { scheme, name: decodeURIComponent(name), text: first }
}

/** Errors, as they are told to a person. */

import { KafkaJSConnectionError, KafkaJSLockTimeout, KafkaJSProtocolError, KafkaJSStorageError } from 'ottla'

export interface Problem {
  kind: 'locked' | 'unavailable' | 'full' | 'storage' | 'broker' | 'connection' | 'silence' | 'other'
  title: string
  /** The error's own words. */
  detail: string
}

/** Records that are there, as their offsets say, and do not come. */
export class Silence extends Error {
  constructor(topic: string, partitions: number[], waited_ms: number) {
    const which = partitions.map((partition) => `${topic}-${partition}`).join(', ')
    super(
      `For ${waited_ms / 1000} seconds no record of ${which} came. What is stored there may be damaged: see what \
the broker says of it at the top of the page. Offsets behind the damage, and other partitions, can be read.`,
    )
  }
}

export function explain(error: unknown): Problem {
  const detail = messageOf(error)
  if (error instanceof KafkaJSLockTimeout) {
    return { kind: 'locked', title: 'No tab answers for this broker', detail }
  }
  if (error instanceof KafkaJSStorageError) {
    switch (error.reason) {
      case 'unavailable':
        return { kind: 'unavailable', title: 'This browser gives the page no IndexedDB', detail }
      case 'full':
        return { kind: 'full', title: 'The storage is full', detail }
      default:
        return { kind: 'storage', title: 'The storage failed', detail }
    }
  }
  if (error instanceof KafkaJSProtocolError) {
    return { kind: 'broker', title: `The broker answered ${error.type}`, detail }
  }
  if (error instanceof KafkaJSConnectionError) {
    return { kind: 'connection', title: 'The broker cannot be reached', detail }
  }
  if (error instanceof Silence) return { kind: 'silence', title: 'The records do not come', detail }
  const [first] = nested(error)
  if (first !== undefined) return { ...explain(first), detail }
  return { kind: 'other', title: 'That did not work', detail }
}

/** What an aggregate is made of. */
function nested(error: unknown): unknown[] {
  if (typeof error === 'object' && error !== null && 'errors' in error && Array.isArray(error.errors)) {
    return error.errors
  }
  return []
}

/** The error's words, as a sentence begins. A name such as idb://flights stays as it is. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase())
}

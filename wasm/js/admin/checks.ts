// What an admin checks before it asks, in KafkaJS's words.

import { KafkaJSNonRetriableError } from '../errors.js'
import type { Fault } from '../pkg/ottla_wasm.js'
import { errorOf } from '../session.js'
import { ConfigResourceTypes } from './types.js'

/** Throws the first error of a list of results. */
export function raise(outcomes: { error: Fault | null }[]): void {
  const failed = outcomes.find(({ error }) => error)
  if (failed?.error) throw errorOf(failed.error)
}

export function named(topic: unknown): void {
  if (typeof topic !== 'string' || topic === '') {
    throw new KafkaJSNonRetriableError(`Invalid topic ${JSON.stringify(topic)}`)
  }
}

export function names<T>(list: T[], nameOf: (each: T) => unknown, what: string): void {
  if (!Array.isArray(list)) {
    throw new KafkaJSNonRetriableError(`Invalid ${what} array ${String(list)}`)
  }
  const names = list.map(nameOf)
  if (names.some((name) => typeof name !== 'string')) {
    throw new KafkaJSNonRetriableError(`Invalid ${what} array, the names must be valid strings`)
  }
  if (new Set(names).size < names.length) {
    throw new KafkaJSNonRetriableError(
      `Invalid ${what} array, it cannot have multiple entries for the same topic`,
    )
  }
}

export function entries(what: string, list: unknown): void {
  if (!Array.isArray(list)) {
    throw new KafkaJSNonRetriableError(`Invalid configEntries for ${what}, must be an array`)
  }
  list.forEach((entry, index) => {
    if (typeof entry?.name !== 'string' || typeof entry?.value !== 'string') {
      throw new KafkaJSNonRetriableError(
        `Invalid configEntries for ${what}. Entry ${index} must have a name and a value, both strings`,
      )
    }
  })
}

export function check(resources: { type: ConfigResourceTypes; name: string }[]): void {
  if (!Array.isArray(resources)) {
    throw new KafkaJSNonRetriableError(`Invalid resources array ${String(resources)}`)
  }
  if (resources.length === 0) {
    throw new KafkaJSNonRetriableError('Resources array cannot be empty')
  }
  for (const resource of resources) {
    if (!(resource.type in ConfigResourceTypes)) {
      throw new KafkaJSNonRetriableError(
        `Invalid resource type ${resource.type}: ${JSON.stringify(resource)}`,
      )
    }
    if (typeof resource.name !== 'string' || resource.name === '') {
      throw new KafkaJSNonRetriableError(
        `Invalid resource name ${resource.name}: ${JSON.stringify(resource)}`,
      )
    }
  }
}

// Holds what was seen with Ottla against what was seen with Kafka.

import { isDeepStrictEqual } from 'node:util'

/**
 * @typedef {object} Difference
 * @property {string} client
 * @property {string} behaviour
 * @property {string} what `end` where one of them failed
 * @property {unknown} kafka
 * @property {unknown} ottla
 * @property {Known} [known]
 *
 * @typedef {object} Known a difference that is meant, or not yet mended
 * @property {string[]} clients empty: any
 * @property {string[]} behaviours empty: any
 * @property {string[]} what `end` covers all of a behaviour
 * @property {string} why
 */

/**
 * @param {string} client
 * @param {string} behaviour
 * @param {import('./client.mjs').Outcome} kafka
 * @param {import('./client.mjs').Outcome} ottla
 * @param {Known[]} known
 * @returns {Difference[]}
 */
export function compare(client, behaviour, kafka, ottla, known) {
  const find = (what) =>
    known.find(
      (entry) =>
        (entry.clients.length === 0 || entry.clients.includes(client)) &&
        (entry.behaviours.length === 0 || entry.behaviours.includes(behaviour)) &&
        entry.what.includes(what),
    )
  const difference = (what, one, other) => {
    return { client, behaviour, what, kafka: one, ottla: other, known: find('end') ?? find(what) }
  }
  const ends = ({ end, why }) => (why ? `${end}: ${why}` : end)
  if (kafka.end !== ottla.end) return [difference('end', ends(kafka), ends(ottla))]
  if (kafka.end !== 'ok') return []
  const names = new Set([...Object.keys(kafka.saw), ...Object.keys(ottla.saw)])
  return [...names]
    .filter((what) => !isDeepStrictEqual(kafka.saw[what], ottla.saw[what]))
    .map((what) => difference(what, kafka.saw[what], ottla.saw[what]))
}

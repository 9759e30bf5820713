// Holds what two brokers have after the same history against each other.

import { isDeepStrictEqual } from 'node:util'

/**
 * What differs, a line each. Timestamps that a broker has given itself are only called that.
 * @param {object} kafka of each topic, of each partition: `offsets` and `records`
 * @param {object} ottla the same
 * @param {number} start_ms when the run began
 * @returns {string[]}
 */
export function differences(kafka, ottla, start_ms) {
  const lines = []
  for (const [topic, partitions] of Object.entries(kafka)) {
    if (partitions.length !== ottla[topic].length) {
      lines.push(`${topic} has ${partitions.length} partitions with Kafka, ${ottla[topic].length} with Ottla`)
    }
    for (const [at, one] of partitions.entries()) {
      const other = ottla[topic][at]
      if (!other) continue
      for (const [what, value] of Object.entries(one.offsets)) {
        const [a, b] = [value, other.offsets[what]].map((seen) => timeless(seen, start_ms))
        if (a !== b) lines.push(`${topic}-${at}, offset ${what}: ${a} with Kafka, ${b} with Ottla`)
      }
      lines.push(...records(`${topic}-${at}`, one.records, other.records, start_ms))
    }
  }
  return lines
}

/** What is the same in any run of the history: `[offset, timestamp, leader epoch]`, or an error. */
function timeless(seen, start_ms) {
  if (!Array.isArray(seen)) return seen
  return `${seen[0]}, ${moment(seen[1], start_ms)}, epoch ${seen[2]}`
}

function moment(timestamp, start_ms) {
  return timestamp >= start_ms ? 'now' : timestamp < 0 ? 'no time' : `${timestamp - start_ms} ms`
}

function records(where, kafka, ottla, start_ms) {
  const show = (record) => {
    if (!record) return 'no record'
    const [offset, key, value, timestamp] = record
    return JSON.stringify([offset, key, value, moment(timestamp, start_ms)])
  }
  const same = (one, other) => isDeepStrictEqual(one, other) || show(one) === show(other)
  const lines = []
  const byOffset = (list) => new Map(list.map((record) => [record[0], record]))
  const [ones, others] = [byOffset(kafka), byOffset(ottla)]
  if (ones.size !== kafka.length) lines.push(`${where}: Kafka has a record twice`)
  if (others.size !== ottla.length) lines.push(`${where}: Ottla has a record twice`)
  const offsets = [...new Set([...ones.keys(), ...others.keys()])].sort((a, b) => a - b)
  const unlike = offsets.filter((offset) => !same(ones.get(offset), others.get(offset)))
  for (const offset of unlike.slice(0, 5)) {
    lines.push(`${where}: ${show(ones.get(offset))} with Kafka, ${show(others.get(offset))} with Ottla`)
  }
  if (unlike.length > 5) lines.push(`${where}: and ${unlike.length - 5} more records`)
  return lines
}

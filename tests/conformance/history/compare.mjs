// Holds what two brokers have after the same history against each other.

import { isDeepStrictEqual } from 'node:util'

/**
 * What differs, a line each. Timestamps that a broker has given itself are only called that.
 *
 * One difference is meant, and counted apart: where the first segment with a time late enough has it
 * only of deleted records, Kafka looks no further and finds nothing, while a later segment has a
 * record that answers. Ottla finds that one.
 * @param {object} kafka of each topic, of each partition: `offsets` and `records`
 * @param {object} ottla the same
 * @param {number} start_ms when the run began
 * @returns {{ lines: string[], meant: number }}
 */
export function differences(kafka, ottla, start_ms) {
  const lines = []
  let meant = 0
  for (const [topic, partitions] of Object.entries(kafka)) {
    if (partitions.length !== ottla[topic].length) {
      lines.push(`${topic} has ${partitions.length} partitions with Kafka, ${ottla[topic].length} with Ottla`)
    }
    for (const [at, one] of partitions.entries()) {
      const other = ottla[topic][at]
      if (!other) continue
      for (const [what, value] of Object.entries(one.offsets)) {
        const [a, b] = [value, other.offsets[what]].map((seen) => timeless(seen, start_ms))
        if (a === b) continue
        if (looksFurther(what, value, other)) meant++
        else lines.push(`${topic}-${at}, offset ${what}: ${a} with Kafka, ${b} with Ottla`)
      }
      lines.push(...records(`${topic}-${at}`, one.records, other.records, start_ms))
    }
  }
  return { lines, meant }
}

/** Does Ottla answer a question by time with the record that it has, and Kafka with none? */
function looksFurther(what, kafka, ottla) {
  if (!what.startsWith('at ') || kafka[0] !== -1) return false
  const first = ottla.records.find(([, , , timestamp]) => timestamp >= Number(what.slice(3)))
  return first !== undefined && first[0] === ottla.offsets[what][0] && first[3] === ottla.offsets[what][1]
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

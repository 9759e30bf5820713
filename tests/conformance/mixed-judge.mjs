// Judges what the members of the mixed group said.

import { Owners } from './mixed-members.mjs'

/**
 * @typedef {object} Verdict
 * @property {string[]} wrong what may not happen
 * @property {Map<string, { records: number, again: number, turns: number, refused: string[] }>} members
 *   again: records that somebody had read before; turns: assignments
 * @property {number} again
 */

/**
 * @param {import('./mixed-members.mjs').Event[]} events
 * @param {Map<string, string>} sent the key of each acknowledged record, by `partition:offset`
 * @returns {Verdict}
 */
export function judge(events, sent) {
  const wrong = []
  const owners = new Owners()
  const members = new Map()
  const read = new Set()
  const committed = new Map()
  /** The offset that comes next, of each member and partition since it was assigned. */
  const next = new Map()
  for (const event of [...events].sort((a, b) => a.at_ms - b.at_ms)) {
    const { member } = event
    const own = members.get(member) ?? { records: 0, again: 0, turns: 0, refused: [] }
    members.set(member, own)
    if (event.error) wrong.push(`${member}: ${event.error}`)
    if (event.refused) own.refused.push(event.refused)
    if (event.assigned) own.turns += 1
    for (const partition of event.assigned ?? []) {
      next.delete(`${member} ${partition}`)
      for (const other of owners.others(member, partition)) {
        wrong.push(`${member} was assigned partition ${partition} while ${other} had it`)
      }
    }
    owners.hear(event)
    for (const [partition, offset, key] of event.records ?? []) {
      const place = `${partition}:${offset}`
      if (!owners.of(member).includes(partition)) wrong.push(`${member} read ${place}, which it did not own`)
      const due = next.get(`${member} ${partition}`)
      if (due !== undefined && due !== offset) wrong.push(`${member} read ${place} where ${due} was next`)
      next.set(`${member} ${partition}`, offset + 1)
      if (offset < (committed.get(partition) ?? 0)) wrong.push(`${member} read ${place}, which was committed before`)
      if (sent.has(place) && sent.get(place) !== key) wrong.push(`${member} read '${key}' at ${place}, not '${sent.get(place)}'`)
      own.records += 1
      if (read.has(place)) own.again += 1
      read.add(place)
    }
    for (const [partition, offset] of Object.entries(event.committed ?? {})) {
      committed.set(Number(partition), Math.max(offset, committed.get(Number(partition)) ?? 0))
    }
  }
  const lost = [...sent.keys()].filter((place) => !read.has(place))
  if (lost.length > 0) wrong.push(`${lost.length} acknowledged records were read by nobody: ${lost.slice(0, 5)}`)
  const again = [...members.values()].reduce((sum, own) => sum + own.again, 0)
  return { wrong, members, again }
}

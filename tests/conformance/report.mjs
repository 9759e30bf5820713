// What a run prints.

import { isDeepStrictEqual } from 'node:util'
import { behaviours } from './behaviours.mjs'

const word = { ok: '✓', failed: '✗', unable: '–' }

/** One line for each behaviour of a client. */
export function printOutcomes({ kafka, ottla, differences }) {
  const names = new Set([...(kafka?.outcomes.keys() ?? []), ...(ottla?.outcomes.keys() ?? [])])
  for (const name of names) {
    if (!behaviours.includes(name)) throw new Error(`behaviours.mjs does not know '${name}'`)
    const mine = differences.filter(({ behaviour }) => behaviour === name)
    const [one, other] = [kafka, ottla].map((run) => run?.outcomes.get(name))
    const news = mine.filter(({ known }) => !known).length
    const notes = [
      news > 0 && `${news} different`,
      mine.length > news && `${mine.length - news} known`,
      one?.end === 'failed' && `with Kafka: ${one.why}`,
      !kafka && other?.end === 'failed' && `with Ottla: ${other.why}`,
    ].filter(Boolean)
    const marks = [one, other].map((outcome) => (outcome ? word[outcome.end] : ' ')).join(' ')
    const took = Math.max(one?.took_ms ?? 0, other?.took_ms ?? 0)
    console.log(`  ${marks}  ${name}${took > 5000 ? ` (${(took / 1000).toFixed(0)} s)` : ''}  ${notes.join(', ')}`)
  }
}

/** Each difference in full; of long lists, from the first entry that differs on. */
export function printDifferences(differences) {
  const shown = differences.filter(({ known }) => !known)
  if (shown.length > 0) console.log('\nDifferences')
  for (const { client, behaviour, what, kafka, ottla } of shown) {
    const [one, other, at] = shorten(kafka, ottla)
    console.log(`\n  ${client}, ${behaviour}: ${what}${at > 0 ? ` (from entry ${at} on)` : ''}`)
    console.log(`    Kafka  ${show(one)}`)
    console.log(`    Ottla  ${show(other)}`)
  }
}

function shorten(one, other) {
  if (!Array.isArray(one) || !Array.isArray(other)) return [one, other, 0]
  let at = 0
  while (isDeepStrictEqual(one[at], other[at])) at++
  return [one.slice(at, at + 3), other.slice(at, at + 3), at]
}

const show = (value) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'))

// What was seen with Kafka the last time that all was run: it serves where Kafka cannot be had.

import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { sources } from './paths.mjs'

const file = (client) => `${sources}recorded/${client.toLowerCase().replaceAll(' ', '-')}.json`

/** Long values are recorded as their hash: what a run with Kafka shows in full, this needs not. */
export function brief(value) {
  const text = JSON.stringify(value)
  if (text === undefined || text.length <= 500) return value
  return `sha256 ${createHash('sha256').update(text).digest('hex')}`
}

/** The same for all that an outcome saw. */
export function briefly(outcome) {
  const saw = Object.entries(outcome.saw).map(([what, value]) => [what, brief(value)])
  return { ...outcome, saw: Object.fromEntries(saw) }
}

/** @returns {Promise<{ version: string, outcomes: Map<string, import('./client.mjs').Outcome> } | undefined>} */
export async function recorded(client) {
  const text = await readFile(file(client), 'utf8').catch(() => undefined)
  if (!text) return undefined
  const { version, outcomes } = JSON.parse(text)
  return { version, outcomes: new Map(Object.entries(outcomes)) }
}

/** Writes down what each client saw with Kafka. */
export async function record(results) {
  await mkdir(`${sources}recorded`, { recursive: true })
  for (const { client, kafka } of results.filter((result) => result.kafka)) {
    const lines = [...kafka.outcomes].map(([behaviour, { end, saw }]) => {
      const seen = Object.entries(saw).map(([what, value]) => `    ${JSON.stringify(what)}: ${JSON.stringify(brief(value))}`)
      const all = seen.length > 0 ? `{\n${seen.join(',\n')} }` : '{}'
      return `  ${JSON.stringify(behaviour)}: { "end": "${end}", "saw": ${all} }`
    })
    const text = `{ "version": ${JSON.stringify(kafka.version)}, "outcomes": {\n${lines.join(',\n')}\n} }\n`
    await writeFile(file(client), text)
  }
}

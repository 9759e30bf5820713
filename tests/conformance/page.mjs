// Writes the tables of COMPATIBILITY.md.

import { readFile, writeFile } from 'node:fs/promises'
import { behaviours } from './behaviours.mjs'
import { root } from './paths.mjs'

const path = `${root}COMPATIBILITY.md`

export async function writePage({ results, missing, apis, names, kafka, ottla }) {
  const parts = {
    versions: versions(results, missing, kafka, ottla),
    clients: clientsTable(results),
    differences: differencesList(results),
    apis: apisTable(apis, names),
  }
  let page = await readFile(path, 'utf8')
  for (const [name, text] of Object.entries(parts)) {
    const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`]
    const [from, to] = [page.indexOf(begin), page.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`COMPATIBILITY.md has lost its markers for '${name}'`)
    page = `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`
  }
  await writeFile(path, page)
}

function versions(results, missing, kafka, ottla) {
  const lines = [`- Ottla ${ottla}`, kafka ? `- Apache Kafka ${kafka}` : '- Apache Kafka: **not run**']
  for (const { client, version } of results) lines.push(`- ${client}: ${version}`)
  for (const [what, why] of missing) lines.push(`- **Not run**: ${what} (${why.replaceAll('\n', ' ')})`)
  return lines.join('\n')
}

/** The known differences in the order of the notes. */
function notesOf(results) {
  return [...new Set(results.flatMap(({ differences }) => differences.map(({ known }) => known)))].filter(Boolean)
}

function clientsTable(results) {
  const notes = notesOf(results)
  const cell = ({ kafka, ottla, differences }, behaviour) => {
    const [one, other] = [kafka, ottla].map((run) => run?.outcomes.get(behaviour))
    if (!one && !other) return ''
    if (one?.end === 'unable' || other?.end === 'unable') return ''
    const first = { ok: '✓', failed: '✗' }[one?.end] ?? '?'
    const mine = differences.filter((difference) => difference.behaviour === behaviour)
    const known = new Set(mine.filter(({ known }) => known).map(({ known }) => notes.indexOf(known) + 1))
    const failed = other?.end !== 'ok'
    const second = !other ? '?' : failed || mine.some(({ known }) => !known) ? '✗' : mine.length > 0 ? '≈' : '✓'
    const marks = known.size > 0 ? ` <sup>${[...known].sort((a, b) => a - b).join(' ')}</sup>` : ''
    return `${first} ${second}${marks}`
  }
  const rows = [
    `| | ${results.map(({ client }) => client).join(' | ')} |`,
    `|---|${results.map(() => '---|').join('')}`,
    ...behaviours.map((behaviour) => `| ${behaviour} | ${results.map((result) => cell(result, behaviour)).join(' | ')} |`),
  ]
  return rows.join('\n')
}

function differencesList(results) {
  const notes = notesOf(results).map(({ why }, at) => `${at + 1}. ${why}`)
  return notes.length > 0 ? notes.join('\n') : 'None.'
}

function apisTable({ kafka, ottla }, names) {
  const keys = [...new Set([...(kafka?.keys() ?? []), ...(ottla?.keys() ?? [])])].sort((a, b) => a - b)
  const show = (versions, key) => {
    if (!versions) return 'not run'
    const range = versions.get(key)
    return range ? (range[0] === range[1] ? `${range[0]}` : `${range[0]}–${range[1]}`) : ''
  }
  const rows = keys.map((key) => `| ${key} | ${names.get(key) ?? ''} | ${show(kafka, key)} | ${show(ottla, key)} |`)
  return ['| key | API | Kafka | Ottla |', '|---|---|---|---|', ...rows].join('\n')
}

// The members of KafkaJS's public API, as its declarations name them.

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const DECLARATION = /^(export )?(?:class|type|interface|enum|const|var) (\w+)/
/** A member, or one under a computed name such as `[CompressionTypes.GZIP]`; no index signature. */
const MEMBER = /^(?:readonly )?(?:\[\w+\.(\w+)\]|(\w+))\??\s*(?:[:(=,<]|$)/

/**
 * Every export and what it has. Members of types that are not exported count for those that name them;
 * members of members are part of these.
 *
 * @returns {Promise<Map<string, { kind: string, members: Set<string> }>>}
 */
export async function membersOfKafkaJS() {
  const path = fileURLToPath(import.meta.resolve('kafkajs/types/index.d.ts'))
  const text = (await readFile(path, 'utf8')).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
  const all = new Map()
  let current
  let depth = 0
  for (const line of text.split('\n')) {
    if (depth === 0) {
      current = declared(all, line) ?? current
      if (current && !DECLARATION.test(line)) inline(current.members, line)
    } else if (depth === 1) add(current.members, line.trim())
    current?.lines.push(line)
    for (const bracket of line.matchAll(/[{}()[\]]/g)) depth += '{(['.includes(bracket[0]) ? 1 : -1
  }
  const hidden = [...all].filter(([, { exported }]) => !exported)
  const exported = [...all].filter(([, { exported }]) => exported)
  return new Map(
    exported.map(([name, { kind, members, lines }]) => {
      const named = hidden.filter(([name]) => lines.some((line) => new RegExp(`\\b${name}\\b`).test(line)))
      return [name, { kind, members: new Set([...named.flatMap(([, { members }]) => [...members]), ...members]) }]
    }),
  )
}

function declared(all, line) {
  const [, exported, name] = DECLARATION.exec(line) ?? []
  if (!name) return undefined
  const kind = /(class|type|interface|enum|const|var) /.exec(line)[1]
  const declaration = all.get(name) ?? { exported: Boolean(exported), kind, members: new Set(), lines: [] }
  all.set(name, declaration)
  inline(declaration.members, line)
  return declaration
}

/** What stands between braces on one line. */
function inline(members, line) {
  const body = /\{(.*)\}/.exec(line)?.[1] ?? ''
  for (const part of body.split(/[;,](?![^<({[]*[>)}\]])/)) add(members, part.trim())
}

function add(members, text) {
  const [, computed, plain] = MEMBER.exec(text) ?? []
  const member = plain ?? computed
  if (member && member !== 'constructor') members.add(member)
}

// Reads the files of a partition with Kafka's own tool, DumpLogSegments.

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { javaArguments } from '../brokers.mjs'

/** What the tool complains of, without what it has to say of Kafka's own files in such a case. */
export function dump(partition, kafka, ottla) {
  const [one, other] = [kafka, ottla].map((folder) => complaints(`${folder}/${partition}`))
  // It says of each compacted log that offsets are missing.
  const kinds = new Set(one.map(({ kind }) => kind))
  return other.filter(({ kind }) => !kinds.has(kind)).map(({ line }) => `${partition}, DumpLogSegments: ${line}`)
}

function complaints(folder) {
  const files = readdirSync(folder).filter((name) => /\.(log|index|timeindex)$/.test(name))
  if (files.length === 0) return [{ kind: 'nothing', line: `${folder} has no files` }]
  const tool = ['kafka.tools.DumpLogSegments', '--deep-iteration', '--files']
  const paths = files.map((name) => `${folder}/${name}`).join(',')
  const { status, stdout, stderr } = spawnSync('java', [...javaArguments(), ...tool, paths], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  })
  const found = `${stdout}\n${stderr}`.split('\n').filter((line) => /mismatch|corrupt|invalid|non-consecutive|exception|isvalid: false/i.test(line))
  if (status !== 0) found.push(`it ends with ${status}`)
  const noted = found.map((line) => ({ kind: line.replace(/\S*\/\S*|\d+/g, '').trim(), line }))
  return noted
}

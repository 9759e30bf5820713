// Reads the files of a partition with Kafka's own tool, DumpLogSegments.

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { javaArguments } from '../brokers.mjs'

const tool = ['org.apache.kafka.tools.DumpLogSegments', '--deep-iteration', '--files']
/** What it finds wrong with a log or an index. */
const complaint = /mismatch|invalid|isvalid: false|out of order|not found|non-consecutive|exception|ignoring/i
/** It says so of every log that was compacted. */
const gaps = /^non-consecutive offsets/i

/**
 * What the tool complains of in Ottla's files, a line each. That offsets are missing it may say where
 * it says so of Kafka's.
 * @param {string} partition the name of its folder
 * @param {string} kafka the folder that this one is in
 * @param {string} ottla the same
 */
export function dump(partition, kafka, ottla) {
  const [one, other] = [kafka, ottla].map((folder) => complaints(`${folder}/${partition}`))
  const hasGaps = one.some((line) => gaps.test(line))
  const lines = other.filter((line) => !(hasGaps && gaps.test(line)))
  return lines.map((line) => `${partition}, DumpLogSegments: ${line}`)
}

function complaints(folder) {
  const files = readdirSync(folder).filter((name) => /\.(log|index|timeindex)$/.test(name))
  if (files.length === 0) return []
  const paths = files.map((name) => `${folder}/${name}`).join(',')
  const { status, stdout, stderr } = spawnSync('java', [...javaArguments(), ...tool, paths], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  })
  // What it says while it works is told from what it says of each record, which begins so.
  const lines = `${stdout}\n${stderr}`.split('\n')
  if (!lines.some((line) => line.startsWith('Dumping '))) return [`it does not run: ${stderr.slice(0, 300)}`]
  const found = lines.filter((line) => (/^[|b]/.test(line) ? /isvalid: false/i.test(line) : complaint.test(line)))
  return status === 0 ? found : [...found, `it ends with ${status}`]
}

// What the clients are made to do: each load gives its figures by name.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { target } from '../../conformance/paths.mjs'

const run = promisify(execFile)
const script = fileURLToPath(new URL('librdkafka.py', import.meta.url))
// As kafka-run-class.sh has it for tools.
const java = ['-Xmx256M', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', `${target}kafka/lib/*`]

async function tool(name, ...options) {
  const { stdout } = await run('java', [...java, `org.apache.kafka.tools.${name}`, ...options], {
    maxBuffer: 1 << 24,
  })
  return stdout.trim().split('\n')
}

/** Kafka's ProducerPerformance; `rate` is in records a second, -1 for as fast as it goes. */
export async function produceJava({ bootstrap, topic, records, size, rate = -1 }) {
  const lines = await tool(
    'ProducerPerformance',
    ...['--topic', topic, '--num-records', `${records}`, '--record-size', `${size}`, '--throughput', `${rate}`],
    ...['--producer-props', `bootstrap.servers=${bootstrap}`, 'acks=all'],
  )
  const last = lines.findLast((line) => line.includes('99th'))
  const [, per_second] = last.match(/([\d.]+) records\/sec/)
  const [, p99_ms] = last.match(/(\d+) ms 99th/)
  return { per_second: Number(per_second), p99_ms: Number(p99_ms) }
}

/** Kafka's ConsumerPerformance. */
export async function consumeJava({ bootstrap, topic, records }) {
  const lines = await tool(
    'ConsumerPerformance',
    ...['--bootstrap-server', bootstrap, '--topic', topic, '--num-records', `${records}`],
  )
  const names = lines.find((line) => line.startsWith('start.time')).split(', ')
  const values = lines[lines.findIndex((line) => line.startsWith('start.time')) + 1].split(', ')
  const read = Number(values[names.indexOf('data.consumed.in.nMsg')])
  if (read < records) throw new Error(`ConsumerPerformance read ${read} of ${records} records`)
  return { per_second: Number(values[names.indexOf('fetch.nMsg.sec')]) }
}

async function python(what, bootstrap, topic, ...more) {
  const options = [what, '--bootstrap', bootstrap, '--topic', topic, ...more]
  const { stdout } = await run(`${target}python/bin/python`, [script, ...options])
  return JSON.parse(stdout)
}

export const createTopic = (bootstrap, topic) => python('create', bootstrap, topic)
export const deleteTopic = (bootstrap, topic) => python('delete', bootstrap, topic)

async function librdkafka(what, { bootstrap, topic, records, size }) {
  const more = ['--records', `${records}`, '--size', `${size}`]
  const { took_s, p99_ms } = await python(what, bootstrap, topic, ...more)
  return { per_second: records / took_s, ...(p99_ms !== undefined && { p99_ms }) }
}

export const produceLibrdkafka = (load) => librdkafka('produce', load)
export const consumeLibrdkafka = (load) => librdkafka('consume', load)

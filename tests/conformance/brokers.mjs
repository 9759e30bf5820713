// Starts the brokers: Apache Kafka, with one node and nothing replicated, and ottla-native.

import { execFile, spawn } from 'node:child_process'
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { promisify } from 'node:util'
import { ottlaNative, sources, target } from './paths.mjs'

/**
 * @typedef {object} RunningBroker
 * @property {string} name
 * @property {string} bootstrap host:port
 * @property {number} pid
 * @property {number} since_ms when the process was started, by performance.now()
 * @property {string} data the folder of its partitions, where it has one
 * @property {() => Promise<void>} stop
 */

/** What both brokers are told, under Kafka's names. */
const common = {
  'node.id': '0',
  // Tests of groups take as long as these.
  'group.initial.rebalance.delay.ms': '0',
  'group.consumer.heartbeat.interval.ms': '1000',
}

/** The version of Kafka that the pom names. */
export async function kafkaVersion() {
  const pom = await readFile(`${sources}java/pom.xml`, 'utf8')
  return pom.match(/<kafka.version>(.*)<\/kafka.version>/)[1]
}

/** What `java` needs to run a class of Kafka's or of ours; the level is of what it logs. */
export function javaArguments(level = 'error') {
  return [
    '-Xmx512m',
    '-XX:+UseG1GC',
    '-XX:TieredStopAtLevel=1',
    '-XX:-UsePerfData',
    `-Dorg.slf4j.simpleLogger.defaultLogLevel=${level}`,
    '-cp',
    `${target}java:${target}kafka/lib/*`,
  ]
}

/** What kafka-server-start.sh gives the virtual machine. */
const javaForSpeed = [
  ...['-Xmx1G', '-Xms1G', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'],
  ...['-XX:InitiatingHeapOccupancyPercent=35', '-XX:+ExplicitGCInvokesConcurrent'],
  ...javaArguments('warn').slice(-3),
]

// Else a broker would outlive a run that is interrupted: at the exit each is ended.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))

/** A port that is free now. */
export async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

/**
 * Starts Apache Kafka in a new folder.
 * @param {{ forSpeed?: boolean, settings?: Record<string, string> }} [options] forSpeed: as for
 *   production, not for a short life; settings: further ones of the broker
 * @returns {Promise<RunningBroker>}
 */
export async function startKafka({ forSpeed = false, settings = {} } = {}) {
  const [port, controller] = [await freePort(), await freePort()]
  const folder = `${target}brokers/kafka-${port}`
  await mkdir(folder, { recursive: true })
  const properties = {
    'process.roles': 'broker,controller',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': `${folder}/data`,
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'group.consumer.min.heartbeat.interval.ms': '1000',
    ...common,
    ...settings,
  }
  const file = `${folder}/server.properties`
  await writeFile(file, Object.entries(properties).map(([name, value]) => `${name}=${value}\n`).join(''))
  const java = forSpeed ? javaForSpeed : javaArguments('warn')
  const id = 'b3R0bGEtY29uZm9ybWFuYw'
  const format = ['kafka.tools.StorageTool', 'format', '-t', id, '--standalone', '-c', file]
  // This feature shows itself in the configuration of every topic, and serves only replicas.
  format.push('--feature', 'eligible.leader.replicas.version=0')
  await promisify(execFile)('java', [...java, ...format])
  return start('Kafka', 'java', [...java, 'kafka.Kafka', file], folder, port)
}

/**
 * Starts ottla-native.
 * @param {{ files?: boolean, arguments?: string[], settings?: Record<string, string> }} [options]
 *   files: it keeps its data in files, not in memory; settings: further ones of the broker
 * @returns {Promise<RunningBroker>}
 */
export async function startOttla({ files = false, arguments: more = [], settings = {} } = {}) {
  const port = await freePort()
  const folder = `${target}brokers/ottla-${port}`
  await mkdir(folder, { recursive: true })
  const set = Object.entries({ ...common, ...settings }).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  const options = ['--listen', `127.0.0.1:${port}`, '--log-level', 'warn', ...set, ...more]
  if (files) options.push('--data-dir', `${folder}/data`)
  return start('Ottla', ottlaNative, options, folder, port)
}

async function start(name, command, options, folder, port) {
  const log = await open(`${folder}/log.txt`, 'w')
  const since_ms = performance.now()
  const child = spawn(command, options, { stdio: ['ignore', log.fd, log.fd] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.once('error', () => undefined) // It has no pid then, which is seen below.
  const stop = async () => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await ended
    clearTimeout(timer)
    process.off('exit', kill)
    await log.close()
    await rm(folder, { recursive: true, force: true })
  }
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const deadline = Date.now() + 60_000
  while (child.pid === undefined || child.exitCode !== null || !(await listens(port))) {
    if (child.pid === undefined || child.exitCode !== null || Date.now() > deadline) {
      const said = await readFile(`${folder}/log.txt`, 'utf8')
      throw new Error(`${name} does not start:\n${said.slice(-2000) || command}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return { name, bootstrap: `127.0.0.1:${port}`, pid: child.pid, since_ms, data: `${folder}/data`, stop }
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** Is Kafka installed? */
export async function hasKafka() {
  const jars = await readdir(`${target}kafka/lib`).catch(() => [])
  return jars.some((jar) => jar.startsWith('kafka_'))
}

/** The one connection of the page to its broker. */

import { signal } from '@preact/signals'
import { type Admin, Kafka, type Leadership, logLevel, type Producer, type StorageNotice } from 'ottla'
import { explain, type Problem } from './problem'

export type Mode = 'idb' | 'memory'

/** The database of who comes without naming one. */
export const OWN = 'flights'

/** The broker's name, behind either scheme: `?db=name` attaches the page to that of another app. */
export const NAME = new URLSearchParams(location.search).get('db') || OWN

/** An open broker. */
export interface Broker {
  mode: Mode
  address: string
  kafka: Kafka
  admin: Admin
  producer: Producer
}

export type Connection =
  | { state: 'opening'; address: string }
  | { state: 'open'; broker: Broker }
  | { state: 'failed'; address: string; mode: Mode; problem: Problem }

export const connection = signal<Connection>({ state: 'opening', address: `idb://${NAME}` })

/** Which tab runs the broker, of those that share it. */
export const leadership = signal<Leadership | undefined>(undefined)

/** The database is gone that the page was attached to, or that was there when it was opened before. */
export const vanished = signal<StorageNotice | undefined>(undefined)

/** A line of the log, and how often it came. */
export interface Line {
  level: 'warning' | 'error'
  message: string
  times: number
}

/** What the broker and its clients had to say, the newest last. */
export const log = signal<Line[]>([])

const KEPT_LINES = 50

function note(level: logLevel, message: string): void {
  if (level > logLevel.WARN) return
  const before = log.value.find((line) => line.message === message)
  // Once in the console is enough: who waits for damaged records asks for them again and again.
  if (!before) console.warn(`[ottla] ${message}`)
  const line: Line = {
    level: level === logLevel.ERROR ? 'error' : 'warning',
    message,
    times: (before?.times ?? 0) + 1,
  }
  log.value = [...log.value.filter((line) => line !== before), line].slice(-KEPT_LINES)
}

let unfollow = () => {}

/** Opens the broker, or says in `connection` why it cannot be opened. */
export async function open(mode: Mode): Promise<void> {
  const address = `${mode}://${NAME}`
  connection.value = { state: 'opening', address }
  const kafka = new Kafka({
    clientId: 'ottla-demo',
    brokers: [address],
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, log: { message } }) =>
        note(level, message),
  })
  unfollow()
  const ends = await Promise.all([
    kafka.onLeadership((now) => (leadership.value = now)),
    kafka.onStorage((notice) => (vanished.value = notice)),
  ])
  unfollow = () => ends.forEach((end) => end())
  const admin = kafka.admin()
  // With idempotence, a retry can neither double a record nor put it behind a later one. And what is
  // on its way to a topic that is being deleted shall not make it anew.
  const producer = kafka.producer({ idempotent: true, allowAutoTopicCreation: false })
  try {
    await admin.connect()
    await producer.connect()
    connection.value = { state: 'open', broker: { mode, address, kafka, admin, producer } }
  } catch (error) {
    connection.value = { state: 'failed', address, mode, problem: explain(error) }
  }
}

/**
 * Connects the clients anew. A client asks again for what it knows of a topic when that is five
 * minutes old; new partitions shall be known, and keys go to them, at once.
 */
export async function reconnect(): Promise<void> {
  const { admin, producer } = broker()
  await Promise.all([admin.disconnect(), producer.disconnect()])
  await Promise.all([admin.connect(), producer.connect()])
}

/** The open broker. Nothing that needs one is shown without. */
export function broker(): Broker {
  const current = connection.peek()
  if (current.state !== 'open') throw new Error('The broker is not open.')
  return current.broker
}

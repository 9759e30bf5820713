/** A member of a group in a worker of its own: it can be ended as a process is, without a word to anybody. */

import { type Consumer, type EachBatchPayload, Kafka, logLevel } from 'ottla'
import { Clock } from './clock'
import type { FromMember, MemberOptions, ToMember } from './member-messages'

const clock = new Clock()
let consumer: Consumer | undefined
let shallFreeze = false
let isFrozen = false

const tell = (message: FromMember) => postMessage(message)

async function start(options: MemberOptions): Promise<void> {
  const { address, group, clientId, topic } = options
  const kafka = new Kafka({ clientId, brokers: [address], logLevel: logLevel.ERROR })
  consumer = kafka.consumer({
    groupId: group,
    allowAutoTopicCreation: false,
    heartbeatInterval: 100,
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    // What is committed when a member dies shall be the same each time: each partition by itself, and
    // never by the clock.
    autoCommit: false,
    partitionsConsumedConcurrently: 16,
    eachBatch: (payload) => work(payload, options),
  })
  tell({ type: 'joined' })
}

async function work(payload: EachBatchPayload, { work_ms, commitEvery }: MemberOptions): Promise<void> {
  const { batch, resolveOffset, isRunning, isStale } = payload
  const { topic, partition } = batch
  let uncommitted = 0
  let done: number | undefined
  for (const { key, value, offset } of batch.messages) {
    if (isFrozen) await forEver()
    if (!isRunning() || isStale()) break
    tell({
      type: 'given',
      record: { topic, partition, offset: Number(offset), key: key && key.toString(), value: value && value.toString() },
    })
    await clock.beat(work_ms)
    const isDue = (Number(offset) + 1) % commitEvery === 0
    uncommitted = isDue ? 0 : uncommitted + 1
    if (shallFreeze && uncommitted === commitEvery - 1) {
      isFrozen = true
      tell({ type: 'frozen' })
      await forEver()
    }
    resolveOffset(offset)
    done = Number(offset) + 1
    if (isDue) await commit(topic, partition, done)
  }
  if (uncommitted > 0 && done !== undefined) await commit(topic, partition, done)
}

/** What the group has gone on without is committed by whoever did it again. */
async function commit(topic: string, partition: number, next: number): Promise<void> {
  await consumer?.commitOffsets([{ topic, partition, offset: String(next) }]).catch(() => {})
}

const forEver = () => new Promise<never>(() => {})

const failed = (error: unknown) => tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) })

onmessage = ({ data }: MessageEvent<ToMember>) => {
  if (data.type === 'start') start(data.options).catch(failed)
  else if (data.type === 'order') clock.obey(data.order)
  else if (data.type === 'freeze') shallFreeze = true
  else {
    clock.fast = true
    clock.go()
    const left = consumer?.disconnect() ?? Promise.resolve()
    left.then(() => tell({ type: 'stopped' }), failed)
  }
}

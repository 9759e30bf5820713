/** Topics: which there are, and what can be done with them. */

import { batch, signal } from '@preact/signals'
import { broker, connection, reconnect } from './connection'
import { explain, type Problem } from './problem'
import { logDirs } from './storage'

/** Where a partition begins and ends: the first offset, and the one the next record will get. */
export interface Ends {
  partition: number
  low: number
  high: number
}

export interface Topic {
  name: string
  /** None where the broker could not tell. */
  partitions: Ends[]
  /** What its records take in the storage; undefined where the broker does not tell. */
  size_bytes?: number
  /** Why the broker could not tell. */
  problem?: Problem
}

export type Durability = 'memory' | 'relaxed' | 'strict'

/** A topic to make. */
export interface NewTopic {
  name: string
  partitions: number
  /** By configuration name; an empty value is left to the broker's default. */
  configs: Record<string, string>
}

/** All topics by name; undefined until they are known. */
export const topics = signal<Topic[] | undefined>(undefined)

/** Why it is not known which topics there are. */
export const unlisted = signal<Problem | undefined>(undefined)

export const recordsOf = (partitions: readonly { low: number; high: number }[]): number =>
  partitions.reduce((sum, { low, high }) => sum + high - low, 0)

export async function fetchEnds(topic: string): Promise<Ends[]> {
  const offsets = await broker().admin.fetchTopicOffsets(topic)
  return offsets
    .map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
    .sort((a, b) => a.partition - b.partition)
}

/** What each topic takes in the storage. */
async function sizes(): Promise<Map<string, number>> {
  const dirs = await logDirs()
  return new Map(
    dirs.flatMap(({ topics }) =>
      topics.map(({ topic, partitions }) => [topic, partitions.reduce((sum, { size }) => sum + size, 0)] as const),
    ),
  )
}

/** A topic as it is now. What is wrong with one topic hides no other. */
async function describe(name: string, known: Promise<Map<string, number>>): Promise<Topic> {
  try {
    const [partitions, found] = await Promise.all([fetchEnds(name), known])
    return { name, partitions, size_bytes: found.get(name) }
  } catch (error) {
    return { name, partitions: [], problem: explain(error) }
  }
}

let turn = 0

/** Asks the broker which topics there are. */
export async function refresh(): Promise<void> {
  const mine = ++turn
  if (connection.value.state !== 'open') {
    topics.value = undefined
    return
  }
  try {
    const known = sizes()
    const names = (await broker().admin.listTopics()).sort()
    const found = await Promise.all(names.map((name) => describe(name, known)))
    if (mine !== turn) return
    batch(() => {
      unlisted.value = undefined
      topics.value = found
    })
  } catch (error) {
    if (mine === turn) unlisted.value = explain(error)
  }
}

/** How often it is asked again what there is, for as long as it is shown. */
const ASK_EVERY_MS = 500

function repeat(ask: () => Promise<void>): () => void {
  let isStopped = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const again = async () => {
    if (!document.hidden) await ask()
    if (!isStopped) timer = setTimeout(again, ASK_EVERY_MS)
  }
  timer = setTimeout(again, ASK_EVERY_MS)
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}

/** Keeps the list of topics as it is, until the function that is returned is called. */
export const watchTopics = (): (() => void) => repeat(refresh)

/** Keeps one topic as it is, until the function that is returned is called. */
export const watchTopic = (name: string): (() => void) =>
  repeat(async () => {
    if (connection.peek().state !== 'open') return
    const now = await describe(name, sizes())
    topics.value = topics.peek()?.map((each) => (each.name === name ? now : each))
  })

/** Makes a topic. False if there was one of this name. */
export async function create({ name, partitions, configs }: NewTopic): Promise<boolean> {
  const made = await broker().admin.createTopics({
    topics: [
      {
        topic: name,
        numPartitions: partitions,
        configEntries: Object.entries(configs)
          .filter(([, value]) => value !== '')
          .map(([name, value]) => ({ name, value })),
      },
    ],
  })
  await refresh()
  return made
}

/** Deletes a topic with all its records. */
export async function remove(name: string): Promise<void> {
  await broker().admin.deleteTopics({ topics: [name] })
  await refresh()
}

/** Gives a topic more partitions. */
export async function addPartitions(name: string, total: number): Promise<void> {
  await broker().admin.createPartitions({ topicPartitions: [{ topic: name, count: total }] })
  await reconnect()
  await refresh()
}

/** Deletes the records of partitions below an offset each. */
export async function purge(topic: string, targets: { partition: number; before: number }[]): Promise<void> {
  await broker().admin.deleteTopicRecords({
    topic,
    partitions: targets.map(({ partition, before }) => ({ partition, offset: String(before) })),
  })
  await refresh()
}

/** Flights, sent to six partitions, of which nothing is ever removed. */

import type { Kafka } from 'ottla'
import flightsUrl from 'vega-datasets/data/flights-20k.json?url'

export const topic = 'flights'
const partitions = 6

interface Flight {
  origin: string
}

export interface FlightsLoad {
  /** The number of the first record. */
  first: number
  batch: number
  /** How many sends may be waiting for their answers. */
  inFlight: number
}

const all: Promise<Flight[]> = fetch(flightsUrl).then((response) => response.json())

/** The records are numbered; a number says what its record must be. */
function record(all: Flight[], number: number): { key: string; value: string } {
  const flight = all[number % all.length]!
  return { key: flight.origin, value: JSON.stringify({ number, ...flight }) }
}

export async function createTopic(kafka: Kafka, durability: string): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const configEntries = [{ name: 'ottla.durability', value: durability }]
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] })
  await admin.disconnect()
}

/** Sends without end. */
export async function loadFlights(kafka: Kafka, { first, batch, inFlight }: FlightsLoad): Promise<never> {
  const producer = kafka.producer()
  await producer.connect()
  const known = await all
  const waiting = new Set<Promise<void>>()
  for (let next = first; ; next += batch) {
    const messages = Array.from({ length: batch }, (_, at) => record(known, next + at))
    const sent = producer.send({ topic, messages }).then((where) => {
      waiting.delete(sent)
      void window.acknowledged({ first: next, count: batch, where })
    })
    waiting.add(sent)
    if (waiting.size >= inFlight) await Promise.race(waiting)
  }
}

/**
 * Reads everything back: of each partition the numbers of its records, in order. Throws where an
 * offset is missing or a record is not what its number says.
 */
export async function readFlights(kafka: Kafka): Promise<number[][]> {
  const known = await all
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const missing = new Map(ends.map(({ partition, high }) => [partition, Number(high)]))
  const stored: number[][] = Array.from({ length: partitions }, () => [])

  const consumer = kafka.consumer()
  await consumer.connect()
  consumer.assign(ends.map(({ partition }) => ({ topic, partition, offset: '0' })))
  await new Promise<void>((resolve, reject) => {
    const take = (partition: number, offset: string, key: string, value: string) => {
      const numbers = stored[partition]!
      if (offset !== String(numbers.length)) {
        throw new Error(`partition ${partition}: ${offset} comes after ${numbers.length - 1}`)
      }
      const { number } = JSON.parse(value)
      const expected = record(known, number)
      if (key !== expected.key || value !== expected.value) {
        throw new Error(`partition ${partition}, offset ${offset} is ${key}: ${value}`)
      }
      numbers.push(number)
    }
    const isComplete = () =>
      [...missing].every(([partition, count]) => stored[partition]!.length >= count)
    if (isComplete()) resolve()
    consumer.on<{ error: unknown }>(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer
      .run({
        eachBatch: ({ batch: { partition, messages } }) => {
          for (const { offset, key, value } of messages) {
            take(partition, offset, String(key), String(value))
          }
          if (isComplete()) resolve()
        },
      })
      .catch(reject)
  })
  await consumer.disconnect()
  return stored
}

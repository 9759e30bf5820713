/** The page of tests/e2e/kill.test.mjs: sends flights for as long as it lives, and reads them back. */

import { Kafka, type RecordMetadata } from 'ottla'
import flightsUrl from 'vega-datasets/data/flights-20k.json?url'

const topic = 'flights'
const partitions = 6

interface Flight {
  origin: string
}

interface Load {
  /** The number of the first record. */
  first: number
  batch: number
  /** How many sends may be waiting for their answers. */
  inFlight: number
  durability: string
}

declare global {
  interface Window {
    /** Tells the test, which outlives the page. */
    acknowledged(sent: { first: number; count: number; where: RecordMetadata[] }): Promise<void>
    flights: typeof flights
  }
}

const kafka = new Kafka({ clientId: 'kill', brokers: ['idb://kill'] })
const all: Promise<Flight[]> = fetch(flightsUrl).then((response) => response.json())

/** The records are numbered; a number says what its record must be. */
function record(all: Flight[], number: number): { key: string; value: string } {
  const flight = all[number % all.length]!
  return { key: flight.origin, value: JSON.stringify({ number, ...flight }) }
}

const flights = {
  /** Sends without end. */
  async load({ first, batch, inFlight, durability }: Load): Promise<never> {
    const admin = kafka.admin()
    await admin.connect()
    const configEntries = [{ name: 'ottla.durability', value: durability }]
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] })
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
  },

  /**
   * Reads everything back: of each partition the numbers of its records, in order. Throws where an
   * offset is missing or a record is not what its number says.
   */
  async readAll(): Promise<number[][]> {
    const known = await all
    const admin = kafka.admin()
    await admin.connect()
    const ends = await admin.fetchTopicOffsets(topic)
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
  },
}
window.flights = flights

/**
 * The page of tests/kill: produces, commits, has records compacted and removed for as long as it
 * lives, and reads everything back.
 */

import { Kafka, type RecordMetadata } from 'ottla'
import { createTopic, loadFlights, readFlights, topic, type FlightsLoad } from './flights'
import { createTopics, loadUpkeep, readUpkeep, type Stored, type UpkeepLoad } from './upkeep'
import { readCommitted, watch } from './watch'

declare global {
  interface Window {
    // What the page tells the test, which outlives it.
    acknowledged(sent: { first: number; count: number; where: RecordMetadata[] }): Promise<void>
    kept(sent: { topic: string; first: number; count: number; offset: number }): Promise<void>
    deleted(before: { asked: number } | { confirmed: number }): Promise<void>
    committed(to: { partition: number } & ({ seen: number } | { confirmed: number })): Promise<void>
    kill: typeof kill
  }
}

const kafka = new Kafka({ clientId: 'kill', brokers: ['idb://kill'] })

const kill = {
  /** Makes the topics that are not there. */
  async prepare(durability: string): Promise<void> {
    await createTopic(kafka, durability)
    await createTopics(kafka, durability)
  },

  /** Goes on until the end of the page. */
  async load(flights: FlightsLoad, upkeep: UpkeepLoad): Promise<never> {
    return Promise.race([loadFlights(kafka, flights), loadUpkeep(kafka, upkeep), watch(kafka, topic)])
  },

  async readAll(): Promise<{ flights: number[][]; kept: Record<string, Stored>; committed: number[] }> {
    const committed = await readCommitted(kafka, topic)
    return { flights: await readFlights(kafka), kept: await readUpkeep(kafka), committed }
  },
}
window.kill = kill

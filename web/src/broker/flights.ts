/** Loads the flights into their topic. */

import { computed, signal } from '@preact/signals'
import type { Message } from 'ottla'
import flightsUrl from 'vega-datasets/data/flights-20k.json?url'
import { inFrame, NUMBERS_MS } from '../ui/frame'
import { broker } from './connection'
import { explain, type Problem } from './problem'
import { scan } from './scan'
import { create, fetchEnds, refresh, topics } from './topics'

export const TOPIC = 'flights'
export const PARTITIONS = 6
export const TOTAL = 20_000

/** How fast: so many records a second, or as fast as they are stored. */
export type Pace = number | 'full'
export const GENTLE: Pace = 4_000

interface Flight {
  date: string
  delay: number
  distance: number
  origin: string
  destination: string
}

/** What loading measured. Only records whose storing was confirmed count. */
export interface Measured {
  stored: number
  elapsed_ms: number
  pace: Pace
  /** From each send to its confirmation: the middle one, and the one that 95 % stay below. */
  middle_ms: number
  slow_ms: number
  batch: number
}

export type Loading =
  | { state: 'idle' }
  | { state: 'preparing' }
  | { state: 'loading'; present: number; measured: Measured }
  | { state: 'stopped' | 'done'; present: number; measured: Measured }
  | { state: 'failed'; problem: Problem; measured: Measured | undefined }

export const loading = signal<Loading>({ state: 'idle' })

/** Whether flights are on their way; unlike `loading`, it does not change with each that is stored. */
export const isLoading = computed(() => loading.value.state === 'loading')

export const isRunning = computed(() => ['preparing', 'loading'].includes(loading.value.state))

let stopRequested = false
let running: Promise<void> | undefined

/** Ends the load, if there is one, as soon as what is under way is stored. */
export async function stop(): Promise<void> {
  stopRequested = true
  await running
}

/** The flights took off in 2001, and their times are kept. Their zones are not known: UTC it is. */
export const takeOff_ms = ({ date }: Pick<Flight, 'date'>): number =>
  Date.parse(`${date.replaceAll('/', '-').replace(' ', 'T')}Z`)

/** A flight as a record. Its number lets a load that was broken off go on where it was. */
function record(flight: Flight, number: number): Message {
  const { origin, destination, date, delay, distance } = flight
  return {
    key: origin,
    value: JSON.stringify({ origin, destination, delay, distance, date }),
    timestamp: String(takeOff_ms(flight)),
    headers: { flight: String(number) },
  }
}

/** How many flights to send at once, and how many such sends may wait for their confirmation. */
const shape = (pace: Pace) => (pace === 'full' ? { batch: 1_000, inFlight: 4 } : { batch: 100, inFlight: 4 })

/** Loads what is missing of the flights, once at a time. */
export function load(pace: Pace): Promise<void> {
  running ??= loadMissing(pace).finally(() => {
    running = undefined
  })
  return running
}

async function loadMissing(pace: Pace): Promise<void> {
  stopRequested = false
  loading.value = { state: 'preparing' }
  const meter = new Meter(pace)
  try {
    const response = await fetch(flightsUrl)
    if (!response.ok) throw new Error(`The flights cannot be fetched: ${response.status}.`)
    const flights: Flight[] = await response.json()
    const present = await prepare()
    const missing = flights.flatMap((flight, number) => (present.has(number) ? [] : [{ flight, number }]))
    await sendAll(missing, pace, meter, present.size)
    const state = present.size + meter.stored < flights.length ? 'stopped' : 'done'
    loading.value = { state, present: present.size, measured: meter.read() }
  } catch (error) {
    const measured = meter.stored > 0 ? meter.read() : undefined
    loading.value = { state: 'failed', problem: explain(error), measured }
  }
  await refresh()
}

/** Makes the topic where it is missing, and finds which flights are in it. */
async function prepare(): Promise<Set<number>> {
  if (!topics.value?.some(({ name }) => name === TOPIC)) {
    // For ever: by the default of seven days, flights of 2001 are long due for deletion.
    await create({ name: TOPIC, partitions: PARTITIONS, configs: { 'retention.ms': '-1' } })
    return new Set()
  }
  const numbers = new Set<number>()
  const stretches = (await fetchEnds(TOPIC)).map(({ partition, low, high }) => ({
    partition,
    first: low,
    end: high,
  }))
  await scan(TOPIC, stretches, ({ messages }) => {
    for (const { headers } of messages) {
      if (headers.flight !== undefined) numbers.add(Number(String(headers.flight)))
    }
  })
  return numbers
}

/** Each batch is made when its turn comes: to make them all at once would hold up a frame. */
async function sendAll(missing: { flight: Flight; number: number }[], pace: Pace, meter: Meter, present: number): Promise<void> {
  const { batch, inFlight } = shape(pace)
  const waiting = new Set<Promise<void>>()
  let failure: { error: unknown } | undefined
  const say = inFrame(() => {
    loading.value = { state: 'loading', present, measured: meter.read() }
  }, NUMBERS_MS)
  meter.start()
  for (let at = 0; at < missing.length && !stopRequested && !failure; at += batch) {
    const some = missing.slice(at, at + batch)
    if (pace !== 'full') await until(meter.started + ((at + some.length) * 1000) / pace)
    const sentAt = performance.now()
    const send = broker()
      .producer.send({ topic: TOPIC, messages: some.map(({ flight, number }) => record(flight, number)) })
      .then(
        () => {
          meter.add(some.length, performance.now() - sentAt)
          say.ask()
        },
        (error: unknown) => {
          failure ??= { error }
        },
      )
      .finally(() => waiting.delete(send))
    waiting.add(send)
    if (waiting.size >= inFlight) await Promise.race(waiting)
  }
  await Promise.all(waiting)
  say.cancel()
  if (failure) throw failure.error
}

function until(at: number): Promise<void> {
  const left = at - performance.now()
  return left <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, left))
}

class Meter {
  readonly #pace: Pace
  readonly #waits: number[] = []
  started = 0
  #last = 0
  stored = 0

  constructor(pace: Pace) {
    this.#pace = pace
  }

  start(): void {
    this.started = this.#last = performance.now()
  }

  add(records: number, wait_ms: number): void {
    this.stored += records
    this.#last = performance.now()
    this.#waits.push(wait_ms)
  }

  read(): Measured {
    const sorted = [...this.#waits].sort((a, b) => a - b)
    const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? 0
    return {
      stored: this.stored,
      elapsed_ms: this.#last - this.started,
      pace: this.#pace,
      middle_ms: at(0.5),
      slow_ms: at(0.95),
      batch: shape(this.#pace).batch,
    }
  }
}

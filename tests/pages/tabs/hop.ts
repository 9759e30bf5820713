/**
 * How long a record takes from one page, over storage, to another page: by Ottla, and by the bare means,
 * which are one commit to IndexedDB and one message over a port. One page sends, the other one receives
 * and tells when; as clocks of two processes differ, the difference is measured, too.
 */

import type { Client } from './client'
import { now } from './client'

const topic = 'hops'

/** What goes over the port between the two pages. */
type Told = { type: 'bare'; number: number } | { type: 'at'; number: number; at: number }

function port(): Promise<MessagePort> {
  const shared = new SharedWorker(new URL('./exchange.ts', import.meta.url), { type: 'module' })
  return new Promise((resolve) => {
    shared.port.onmessage = ({ ports: [port] }) => port && resolve(port)
  })
}

export class Receiver {
  #port: MessagePort | undefined

  async start(client: Client): Promise<void> {
    const consumer = client.kafka.consumer()
    await consumer.connect()
    consumer.assign([{ topic, partition: 0, offset: 'latest' }])
    await consumer.run({
      eachMessage: ({ message }) => this.#tell(Number(message.key?.toString())),
    })
    void port().then((port) => {
      this.#port = port
      port.onmessage = ({ data }: MessageEvent<Told>) => this.#tell(data.number)
    })
  }

  #tell(number: number): void {
    this.#port?.postMessage({ type: 'at', number, at: now() } satisfies Told)
  }
}

export class Sender {
  readonly #told = new Map<number, (at: number) => void>()
  #last = 0

  /** Milliseconds of each hop. */
  async run(client: Client, count: number): Promise<{ ottla: number[]; bare: number[] }> {
    const line = await port()
    line.onmessage = ({ data }: MessageEvent<Told>) => {
      if (data.type === 'at') this.#told.get(data.number)?.(data.at)
    }
    const database = await open()
    const producer = client.kafka.producer()
    await producer.connect()
    const value = new Uint8Array(100)
    const ways = {
      ottla: (number: number) =>
        producer.send({ topic, messages: [{ key: String(number), value, partition: 0 }] }),
      bare: async (number: number) => {
        await store(database, number, value)
        line.postMessage({ type: 'bare', number } satisfies Told)
      },
      ping: (number: number) => line.postMessage({ type: 'bare', number } satisfies Told),
    }
    const hop = async (way: keyof typeof ways): Promise<[number, number, number]> => {
      const number = ++this.#last
      const told = new Promise<number>((resolve) => this.#told.set(number, resolve))
      const sentAt = now()
      const sent = ways[way](number)
      const receivedAt = await told
      const heardAt = now()
      await sent
      this.#told.delete(number)
      return [sentAt, receivedAt, heardAt]
    }
    // The quickest answer is the one that says most of the other clock.
    let [quickest, offset] = [Number.POSITIVE_INFINITY, 0]
    for (let at = 0; at < 500; at++) {
      const [sentAt, receivedAt, heardAt] = await hop('ping')
      if (heardAt - sentAt >= quickest) continue
      quickest = heardAt - sentAt
      offset = receivedAt - (sentAt + heardAt) / 2
    }
    const took = { ottla: [] as number[], bare: [] as number[] }
    const block = 50
    for (let at = -block; at < count; at += block) {
      for (const way of ['ottla', 'bare'] as const) {
        for (let turn = 0; turn < block; turn++) {
          const [sentAt, receivedAt] = await hop(way)
          // The first block is for warming up.
          if (at >= 0) took[way].push(receivedAt - offset - sentAt)
        }
      }
    }
    await producer.disconnect()
    database.close()
    return took
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open('bare-hops', 1)
  request.onupgradeneeded = () => request.result.createObjectStore('log')
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

function store(database: IDBDatabase, number: number, value: Uint8Array): Promise<void> {
  const transaction = database.transaction('log', 'readwrite', { durability: 'relaxed' })
  transaction.objectStore('log').put(value, number)
  transaction.commit()
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
  })
}

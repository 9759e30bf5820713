/** Gives the package, and what the tests of tests/e2e say with it again and again, to the tests. */

import * as ottla from 'ottla'

const topic = 'orders'
const patience_ms = 10_000

/** Clients of one broker, connected as they are asked for. */
function clients(broker: string) {
  const kafka = new ottla.Kafka({
    clientId: 'tests',
    brokers: [broker],
    retry: { retries: 2 },
    logLevel: ottla.logLevel.NOTHING,
  })
  return {
    kafka,

    async create(numPartitions: number): Promise<void> {
      const admin = kafka.admin()
      await admin.connect()
      await admin.createTopics({ topics: [{ topic, numPartitions }] })
      await admin.disconnect()
    },

    async send(values: string[], partition = 0): Promise<string | undefined> {
      const producer = kafka.producer()
      await producer.connect()
      const messages = values.map((value) => ({ value, partition }))
      const [where] = await producer.send({ topic, messages })
      await producer.disconnect()
      return where?.baseOffset
    },

    /**
     * Reads `count` records of a partition, or as many as come before the consumer crashes or
     * nothing more comes.
     */
    async read(count: number, partition = 0, offset = 'earliest') {
      const consumer = kafka.consumer()
      await consumer.connect()
      const values: string[] = []
      let crash: string | undefined
      consumer.assign([{ topic, partition, offset }])
      await new Promise<void>((resolve, reject) => {
        consumer.on<{ error: unknown }>(consumer.events.CRASH, ({ payload }) => {
          crash = String(payload.error)
          resolve()
        })
        consumer
          .run({
            eachMessage: ({ message }) => {
              values.push(String(message.value))
              if (values.length >= count) resolve()
            },
          })
          .catch(reject)
        setTimeout(resolve, patience_ms)
      })
      await consumer.disconnect()
      return { values: values.slice(0, count), crash }
    },
  }
}

/** What an error says to a program. */
async function failureOf(promise: Promise<unknown>) {
  try {
    await promise
    return undefined
  } catch (error) {
    const { name, message, type, code, retriable, reason } = error as Record<string, unknown>
    return { name, message, type, code, retriable, reason }
  }
}

declare global {
  interface Window {
    tests: { ottla: typeof ottla; clients: typeof clients; failureOf: typeof failureOf }
  }
}
window.tests = { ottla, clients, failureOf }

import { Kafka, logLevel } from 'ottla'

let lastName = 0

/** Clients of a broker of its own, connected; ended with the test. */
export async function shop(t, { topics = [], producer: producerConfig, consumer: consumerConfig } = {}) {
  const kafka = new Kafka({
    clientId: 'tests',
    brokers: [`memory://test-${++lastName}`],
    logLevel: logLevel.NOTHING,
    retry: { retries: 2, initialRetryTime: 20 },
  })
  const admin = kafka.admin()
  const producer = kafka.producer(producerConfig)
  const consumer = kafka.consumer({ maxWaitTimeInMs: 50, ...consumerConfig })
  await Promise.all([admin.connect(), producer.connect(), consumer.connect()])
  if (topics.length > 0) await admin.createTopics({ topics })
  t.after(async () => {
    await Promise.all([admin.disconnect(), producer.disconnect(), consumer.disconnect()])
    await kafka.shutdown()
  })
  return { kafka, admin, producer, consumer }
}

/** Runs a consumer until it has seen this many records, and stops it. */
export async function read(consumer, count) {
  const seen = []
  await new Promise((resolve, reject) => {
    const remove = consumer.on(consumer.events.CRASH, ({ payload }) => {
      remove()
      reject(payload.error)
    })
    consumer.run({
      eachMessage: ({ topic, partition, message }) => {
        // More may come before the consumer is stopped.
        if (seen.length < count) seen.push({ topic, partition, message })
        if (seen.length === count) resolve()
      },
    })
  })
  await consumer.stop()
  return seen
}

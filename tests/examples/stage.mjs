// What an example is given: a library, be it KafkaJS or Ottla, and clients of a broker.

const patience_ms = 60_000

/** Waits until something holds. */
export async function until(holds, what = String(holds)) {
  for (const deadline = Date.now() + patience_ms; !(await holds()); ) {
    if (Date.now() > deadline) throw new Error(`timed out: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** An error, as an application tells errors apart. */
export function seenOf(error) {
  const { name, type, code, retriable } = error
  return { name, type, code, retriable }
}

/** Bytes to send: KafkaJS wants a Buffer, where there is one. */
export const bytes = (text) =>
  (globalThis.Buffer ?? { from: (text) => new TextEncoder().encode(text) }).from(text)

/** What a call failed of, however it was wrapped on its way: KafkaJS does so where it has tried again. */
export async function reason(promise) {
  let error = await promise.then(
    () => ({}),
    (error) => error,
  )
  while (error.cause) error = error.cause
  return { type: error.type, code: error.code }
}

/** What a call rejects with. */
export async function rejection(promise) {
  try {
    await promise
  } catch (error) {
    return seenOf(error)
  }
  return 'no error'
}

/** What a call throws. */
export function thrown(call) {
  try {
    call()
  } catch (error) {
    return seenOf(error)
  }
  return 'no error'
}

/** Offsets of partitions: KafkaJS gives their numbers as texts in places, against its declarations. */
export const numbered = (topics) =>
  topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, offset }) => ({ partition: Number(partition), offset })),
  }))

/** A message as text. */
export const textOf = ({ key, value, offset, headers = {} }) => ({
  key: key && key.toString(),
  value: value && value.toString(),
  offset,
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, data]) => [name, Array.isArray(data) ? data.map(String) : String(data)]),
  ),
})

export class Stage {
  #clients = []

  /**
   * @param {object} library KafkaJS's exports, or Ottla's
   * @param {string[]} brokers
   * @param {string} name of the example, and so of its topics
   */
  constructor(library, brokers, name) {
    this.library = library
    this.name = name.replaceAll(/[^\w]+/g, '-')
    this.brokers = brokers
    this.kafka = this.configured({})
  }

  configured(config) {
    const { Kafka, logLevel } = this.library
    // On a busy machine a browser takes its time; KafkaJS does not know the first of these.
    const patience = { storageTimeout: patience_ms, connectionTimeout: patience_ms }
    const common = { clientId: 'examples', brokers: this.brokers, logLevel: logLevel.NOTHING, ...patience }
    return new Kafka({ ...common, ...config })
  }

  topic(part = 'topic') {
    return `${this.name}.${part}`
  }

  /** A client that is connected, and disconnects with the example. */
  async connected(client) {
    this.#clients.push(client)
    await client.connect()
    return client
  }

  admin(config) {
    return this.connected(this.kafka.admin(config))
  }

  producer(config) {
    return this.connected(this.kafka.producer(config))
  }

  /** A member of the example's group that learns soon what happens. */
  consumer(config) {
    const soon = { maxWaitTimeInMs: 100, heartbeatInterval: 200, sessionTimeout: 20_000 }
    return this.connected(this.kafka.consumer({ groupId: this.topic('group'), ...soon, ...config }))
  }

  /** A topic, and the admin that made it. */
  async create(numPartitions = 1, part = 'topic') {
    const admin = await this.admin()
    await admin.createTopics({ topics: [{ topic: this.topic(part), numPartitions }] })
    return admin
  }

  /** A topic with the values 0, 1, 2… in each partition. */
  async filled(count, numPartitions = 1) {
    const admin = await this.create(numPartitions)
    const producer = await this.producer()
    for (let partition = 0; partition < numPartitions; partition++) {
      const messages = Array.from({ length: count }, (_, n) => ({ value: `${n}`, partition }))
      await producer.send({ topic: this.topic(), messages })
    }
    return { admin, producer }
  }

  /** A member that reads the topic from its beginning, as soon as it runs. */
  async reader(config, part = 'topic') {
    const consumer = await this.consumer(config)
    await consumer.subscribe({ topics: [this.topic(part)], fromBeginning: true })
    return consumer
  }

  async end() {
    // Consumers first: a group is to be left in order.
    for (const client of this.#clients.reverse()) await client.disconnect()
  }
}

/** Runs an example, and returns what it saw, in a form that can be sent elsewhere. */
export async function run(example, name, library, brokers) {
  const stage = new Stage(library, brokers, name)
  try {
    return JSON.parse(JSON.stringify((await example(stage)) ?? null))
  } finally {
    await stage.end()
  }
}

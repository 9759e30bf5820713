import { Client } from './client'

/** What a worker is asked to do. */
export interface Errand {
  broker: string
  topic: string
  value: string
}

/** Sends a record, and tells where it went, what is stored, and who leads. */
export async function run({ broker, topic, value }: Errand): Promise<unknown> {
  try {
    const client = new Client(broker, 10_000)
    const offset = await client.send(topic, value)
    const stored = await client.readAll(topic)
    return { offset, stored, leadership: await client.leadership() }
  } catch (error) {
    return { error: String(error), name: (error as Error).name }
  }
}

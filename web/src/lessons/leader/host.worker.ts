/** A worker that takes part as a tab does: it stands by to run the broker, and runs it when its turn comes. */

import { Kafka, logLevel } from 'ottla'
import type { FromHost, ToHost } from './messages'

const tell = (message: FromHost) => postMessage(message)
let kafka: Kafka | undefined

async function start(address: string): Promise<void> {
  kafka = new Kafka({ clientId: 'host', brokers: [address], logLevel: logLevel.ERROR })
  await kafka.onLeadership((leadership) => tell({ type: 'tab', tab: leadership?.tab }))
  await kafka.admin().connect()
  tell({ type: 'tab', tab: (await kafka.leadership())?.tab })
  tell({ type: 'started' })
}

const failed = (error: unknown) => tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) })

onmessage = ({ data }: MessageEvent<ToHost>) => {
  if (data.type === 'start') start(data.address).catch(failed)
  else kafka?.shutdown().then(() => tell({ type: 'left' }), failed)
}

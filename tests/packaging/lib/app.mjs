// What the projects are about: an application that sends records and reads them.

/** The application's code: how it imports the package, and what it does before it connects. */
export const app = (name = 'ottla', init = '') => `
import { Kafka, logLevel${init && ', init'} } from '${name}'

const kafka = new Kafka({ clientId: 'app', brokers: ['idb://app'], logLevel: logLevel.ERROR })

let ready
const prepare = () => (ready ??= (async () => { ${init} })())

async function produce(values) {
  await prepare()
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'orders', messages: values.map((value) => ({ key: 'truck-7', value })) })
  await producer.disconnect()
}

async function consume(count) {
  await prepare()
  const consumer = kafka.consumer()
  await consumer.connect()
  consumer.assign([{ topic: 'orders', partition: 0, offset: 'earliest' }])
  const values = []
  await new Promise((resolve) => {
    consumer.run({
      eachMessage: ({ message }) => {
        if (values.push(message.key + ': ' + message.value) === count) resolve()
      },
    })
  })
  await consumer.disconnect()
  return values
}

const via = async () => (await kafka.leadership())?.via

globalThis.app = { produce, consume, via }
`

/** A page with a module of this address. */
export const html = (script) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>App</title>
<script type="module" src="${script}"></script></head><body></body></html>`

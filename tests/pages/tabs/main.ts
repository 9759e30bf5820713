/** One of several tabs that share a broker: tests/lib/tabs.mjs says what it does. */

import { Client, now } from './client'
import { Receiver, Sender } from './hop'

declare global {
  interface Window {
    tab: {
      open(broker: string): Client
      client?: Client
      now: typeof now
      inWorker: typeof inWorker
      receiver: Receiver
      sender: Sender
    }
  }
}

/** Runs a client in a worker, which tells what it did. */
function inWorker(shared: boolean, broker: string, topic: string, value: string): Promise<unknown> {
  let port: Worker | MessagePort
  if (shared) {
    port = new SharedWorker(new URL('./shared.ts', import.meta.url), { type: 'module' }).port
  } else port = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  return new Promise((resolve) => {
    port.onmessage = ({ data }: MessageEvent<unknown>) => resolve(data)
    port.postMessage({ broker, topic, value })
  })
}

window.tab = {
  open: (broker) => {
    window.tab.client = new Client(broker)
    return window.tab.client
  },
  now,
  inWorker,
  receiver: new Receiver(),
  sender: new Sender(),
}

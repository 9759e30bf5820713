// What a page has to take part: a worker of its own, and where there is none, as in a SharedWorker,
// an object that can do all but lead.

import { KafkaJSConnectionError, type KafkaJSError } from '../errors.js'
import { startWorker, switchboard, type WorkerSources } from '../workers.js'
import type { Failure, FromWorker, ToWorker } from './messages.js'
import { failureOf, Participant } from './participant.js'
import { keepTime } from './timers.js'

/** A worker, or what stands for one. */
export interface Helper {
  tell(message: ToWorker, ports?: Transferable[]): void
  stop(): void
  /** What it means when no leader is found, where that is known. */
  readonly nobody?: Failure
}

/** What a helper needs. */
export interface HelperOptions {
  name: string
  timeoutMs: number
  module: Promise<WebAssembly.Module>
  workers: WorkerSources
  receive(message: FromWorker): void
  fail(error: KafkaJSError): void
}

export function startHelper(options: HelperOptions): Helper {
  return typeof Worker === 'undefined' ? within(options) : worker(options)
}

function worker({ name, timeoutMs, module, workers, receive, fail }: HelperOptions): Helper {
  const worker = startWorker(workers)
  const tell: Helper['tell'] = (message, ports = []) => worker.postMessage(message, ports)
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (data.type !== 'unswitched') return receive(data)
    const line = switchboard(workers)
    if (line) tell({ type: 'switchboard', port: line }, [line])
  }
  worker.onerror = (event) => {
    event.preventDefault?.()
    const what = event.message
      ? `the broker of idb://${name} crashed: ${event.message}`
      : `the worker of idb://${name} could not be loaded; see that the build copies worker.js \
of the package, and that a Content-Security-Policy allows it under worker-src, or bring your own: \
init({ worker })`
    fail(new KafkaJSConnectionError(what, { broker: `idb://${name}` }))
  }
  const line = switchboard(workers)
  module.then(
    (module) => tell({ type: 'open', module, name, timeoutMs, switchboard: line }, line ? [line] : []),
    fail,
  )
  return { tell, stop: () => worker.terminate() }
}

function within({ name, timeoutMs, receive }: HelperOptions): Helper {
  // Later, as from a worker: nobody shall be called back in the middle of something.
  const tell = (message: FromWorker) => queueMicrotask(() => receive(message))
  const participant = new Participant({ name, timeoutMs }, tell)
  participant.open().catch((error: unknown) => tell({ type: 'failed', failure: failureOf(error) }))
  const timers = new Map<number, ReturnType<typeof setTimeout>>()
  return {
    tell: (message) => {
      if (message.type === 'connect') participant.connect(message.link, message.port)
      else if (message.type === 'watch') participant.watch(message.on)
      else if (message.type === 'timer') keepTime(timers, message, receive)
      else if (message.type === 'close') tell({ type: 'closed' })
    },
    stop: () => {
      participant.close()
      for (const timer of timers.values()) clearTimeout(timer)
    },
    nobody: participant.nobody(),
  }
}

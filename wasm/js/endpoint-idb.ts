import type { Endpoint, EndpointOptions, Link } from './endpoint.js'
import { KafkaJSConnectionError, KafkaJSError, KafkaJSLockTimeout, KafkaJSStorageError } from './errors.js'
import { logLevel } from './logger.js'
import { loadModule } from './module.js'
import type { Failure, FromWorker, ToWorker } from './worker-messages.js'

/**
 * By so much the worker's waits are shorter than what was asked for, and the page's own by half of
 * it: the worker knows more about what it waits for.
 */
const GRACE_MS = 250

function errorOf({ kind, message }: Failure, name: string): KafkaJSError {
  switch (kind) {
    case 'locked':
      return new KafkaJSLockTimeout(message)
    case 'unavailable':
      return new KafkaJSStorageError(`idb://${name} cannot be opened: ${message}`, {
        reason: 'unavailable',
        retriable: false,
      })
    default:
      return new KafkaJSStorageError(`idb://${name} cannot be opened: ${message}`, {
        reason: 'failed',
      })
  }
}

/** A running worker. */
interface Running {
  worker: Worker
  opened: Promise<void>
  losers: Set<(reason: string) => void>
}

/** A broker over IndexedDB, in a worker of this page. */
export class IdbEndpoint implements Endpoint {
  readonly #name: string
  readonly #options: EndpointOptions
  #running: Running | undefined
  #watching = false
  /** Settled when the page is shown again, where it is in the back/forward cache. */
  #shown: Promise<void> | undefined

  constructor(name: string, options: EndpointOptions) {
    this.#name = name
    this.#options = options
  }

  async ready(): Promise<void> {
    await this.#serving()
  }

  async connect(lost: (reason: string) => void): Promise<Link> {
    const running = await this.#serving()
    const { port1, port2 } = new MessageChannel()
    running.losers.add(lost)
    running.worker.postMessage({ type: 'connect', port: port2 } satisfies ToWorker, [port2])
    return { port: port1 }
  }

  async #serving(): Promise<Running> {
    await this.#shown
    this.#running ??= this.#start()
    const running = this.#running
    await running.opened
    return running
  }

  async shutdown(): Promise<void> {
    const running = this.#running
    if (!running) return
    this.#running = undefined
    await running.opened.catch(() => {})
    await new Promise<void>((resolve) => {
      running.worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === 'closed') resolve()
      })
      running.worker.postMessage({ type: 'close' } satisfies ToWorker)
      setTimeout(resolve, GRACE_MS)
    })
    this.#stop(running, 'the broker was shut down')
  }

  #start(): Running {
    this.#watch()
    const { timeoutMs, logger } = this.#options
    const name = this.#name
    if (typeof Worker === 'undefined' || typeof indexedDB === 'undefined') {
      const message = 'there is no IndexedDB here; memory:// works without'
      throw errorOf({ kind: 'unavailable', message }, name)
    }
    // In this form, with nothing that depends on anything, bundlers recognize a worker.
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      type: 'module',
      name: 'ottla',
    })
    const losers: Running['losers'] = new Set()
    const deadline = Date.now() + timeoutMs - GRACE_MS
    const opened = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        const message = `the browser did not answer within ${timeoutMs} ms`
        fail(errorOf({ kind: 'unavailable', message }, name))
      }, timeoutMs - GRACE_MS / 2)
      const fail = (error: KafkaJSError) => {
        clearTimeout(timer)
        reject(error)
        this.#stop(running, error.message)
      }
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === 'opened') {
          clearTimeout(timer)
          resolve()
        } else if (data.type === 'failed') fail(errorOf(data.failure, name))
        else if (data.type === 'log') {
          if (data.level === logLevel.INFO) logger.info(data.message)
          else if (data.level === logLevel.WARN) logger.warn(data.message)
          else logger.error(data.message)
        }
      }
      worker.onerror = (event) => {
        event.preventDefault?.()
        const what = event.message
          ? `the broker of idb://${name} crashed: ${event.message}`
          : `the worker of idb://${name} could not be loaded; see that the build copies worker.js \
of the package, and that a Content-Security-Policy allows it under worker-src`
        fail(new KafkaJSConnectionError(what, { broker: `idb://${name}` }))
      }
      loadModule().then(
        (module) =>
          worker.postMessage({
            type: 'open',
            module,
            name,
            timeoutMs,
            deadline,
          } satisfies ToWorker),
        fail,
      )
    })
    const running: Running = { worker, opened, losers }
    return running
  }

  #stop(running: Running, reason: string): void {
    if (this.#running === running) this.#running = undefined
    running.worker.terminate()
    const losers = [...running.losers]
    running.losers.clear()
    for (const lost of losers) lost(reason)
  }

  /**
   * A page in the back/forward cache keeps its locks, and other tabs would wait for it in vain. So
   * the broker ends with the page, and starts again when the page comes back.
   */
  #watch(): void {
    if (this.#watching || typeof addEventListener === 'undefined') return
    this.#watching = true
    addEventListener('pagehide', ({ persisted }: PageTransitionEvent) => {
      const running = this.#running
      if (!persisted || !running) return
      this.#shown = new Promise((resolve) => {
        addEventListener('pageshow', () => resolve(), { once: true })
      })
      this.#stop(running, 'the page is in the back/forward cache')
    })
  }
}

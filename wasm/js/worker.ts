// The broker's worker: holds the database's lock while it serves.

/// <reference lib="webworker" />

import { logLevel } from './logger.js'
import { BrokerHost, initSync } from './pkg/ottla_wasm.js'
import type { Failure, FromWorker, ToWorker } from './worker-messages.js'

const scope = self as unknown as DedicatedWorkerGlobalScope

function tell(message: FromWorker): void {
  scope.postMessage(message)
}

const levels = [logLevel.INFO, logLevel.WARN, logLevel.ERROR]

class Server {
  #host: BrokerHost | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #release: () => void = () => {}
  readonly #early: MessagePort[] = []

  async open(message: Extract<ToWorker, { type: 'open' }>): Promise<void> {
    const { module, name, timeoutMs, deadline } = message
    const left = () => Math.max(deadline - Date.now(), 1)
    initSync({ module })
    await this.#lock(name, timeoutMs, left())
    const seed = crypto.getRandomValues(new BigUint64Array(1))[0] as bigint
    this.#host = await BrokerHost.openIdb(name, left(), seed, {
      schedule: (delayMs: number) => {
        clearTimeout(this.#timer)
        this.#timer = setTimeout(() => this.#host?.tick(), delayMs)
      },
      log: (level: number, message: string) =>
        tell({ type: 'log', level: levels[level] ?? logLevel.ERROR, message }),
      failed: (message: string) => tell({ type: 'failed', failure: { kind: 'failed', message } }),
    })
    for (const port of this.#early.splice(0)) this.#host.connect(port)
    tell({ type: 'opened' })
  }

  connect(port: MessagePort): void {
    if (this.#host) this.#host.connect(port)
    else this.#early.push(port)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#host?.close()
    this.#host = undefined
    this.#release()
    tell({ type: 'closed' })
  }

  /** Waits for the lock and holds it until `close`, or until the worker ends. */
  #lock(name: string, timeoutMs: number, leftMs: number): Promise<void> {
    if (!('locks' in navigator)) {
      const message = 'this page is no secure context; serve it over https or from localhost'
      throw { kind: 'unavailable', message } satisfies Failure
    }
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(leftMs)
      const held = new Promise<void>((release) => {
        this.#release = release
      })
      navigator.locks
        .request(`ottla:${name}`, { signal }, () => {
          resolve()
          return held
        })
        .catch((error: unknown) => {
          const message = `another tab of this site holds the broker idb://${name}, and did not let \
go of it within ${timeoutMs} ms; close that tab, or end its broker with kafka.shutdown()`
          reject(signal.aborted ? ({ kind: 'locked', message } satisfies Failure) : error)
        })
    })
  }
}

const server = new Server()

function failureOf(error: unknown): Failure {
  if (typeof error === 'object' && error !== null && 'kind' in error && 'message' in error) {
    return { kind: error.kind as Failure['kind'], message: String(error.message) }
  }
  return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
}

scope.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case 'open':
      server.open(data).catch((error: unknown) => tell({ type: 'failed', failure: failureOf(error) }))
      break
    case 'connect':
      server.connect(data.port)
      break
    case 'close':
      server.close()
      break
  }
}

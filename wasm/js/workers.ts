// The package's worker files, or those that an application brings in their place.

/** Where the workers come from. Each file does its work when it is loaded; they import nothing. */
export interface WorkerSources {
  /**
   * Starts the worker in which the broker of an `idb://` address runs or stands by. Its file is
   * `ottla/worker`, a module: `() => new Worker(new URL('./my-worker.js', import.meta.url), { type: 'module' })`,
   * where that file says `import 'ottla/worker'`.
   */
  worker?: () => Worker
  /**
   * Starts the SharedWorker that brings tabs together; its file is `ottla/switchboard`. `false`: there
   * is none, and tabs talk over BroadcastChannels, a little slower.
   */
  sharedWorker?: (() => SharedWorker) | false
}

let own: WorkerSources = {}

/** From now on, workers come from here. */
export function setWorkers({ worker, sharedWorker }: WorkerSources): void {
  own = { worker: worker ?? own.worker, sharedWorker: sharedWorker ?? own.sharedWorker }
}

/** As `setWorkers`, where nobody has said so before. */
export function offerWorkers({ worker, sharedWorker }: WorkerSources): void {
  own = { worker: own.worker ?? worker, sharedWorker: own.sharedWorker ?? sharedWorker }
}

/** Starts the worker of a broker. */
export function startWorker({ worker = own.worker }: WorkerSources): Worker {
  if (worker) return worker()
  // In this form, with nothing that depends on anything, bundlers recognize a worker.
  return new Worker(new URL('./worker.js', import.meta.url), {
    type: 'module',
    name: 'ottla',
  })
}

/** The line to the SharedWorker that hands ports from tab to tab; Chrome on Android has none. */
export function switchboard({ sharedWorker = own.sharedWorker }: WorkerSources): MessagePort | undefined {
  if (typeof SharedWorker === 'undefined' || sharedWorker === false) return undefined
  try {
    const shared = sharedWorker
      ? sharedWorker()
      : new SharedWorker(new URL('./switchboard.js', import.meta.url), {
          type: 'module',
          name: 'ottla',
        })
    // Where it cannot be loaded, connections go over channels.
    shared.onerror = (event) => event.preventDefault?.()
    return shared.port
  } catch {
    return undefined
  }
}

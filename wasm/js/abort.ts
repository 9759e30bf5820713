/// <reference lib="esnext.disposable" preserve="true" />

/** What can be given up. */
export interface Abortable {
  /** Gives up when it aborts, and rejects with its reason. */
  signal?: AbortSignal
}

/** Settles like the promise, or rejects as soon as the signal aborts. What is under way goes on. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    const settled = () => signal.removeEventListener('abort', abort)
    promise.then(resolve, reject).then(settled, settled)
  })
}

/**
 * The symbol of `await using`. Where an engine does not have it yet, the one under which polyfills and
 * libraries look for it.
 */
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose)

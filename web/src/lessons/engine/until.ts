/** Waits until what the broker tells makes something true. */

import { effect } from '@preact/signals'
import { type Clock, Ended } from './clock'

/** After so long, what is waited for is not coming; what a person does may take longer. */
const PATIENCE_MS = 30_000

/** Resolves when the condition, which reads signals, holds. Rejects when the lesson ends or it takes too long. */
export function until(clock: Clock, what: string, holds: () => boolean, patience_ms = PATIENCE_MS): Promise<void> {
  if (clock.ended) return Promise.reject(new Ended())
  return new Promise((resolve, reject) => {
    const leave = (then: () => void) => {
      clearTimeout(timer)
      forget()
      // An effect cannot end itself while it first runs.
      queueMicrotask(() => stop())
      then()
    }
    const timer = setTimeout(
      () => leave(() => reject(new Error(`For ${patience_ms / 1000} seconds the broker did not show ${what}.`))),
      patience_ms,
    )
    const forget = clock.onEnd(() => leave(() => reject(new Ended())))
    const stop = effect(() => {
      if (holds()) leave(resolve)
    })
  })
}

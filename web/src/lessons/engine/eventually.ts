/** Asks again until the answer is the one that is waited for. */

import { type Clock, Ended } from './clock'

const PATIENCE_MS = 30_000
const ASK_EVERY_MS = 120

export async function eventually<T>(
  clock: Clock,
  what: string,
  ask: () => Promise<T>,
  isIt: (answer: T) => boolean,
): Promise<T> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    if (clock.ended) throw new Ended()
    const answer = await ask()
    if (isIt(answer)) return answer
    if (performance.now() > until) {
      throw new Error(`For ${PATIENCE_MS / 1000} seconds the broker did not show ${what}.`)
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))
  }
}

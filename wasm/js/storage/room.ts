// Looks from time to time how much room the browser gives the site, and has the broker keep some of it
// free.

import type { BrokerHost } from '../pkg/ottla_wasm.js'

const FIRST_MS = 1_000
const INTERVAL_MS = 5_000

/** Begins to look; returns a function that ends it. */
export function keepRoom(host: BrokerHost): () => void {
  let ended = false
  const look = async () => {
    // Browsers may tell of more than they give: then it is the reserve that shows what there is.
    const { usage = 0, quota = Infinity } = (await estimate()) ?? {}
    if (!ended) host.keepRoom(quota, Math.max(quota - usage, 0))
  }
  const first = setTimeout(look, FIRST_MS)
  const others = setInterval(look, INTERVAL_MS)
  return () => {
    ended = true
    clearTimeout(first)
    clearInterval(others)
  }
}

async function estimate(): Promise<StorageEstimate | undefined> {
  try {
    return await navigator.storage?.estimate?.()
  } catch {
    return undefined
  }
}

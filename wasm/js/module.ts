// The WebAssembly module: fetched and compiled once, on first use, for the page and its workers.

import { compile } from '#load'
import { initSync } from './pkg/ottla_wasm.js'

let compiled: Promise<WebAssembly.Module> | undefined

/** The compiled module. */
export function loadModule(): Promise<WebAssembly.Module> {
  compiled ??= compile(new URL('./pkg/ottla_wasm_bg.wasm', import.meta.url)).catch((error) => {
    // The next one tries again: the network may be back.
    compiled = undefined
    throw error
  })
  return compiled
}

/** Makes the module usable in this page or process. */
export async function startModule(): Promise<void> {
  initSync({ module: await loadModule() })
}

/** 64 random bits. */
export function randomSeed(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0] as bigint
}

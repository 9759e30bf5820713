// The WebAssembly module: fetched and compiled once, on first use, for the page and its workers.

import { compile } from '#platform'
import { compileBytes, compileResponse } from './compile.js'
import { initSync } from './pkg/ottla_wasm.js'

/** Where the WebAssembly may come from. */
export type WasmSource = URL | string | Response | WebAssembly.Module | BufferSource

type Source = () => WasmSource | Promise<WasmSource>

let source: Source | undefined
let compiled: Promise<WebAssembly.Module> | undefined

/** The compiled module. */
export function loadModule(): Promise<WebAssembly.Module> {
  compiled ??= load().catch((error) => {
    // The next one tries again: the network may be back.
    compiled = undefined
    throw error
  })
  return compiled
}

/** Says where the WebAssembly comes from, unless it is there already. */
export function setWasm(from: Source): void {
  source = from
}

/** As `setWasm`, unless somebody has said so before. */
export function offerWasm(from: Source): void {
  source ??= from
}

async function load(): Promise<WebAssembly.Module> {
  // In this form, with nothing that depends on anything, bundlers recognize a file.
  if (!source) return compile(new URL('./ottla.wasm', import.meta.url))
  const wasm = await source()
  if (typeof wasm === 'string') return compile(new URL(wasm, globalThis.location?.href))
  if (wasm instanceof URL) return compile(wasm)
  if (wasm instanceof WebAssembly.Module) return wasm
  if (typeof Response !== 'undefined' && wasm instanceof Response) return compileResponse(wasm)
  return compileBytes(wasm as BufferSource)
}

/** Makes the module usable in this page or process. */
export async function startModule(): Promise<void> {
  initSync({ module: await loadModule() })
}

/** 64 random bits. */
export function randomSeed(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0] as bigint
}

// `build.mjs` makes the module.

/** The WebAssembly, compressed by gzip, in base64. */
export const wasm: string
/** The worker's script. */
export const worker: string

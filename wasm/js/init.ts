import { loadModule, offerWasm, setWasm, type WasmSource } from './module.js'
import { offerWorkers, setWorkers, type WorkerSources } from './workers.js'

/** Where the parts of the package are that are files of their own. */
export interface InitOptions extends WorkerSources {
  /**
   * The WebAssembly: where it is, the answer of a server that has it, or itself, compiled or not; or a
   * promise of one of these. To a bundler, `ottla/ottla.wasm` is the file's name.
   */
  wasm?: WasmSource | Promise<WasmSource>
}

/**
 * Fetches and compiles the WebAssembly, which the first connection would do otherwise, and says where
 * the parts of the package are, where they are not beside its modules. Nobody needs it who has nothing
 * to say.
 *
 * What it says counts for brokers that are opened later. Once the WebAssembly is loaded, another one is
 * not looked at.
 */
export async function init({ wasm, ...workers }: InitOptions = {}): Promise<void> {
  if (wasm !== undefined) setWasm(() => wasm)
  setWorkers(workers)
  await loadModule()
}

/** Says where the parts are unless the application does. */
export function offer({ wasm, ...workers }: WorkerSources & { wasm: () => Promise<WasmSource> }): void {
  offerWasm(wasm)
  offerWorkers(workers)
}

import { readFile } from 'node:fs/promises'

/** Reads and compiles a WebAssembly module. */
export async function compile(url: URL): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(url))
}

// What depends on where the package runs; in Node.

import type { Endpoint, EndpointOptions } from './endpoint.js'
import type { Broker } from './address.js'
import { compileFrom } from './compile.js'

/** Reads and compiles a WebAssembly module. */
export async function compile(url: URL): Promise<WebAssembly.Module> {
  if (url.protocol !== 'file:') return compileFrom(url)
  const { readFile } = await import('node:fs/promises')
  return WebAssembly.compile(await readFile(url))
}

/** The way to brokers behind TCP. */
export async function openTcp(brokers: Broker[], options: EndpointOptions): Promise<Endpoint> {
  const { TcpEndpoint } = await import('./tcp/endpoint.js')
  return new TcpEndpoint(brokers, options)
}

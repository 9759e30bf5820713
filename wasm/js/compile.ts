import { KafkaJSNonRetriableError } from './errors.js'

/** Fetches and compiles a WebAssembly module. */
export async function compileFrom(url: URL): Promise<WebAssembly.Module> {
  let response: Response
  try {
    response = await fetch(url)
  } catch (cause) {
    throw new KafkaJSNonRetriableError(
      `${url.href} could not be fetched (${String(cause)}). It belongs to the package: see that the \
build copies it, and that a Content-Security-Policy allows it under connect-src; or say where it is: \
init({ wasm }).`,
      { cause },
    )
  }
  return compileResponse(response, url.href)
}

/** Compiles what a server has answered, as it comes in where the server says what it is. */
export async function compileResponse(
  response: Response,
  url = response.url || 'the response',
): Promise<WebAssembly.Module> {
  if (!response.ok) {
    throw new KafkaJSNonRetriableError(
      `${url} answers ${response.status}. It belongs to the package: see that it is served, or say \
where it is: init({ wasm }).`,
    )
  }
  const type = response.headers.get('content-type') ?? ''
  if (type.includes('text/html')) {
    throw new KafkaJSNonRetriableError(
      `${url} answers with HTML instead of WebAssembly, as a server does that falls back to \
index.html. See that the file is served, or say where it is: init({ wasm }); with Vite's development \
server, optimizeDeps: { exclude: ['ottla'] } helps.`,
    )
  }
  return guarded(url, async () =>
    // A server that calls it otherwise costs the compiling meanwhile, no more.
    type.startsWith('application/wasm') && 'compileStreaming' in WebAssembly
      ? WebAssembly.compileStreaming(response)
      : WebAssembly.compile(await response.arrayBuffer()),
  )
}

/** Compiles bytes. */
export function compileBytes(bytes: BufferSource): Promise<WebAssembly.Module> {
  return guarded('What init({ wasm }) was given', () => WebAssembly.compile(bytes))
}

async function guarded(
  what: string,
  compile: () => Promise<WebAssembly.Module>,
): Promise<WebAssembly.Module> {
  try {
    return await compile()
  } catch (cause) {
    throw new KafkaJSNonRetriableError(
      `${what} could not be compiled (${String(cause)}). A Content-Security-Policy must allow \
'wasm-unsafe-eval' under script-src.`,
      { cause },
    )
  }
}

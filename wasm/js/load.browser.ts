import { KafkaJSNonRetriableError } from './errors.js'

/** Fetches and compiles a WebAssembly module. */
export async function compile(url: URL): Promise<WebAssembly.Module> {
  let response: Response
  try {
    response = await fetch(url)
  } catch (cause) {
    throw new KafkaJSNonRetriableError(
      `${url.href} could not be fetched (${String(cause)}). It belongs to the package: see that the \
build copies it, and that a Content-Security-Policy allows it under connect-src.`,
      { cause },
    )
  }
  if (!response.ok) {
    throw new KafkaJSNonRetriableError(
      `${url.href} answers ${response.status}. It belongs to the package: see that it is served.`,
    )
  }
  const type = response.headers.get('content-type') ?? ''
  if (type.includes('text/html')) {
    throw new KafkaJSNonRetriableError(
      `${url.href} answers with HTML instead of WebAssembly, as a server does that falls back to \
index.html. See that the file is served; with Vite's development server, add \
optimizeDeps: { exclude: ['ottla'] }.`,
    )
  }
  try {
    if (type.startsWith('application/wasm') && 'compileStreaming' in WebAssembly) {
      return await WebAssembly.compileStreaming(response)
    }
    return await WebAssembly.compile(await response.arrayBuffer())
  } catch (cause) {
    throw new KafkaJSNonRetriableError(
      `${url.href} could not be compiled (${String(cause)}). A Content-Security-Policy must allow \
'wasm-unsafe-eval' under script-src.`,
      { cause },
    )
  }
}

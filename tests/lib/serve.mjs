// Serves a built folder on localhost, as any static host would: no special headers.

import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

/**
 * @param {string | string[]} folder one, or several whose files are served side by side
 * @param {number} [port] 0 for any that is free. An origin has its own storage: who opens a profile
 *   anew needs the port that it had.
 * @param {(path: string, content: Buffer) => Buffer | string} [change] what to serve instead
 * @param {Record<string, string>} [headers] what every answer has besides
 * @returns {Promise<{url: string, port: number, served: Map<string, Buffer>, close(): Promise<void>}>}
 *   `served` has what was asked for so far: path and content
 */
export async function serve(folder, port = 0, change = (_, content) => content, headers = {}) {
  const served = new Map()
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const path = normalize(pathname.endsWith('/') ? `${pathname}index.html` : pathname)
    try {
      const content = change(path, await readFirst([folder].flat(), path))
      served.set(path, content)
      const type = types[extname(path)] ?? 'application/octet-stream'
      const all = { 'content-type': type, 'cache-control': 'no-cache', ...headers }
      response.writeHead(200, all).end(content)
    } catch {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found')
    }
  })
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve(undefined))
  })
  const address = server.address()
  const taken = typeof address === 'object' && address ? address.port : port
  return {
    url: `http://localhost:${taken}`,
    port: taken,
    served,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The file of the first folder that has it. */
async function readFirst([folder, ...others], path) {
  try {
    return await readFile(join(folder, path))
  } catch (error) {
    if (others.length === 0) throw error
    return readFirst(others, path)
  }
}

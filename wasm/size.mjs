// What a page loads, gzipped: every module that is reached from browser.js and worker.js, and the
// WebAssembly. Fails above the limit.

import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'

const LIMIT_KIB = 464
const dist = new URL('dist/', import.meta.url)
const seen = new Map()

async function visit(path) {
  if (seen.has(path)) return
  const bytes = await readFile(new URL(path, dist))
  seen.set(path, bytes)
  if (!path.endsWith('.js')) return
  const text = bytes.toString()
  // Not what is imported on demand, by `import()`.
  const links = [
    ...text.matchAll(/(?:from|import)\s*['"`](\.{1,2}\/[^'"`]+)['"`]/g),
    ...text.matchAll(/new URL\(['"`](\.{1,2}\/[^'"`]+)['"`],\s*import\.meta\.url\)/g),
  ]
  for (const [, link] of links) await visit(new URL(link, new URL(path, 'file:///')).pathname.slice(1))
}

await visit('browser.js')
let total = 0
for (const [path, bytes] of [...seen].sort(([, a], [, b]) => b.length - a.length)) {
  const gzip = gzipSync(bytes, { level: 9 }).length
  total += gzip
  console.log(`${path.padEnd(28)} ${String(bytes.length).padStart(9)} B  gzip ${String(gzip).padStart(7)} B`)
}
console.log(`${'in all'.padEnd(28)} ${' '.repeat(11)}  gzip ${String(total).padStart(7)} B`)
if (total > LIMIT_KIB * 1024) {
  console.error(`above the limit of ${LIMIT_KIB} KiB`)
  process.exit(1)
}

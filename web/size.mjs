// What a first visit loads of the built demo, gzipped: the page, what it loads before anything is done on
// it, the package's worker and WebAssembly. Fails above the limit. What is loaded on demand is not in it.

import { readFile, readdir } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'

const LIMIT_BYTES = 500_000
const dist = new URL('dist/', import.meta.url)

const manifest = JSON.parse(await readFile(new URL('.vite/manifest.json', dist), 'utf8'))
const files = new Set(['index.html', 'theme.js', 'ottla.svg'])

/** A module and what it imports without being asked to. */
function visit(name) {
  const { file, imports = [], css = [] } = manifest[name]
  if (files.has(file)) return
  files.add(file)
  for (const each of css) files.add(each)
  imports.forEach(visit)
}

visit('index.html')
// A worker's file and the WebAssembly are fetched by their addresses, which no import tells.
for (const name of await readdir(new URL('assets/', dist))) {
  if (/^worker-.*\.js$|^switchboard-.*\.js$|\.wasm$/.test(name)) files.add(`assets/${name}`)
}

let total = 0
for (const file of files) {
  const size = gzipSync(await readFile(new URL(file, dist)), { level: 9 }).length
  total += size
  console.log(`${String(size).padStart(8)} B gzip  ${file}`)
}
console.log(`${String(total).padStart(8)} B gzip  in all, of ${LIMIT_BYTES} that a first visit may load`)
if (total > LIMIT_BYTES) {
  console.error('A first visit loads too much: load on demand what it does not need.')
  process.exit(1)
}

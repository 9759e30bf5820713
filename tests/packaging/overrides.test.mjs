// What an application may say of the package's files, and what it hears when they cannot be used.

import assert from 'node:assert/strict'
import { cp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { app, html } from './lib/app.mjs'
import { STRICT, closeBrowser, tryFolder } from './lib/browser.mjs'
import { project } from './lib/project.mjs'

const timeout = 600_000
/** Where a server has the WebAssembly, which it calls any bytes. */
const place = "new URL('./elsewhere/ottla.bin', import.meta.url)"
const sources = {
  url: place,
  text: `${place}.href`,
  response: `fetch(${place})`,
  bytes: `fetch(${place}).then((response) => response.arrayBuffer())`,
  module: `fetch(${place}).then((response) => response.arrayBuffer()).then(WebAssembly.compile)`,
}
let moved

before(async () => {
  const pages = Object.entries(sources).flatMap(([name, wasm]) => [
    [`${name}.html`, html(`./${name}.js`)],
    [`${name}.js`, app('./ottla/browser.js', `await init({ wasm: ${wasm} })`)],
  ])
  const lost = { 'lost.html': html('./lost.js'), 'lost.js': app('./ottla/browser.js') }
  moved = await project('moved', { ...Object.fromEntries(pages), ...lost, 'elsewhere/.keep': '' })
  await cp(join(moved.dir, 'node_modules/ottla/dist'), join(moved.dir, 'ottla'), { recursive: true })
  await rename(join(moved.dir, 'ottla/ottla.wasm'), join(moved.dir, 'elsewhere/ottla.bin'))
})
after(closeBrowser)

for (const name of Object.keys(sources)) {
  test(`init({ wasm }): ${name}, under another MIME type`, { timeout }, () =>
    tryFolder(moved.dir, { path: `/${name}.html`, files: false }))
}

test('a missing file is named, and what helps', { timeout }, () =>
  assert.rejects(
    tryFolder(moved.dir, { path: '/lost.html' }),
    /ottla\/ottla\.wasm answers 404\..*init\(\{ wasm \}\)/s,
  ))

test('a policy that forbids WebAssembly is named', { timeout }, () =>
  assert.rejects(
    tryFolder(moved.dir, { path: '/url.html', files: false, csp: STRICT.replace("'wasm-unsafe-eval'", '') }),
    /could not be compiled.*'wasm-unsafe-eval'/s,
  ))

const own = `
const worker = () => {
  globalThis.started = true
  return new Worker(new URL('./my-worker.js', import.meta.url), { type: 'module' })
}`

test('an own worker and no SharedWorker: init()', { timeout }, async () => {
  const { dir, run } = await project('own-worker', {
    'index.html': html('./main.js'),
    'main.js': own + app('ottla', 'await init({ worker, sharedWorker: false })'),
    'my-worker.js': `import 'ottla/worker'`,
  })
  await run('vite', 'build')
  // Not that of the package.
  for (const file of ['worker.js', 'switchboard.js']) await rm(join(dir, 'node_modules/ottla/dist', file))
  await tryFolder(join(dir, 'dist'), { via: 'channel' })
})

test('an own worker and an own SharedWorker: of one Kafka', { timeout }, async () => {
  const shared = `() => new SharedWorker(new URL('./my-shared.js', import.meta.url), { type: 'module' })`
  const { dir, run } = await project('own-workers', {
    'index.html': html('./main.js'),
    'main.js': own + app().replace('new Kafka({', `new Kafka({ worker, sharedWorker: ${shared}, `),
    'my-worker.js': `import 'ottla/worker'`,
    'my-shared.js': `import 'ottla/switchboard'`,
  })
  await run('vite', 'build')
  await tryFolder(join(dir, 'dist'))
})

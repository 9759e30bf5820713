// The packed package under bundlers and servers, each in a project of its own, without configuration
// unless it is written here. Every page runs under a strict policy, and without COOP and COEP.

import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { app, html } from './lib/app.mjs'
import { STRICT, closeBrowser, tryApp, tryFolder } from './lib/browser.mjs'
import { project } from './lib/project.mjs'

const timeout = 600_000
const BLOB = STRICT.replace("worker-src 'self'", 'worker-src blob:')
const FILES = ['ottla.wasm', 'worker.js', 'switchboard.js']

after(closeBrowser)

/** A project with a page of one script. */
const withPage = (name, files = {}, script = './main.js') =>
  project(name, { 'index.html': html(script), 'main.js': app(), ...files })

/** Copies the files of the package that a bundler does not look for. */
async function copyFiles({ dir }, to) {
  for (const file of FILES) await cp(join(dir, 'node_modules/ottla/dist', file), join(dir, to, file))
}

test('a script in a folder', { timeout }, async () => {
  const { dir } = await withPage('folder', { 'main.js': app('./ottla/browser.js') })
  await cp(join(dir, 'node_modules/ottla/dist'), join(dir, 'ottla'), { recursive: true })
  await tryFolder(dir)
})

test('Vite: development server', { timeout }, async () => {
  const { start } = await withPage('vite-dev')
  const server = await start('vite', '--port', '0', '--host', '127.0.0.1')
  try {
    await tryApp(server.url)
  } finally {
    server.close()
  }
})

test('Vite: build', { timeout }, async () => {
  const { dir, run } = await withPage('vite-build')
  await run('vite', 'build')
  await tryFolder(join(dir, 'dist'))
})

test('webpack', { timeout }, async () => {
  const { dir, run } = await withPage('webpack', {
    'build.mjs': `import webpack from 'webpack'
// Without its opinion on large files.
webpack({ mode: 'production', entry: './main.js', performance: { hints: false } }, (error, stats) => {
  if (error || stats.hasErrors() || stats.hasWarnings()) throw error ?? new Error(stats.toString())
})`,
    'dist/index.html': html('./main.js'),
  })
  await run('node', 'build.mjs')
  await tryFolder(join(dir, 'dist'))
})

const rollup = (plugins) => `import { nodeResolve } from '@rollup/plugin-node-resolve'
import { importMetaAssets } from '@web/rollup-plugin-import-meta-assets'
export default {
  input: 'main.js',
  output: { dir: 'dist' },
  plugins: [nodeResolve({ browser: true }), ${plugins}],
  onwarn: (warning) => { throw new Error(warning.message) },
}`

test('Rollup, which copies the files by a plugin', { timeout }, async () => {
  const { dir, run } = await withPage('rollup', {
    'rollup.config.js': rollup('importMetaAssets()'),
    'dist/index.html': html('./main.js'),
  })
  await run('rollup', '-c')
  await tryFolder(join(dir, 'dist'))
})

test('Rollup, inline', { timeout }, async () => {
  const { dir, run } = await withPage('rollup-inline', {
    'main.js': app('ottla/inline'),
    'rollup.config.js': rollup(''),
    'dist/index.html': html('./main.js'),
  })
  await run('rollup', '-c')
  await tryFolder(join(dir, 'dist'), { csp: BLOB, via: 'channel', files: false })
})

const esbuild = ['main.js', '--bundle', '--format=esm', '--outdir=dist', '--log-limit=0']

test('esbuild, with the files copied', { timeout }, async () => {
  const made = await withPage('esbuild', { 'dist/index.html': html('./main.js') })
  await made.run('esbuild', ...esbuild)
  await copyFiles(made, 'dist')
  await tryFolder(join(made.dir, 'dist'))
})

test('esbuild, inline', { timeout }, async () => {
  const { dir, run } = await withPage('esbuild-inline', {
    'main.js': app('ottla/inline'),
    'dist/index.html': html('./main.js'),
  })
  await run('esbuild', ...esbuild)
  await tryFolder(join(dir, 'dist'), { csp: BLOB, via: 'channel', files: false })
})

test('Next.js: imported on the server, run in the client', { timeout }, async () => {
  const { run, start } = await project('next', {
    'app/layout.js': `export default ({ children }) => <html lang="en"><body>{children}</body></html>`,
    'app/page.js': `import App from './app'
export default () => <App />`,
    'app/app.js': `'use client'
${app()}
export default () => <p>{typeof Kafka}</p>`,
  })
  await run('next', 'build')
  const server = await start('next', 'start', '--port', '0', '--hostname', 'localhost')
  try {
    const rendered = await (await fetch(server.url)).text()
    assert.match(rendered, /<p>function<\/p>/, 'the server has imported it')
    await tryApp(server.url)
  } finally {
    server.close()
  }
})

// Builds the package into dist/: the WebAssembly by wasm-pack, then the TypeScript. `--dev` leaves
// out optimization; `--no-wasm` takes the WebAssembly as it was built last.

import { spawnSync } from 'node:child_process'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

const here = fileURLToPath(new URL('.', import.meta.url))
const profile = process.argv.includes('--dev') ? ['--dev'] : ['--profile', 'wasm-release']

/** What a page may need later. All else stays in one piece, whatever of it these need, too. */
const later = /\/dist\/(storage\/(export|import|inspect|log-dirs|wire|format|batches|crc32c)|consumer\/cluster|admin\/groups|testing|inline|index)\b/

function has(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: here, stdio: 'inherit' })
  if (error?.code === 'ENOENT') {
    console.error(`${command} is missing; \`make build\` installs it`)
    process.exit(1)
  }
  if (status !== 0) process.exit(status ?? 1)
}

const at = (path) => new URL(path, import.meta.url)

if (!process.argv.includes('--no-wasm')) {
  // With the tools on the path, nothing is downloaded.
  const mode = has('wasm-bindgen') && has('wasm-opt') ? ['--mode', 'no-install'] : []
  const out = ['--out-dir', 'js/pkg', '--out-name', 'ottla_wasm']
  // Of an earlier build.
  await rm(at('js/pkg'), { recursive: true, force: true })
  run('wasm-pack', ['build', '.', ...profile, '--target', 'web', '--no-pack', ...out, ...mode])
}

await rm(at('dist'), { recursive: true, force: true })
// The declarations keep their comments, which editors show; what a page loads goes without.
run('tsc', ['--emitDeclarationOnly'])
run('tsc', ['--declaration', 'false', '--removeComments'])
for (const file of ['ottla_wasm.js', 'ottla_wasm.d.ts']) {
  await cp(at(`js/pkg/${file}`), at(`dist/pkg/${file}`))
}
// The parts of the binding that are written in JavaScript.
await cp(at('js/pkg/snippets'), at('dist/pkg/snippets'), { recursive: true })
// Beside the modules that say where it is, like the workers: whoever copies files copies these three.
await cp(at('js/pkg/ottla_wasm_bg.wasm'), at('dist/ottla.wasm'))

// A worker imports nothing, so that it works wherever its file is copied to.
const [worker] = await bundle({ worker: 'dist/worker.js' })
await bundle({ switchboard: 'dist/switchboard.js' })
const wasm = gzipSync(await readFile(at('dist/ottla.wasm')), { level: 9 }).toString('base64')
await writeFile(
  at('dist/inlined.js'),
  `export const wasm = '${wasm}'\nexport const worker = ${JSON.stringify(worker)}\n`,
)
// Browsers get one file, and further ones for what is loaded on demand. It needs no bundler: no name in
// it is to be looked up in a package.json.
const pages = {
  browser: 'dist/index.js',
  'browser.inline': 'dist/inline.js',
  'browser.testing': 'dist/testing.js',
}
await bundle(pages, [{ name: 'worker-only', load: withoutTransactions }])

/** Bundles modules of dist/, each under a name; one alone becomes one file. Gives their texts. */
async function bundle(input, plugins = []) {
  // As deep as dist/, so that the maps lead to the same places.
  const dir = fileURLToPath(at('bundled'))
  const alone = Object.keys(input).length === 1
  const build = await rolldown({
    input,
    cwd: here,
    platform: 'browser',
    plugins: [...plugins, { name: 'maps', load: withMap }],
    // Large, and the same for Node.
    external: /inlined\.js$/,
  })
  const { output } = await build.write({
    dir,
    format: 'es',
    minify: true,
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'browser.[name]-[hash].js',
    codeSplitting: { groups: alone ? [] : [{ name: 'kafka', test: (id) => !later.test(id) }] },
  })
  await build.close()
  for (const { type, fileName, code } of output) {
    if (type !== 'chunk') continue
    // As bundlers look for it.
    const quoted = code.replace(/new URL\(`([^`]+)`,import\.meta\.url\)/g, "new URL('$1',import.meta.url)")
    await writeFile(join(dir, fileName), quoted)
  }
  const modules = output.filter(({ type }) => type === 'chunk')
  if (alone && modules.length !== 1) throw new Error(`${Object.keys(input)} has become ${modules.length} files`)
  await cp(dir, at('dist'), { recursive: true })
  await rm(dir, { recursive: true })
  return modules.map(({ code }) => code)
}

/** Only workers lead, and have transactions: in a page the WebAssembly never calls these. */
async function withoutTransactions(id) {
  if (!id.endsWith('/idb/transaction.js')) return
  const names = (await readFile(id, 'utf8')).matchAll(/^export (?:async )?function (\w+)/gm)
  // Functions, or the module would not link.
  return Array.from(names, ([, name]) => `export function ${name}() {}`).join('\n')
}

/** With the map that leads to the TypeScript. */
async function withMap(id) {
  const map = await readFile(`${id}.map`, 'utf8').catch(() => undefined)
  return map && { code: await readFile(id, 'utf8'), map: JSON.parse(map) }
}

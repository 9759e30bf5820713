// Builds the package into dist/: the WebAssembly by wasm-pack, then the TypeScript. `--dev` leaves
// out optimization.

import { spawnSync } from 'node:child_process'
import { cp, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const profile = process.argv.includes('--dev') ? ['--dev'] : ['--profile', 'wasm-release']

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

// With the tools on the path, nothing is downloaded.
const mode = has('wasm-bindgen') && has('wasm-opt') ? ['--mode', 'no-install'] : []
const out = ['--out-dir', 'js/pkg', '--out-name', 'ottla_wasm']
// Of an earlier build.
await rm(new URL('js/pkg', import.meta.url), { recursive: true, force: true })
run('wasm-pack', ['build', '.', ...profile, '--target', 'web', '--no-pack', ...out, ...mode])

await rm(new URL('dist', import.meta.url), { recursive: true, force: true })
// The declarations keep their comments, which editors show; what a page loads goes without.
run('tsc', ['--emitDeclarationOnly'])
run('tsc', ['--declaration', 'false', '--removeComments'])
for (const file of ['ottla_wasm.js', 'ottla_wasm.d.ts', 'ottla_wasm_bg.wasm', 'ottla_wasm_bg.wasm.d.ts']) {
  await cp(new URL(`js/pkg/${file}`, import.meta.url), new URL(`dist/pkg/${file}`, import.meta.url))
}
// The parts of the binding that are written in JavaScript.
await cp(new URL('js/pkg/snippets', import.meta.url), new URL('dist/pkg/snippets', import.meta.url), {
  recursive: true,
})

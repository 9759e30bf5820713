import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { markdown } from './markdown.js'

// The folder of vega-datasets' files, to which the package gives no name.
const datasets = fileURLToPath(new URL('../data/', import.meta.resolve('vega-datasets')))

/** The development server injects styles and opens a socket, which the page's own policy forbids. */
const withoutPolicyInDevelopment = {
  name: 'without-policy-in-development',
  apply: 'serve',
  transformIndexHtml: (html) => html.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/, ''),
}

export default defineConfig({
  // Works in any folder of any static host.
  base: './',
  resolve: {
    alias: [
      { find: 'vega-datasets/data/', replacement: datasets },
      // What the project says of configurations stands beside web/.
      { find: /^CONFIGURATION\.md/, replacement: fileURLToPath(new URL('../CONFIGURATION.md', import.meta.url)) },
    ],
  },
  // The package finds its worker and its WebAssembly by their place beside it.
  optimizeDeps: { exclude: ['ottla'] },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // For size.mjs.
    manifest: true,
    // The policy forbids data: as a source of scripts and workers, and wants no inlined files.
    assetsInlineLimit: 0,
  },
  plugins: [markdown, withoutPolicyInDevelopment],
})

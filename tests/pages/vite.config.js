import { resolve } from 'node:path'
import { defineConfig } from 'vite'
import { datasets } from '../lib/datasets.mjs'

const page = (name) => resolve(import.meta.dirname, `${name}.html`)

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  resolve: { alias: { 'vega-datasets/data/': datasets } },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 2000,
    rollupOptions: { input: { bench: page('bench'), smallest: page('smallest'), kill: page('kill'), package: page('package'), member: page('member'), tabs: page('tabs'), examples: page('examples') } },
  },
  worker: { format: 'es' },
})

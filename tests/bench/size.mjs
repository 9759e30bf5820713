// What a page loads that sends one message through the package.

import { extname } from 'node:path'
import { gzipSync } from 'node:zlib'
import { launch, newProfile } from '../lib/chromium.mjs'

const bar_bytes = 300_000

export async function size(server, { log }) {
  log('size')
  const profile = await newProfile()
  const browser = await launch(profile.path)
  server.served.clear()
  try {
    const page = await browser.page(`${server.url}/smallest.html`)
    await page.waitForFunction(() => document.title === 'sent')
  } finally {
    await browser.close()
    await profile.remove()
  }
  const files = [...server.served]
    .filter(([path]) => ['.js', '.wasm'].includes(extname(path)))
    .map(([path, content]) => ({
      path,
      raw_bytes: content.length,
      gzip_bytes: gzipSync(content, { level: 9 }).length,
    }))
  const total = files.reduce((sum, { gzip_bytes }) => sum + gzip_bytes, 0)
  return {
    files,
    rows: [
      {
        what: 'wasm and JavaScript that a page loads',
        ottla: `${(total / 1000).toFixed(0)} KB gzip`,
        bar: `≤ ${bar_bytes / 1000} KB`,
        met: total <= bar_bytes,
      },
    ],
  }
}

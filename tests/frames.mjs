// Measures how smoothly the built demo draws while 20,000 flights stream in: at the pace that one can
// watch, as fast as they are stored, and with the live list of messages in view.
// `npm run frames --workspace tests`. A frame is late where it takes more than one and a half sixtieths
// of a second; how many sixtieths went by without a frame is what was dropped. On a machine that has
// other things to do, frames are late for its sake. So a page on which nothing happens is measured first,
// in the same run: how many times as many frames a scene drops, and how much more its main thread is at
// work by the processor's clock, is what the page is to blame for.

import { eventually, Demo } from './lib/demo.mjs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { launch, newProfile } from './lib/chromium.mjs'
import { serve } from './lib/serve.mjs'

const frame_ms = 1000 / 60

/** What browsers call a long task. */
const LONG_MS = 50
const IDLE_MS = 5_000

const scenes = [
  { name: 'the same page, and nothing happens' },
  { name: 'overview, 4,000 flights a second', pace: 'To watch' },
  { name: 'overview, as fast as they are stored', pace: 'As fast' },
  { name: 'live messages, 4,000 flights a second', pace: 'To watch', path: '#/topics/flights/messages?from=live' },
]

const stored = async (demo) => (await demo.get('total').getAttribute('data-records')) === '20000'

const server = await serve(fileURLToPath(new URL('../web/dist/', import.meta.url)))
try {
  let idle
  for (const scene of scenes) {
    const { stored_ms, frames, tasks } = await measure(scene)
    const late = frames.filter((each) => each > 1.5 * frame_ms)
    const dropped = frames.reduce((sum, each) => sum + Math.max(0, Math.round(each / frame_ms) - 1), 0)
    const seconds = frames.reduce((sum, each) => sum + each, 0) / 1000
    const rate = frames.length / seconds
    const busy = tasks.reduce((sum, each) => sum + each, 0) / 1000 / seconds
    idle ??= { rate, busy }
    console.log(scene.name)
    console.log(
      `  ${frames.length} frames in ${seconds.toFixed(1)} s: ${rate.toFixed(1)} a second, ` +
        `${((100 * rate) / idle.rate).toFixed(0)} % of what an idle page draws; ` +
        `${dropped} dropped, ${late.length} late, the longest ${Math.max(...frames).toFixed(0)} ms` +
        (stored_ms ? `; stored in ${(stored_ms / 1000).toFixed(1)} s` : ''),
    )
    console.log(
      `  main thread: at work ${(100 * busy).toFixed(0)} % of the time, ${(busy / idle.busy).toFixed(1)} times an idle page's; ` +
        `the longest task ${Math.max(...tasks).toFixed(1)} ms, ` +
        `${tasks.filter((each) => each > frame_ms).length} longer than a frame, ` +
        `${tasks.filter((each) => each > LONG_MS).length} longer than ${LONG_MS} ms`,
    )
  }
} finally {
  await server.close()
}

async function measure({ pace, path }) {
  const profile = await newProfile()
  const browser = await launch(profile.path)
  try {
    const demo = new Demo(await browser.page())
    await demo.open(server.url)
    await demo.page.evaluate(meter)
    const begun = performance.now()
    if (pace) {
      await demo.page.getByLabel(pace).check()
      await demo.get('load-flights').click()
    }
    if (path) {
      await demo.page.locator('[data-testid=lane-0]').waitFor()
      await demo.page.evaluate((path) => location.assign(path), path)
      await demo.get('record-list').waitFor()
    }
    const tracer = browser.context.browser()
    await tracer.startTracing(demo.page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] })
    await demo.page.evaluate(() => (window.frames_ms.length = 0))
    if (!pace) await sleep(IDLE_MS)
    else if (path) await eventually(() => stored(demo), true, 'all flights are stored')
    else await demo.page.locator('[data-testid=total][data-records="20000"]').waitFor()
    const stored_ms = pace && performance.now() - begun
    const frames = await demo.page.evaluate(() => window.frames_ms)
    return { stored_ms, frames, tasks: tasksOf(JSON.parse((await tracer.stopTracing()).toString())) }
  } finally {
    await browser.close()
    await profile.remove()
  }
}

/** Runs in the page: keeps how long each frame took. */
function meter() {
  window.frames_ms = []
  let before = performance.now()
  const frame = (now) => {
    window.frames_ms.push(now - before)
    before = now
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
}

/** How long each task of the page's main thread took, by the processor's clock, in milliseconds. */
function tasksOf({ traceEvents }) {
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  )
  return traceEvents
    .filter(({ name, pid, tid, tdur }) => name === 'ThreadControllerImpl::RunTask' && tdur !== undefined && mains.has(`${pid} ${tid}`))
    .map(({ tdur }) => tdur / 1000)
}

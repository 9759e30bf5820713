// The guide's code as it is written there: the blocks of each page, in their order, make a page of a site,
// which the packed files of the package serve without a bundler.

import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { launch, newProfile } from '../lib/chromium.mjs'
import { eventually } from '../lib/demo.mjs'
import { serve } from '../lib/serve.mjs'

const timeout = 120_000
const guide = new URL('../../web/guide/', import.meta.url)
const dist = fileURLToPath(new URL('../../wasm/dist', import.meta.url))
const imports = { ottla: './ottla/browser.js', 'ottla/testing': './ottla/browser.testing.js' }

let folder
let site
let profile
let browser
/** The pages of which a test ran the code. */
const tried = new Set()
let names

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ottla-guide-'))
  await symlink(dist, join(folder, 'ottla'))
  names = (await readdir(guide)).map((file) => file.replace(/\.md$/, ''))
  for (const name of names) await writeFile(join(folder, `${name}.html`), pageOf(await readFile(new URL(`${name}.md`, guide), 'utf8')))
  site = await serve(folder)
  profile = await newProfile()
  browser = await launch(profile.path)
})
after(async () => {
  await browser?.close()
  await profile?.remove()
  await site?.close()
  if (folder) await rm(folder, { recursive: true })
})

/** A page of a site, made of the blocks of a page of the guide. What these declare is in `window.declared`. */
function pageOf(markdown) {
  const blocks = (language) =>
    [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, code]) => code).join('\n')
  const others = [...markdown.matchAll(/^```(.+)$/gm)].map(([, language]) => language)
  for (const language of others) assert.ok(['html', 'js'].includes(language), `blocks of ${language} are not run`)
  const code = blocks('js')
  const declared = [...code.matchAll(/^(?:async )?(?:function|const) (\w+)/gm)].map(([, name]) => name)
  return `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>guide</title>
<script type="importmap">${JSON.stringify({ imports })}</script>
<body>${blocks('html')}</body>
<script type="module">${code}
window.declared = { ${declared.join(', ')} }
</script></html>`
}

/** Opens a page and waits until its script has ended; fails with what it throws. */
async function open(name, prepare = async (_page) => {}) {
  tried.add(name)
  const page = await browser.page()
  const complaints = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  await prepare(page)
  const ready = async () => {
    await page.waitForFunction(() => 'declared' in window, undefined, { timeout: 60_000, polling: 20 }).catch((error) => {
      throw new Error(`${name} does not come to its end: ${complaints.join('; ') || error.message}`)
    })
  }
  await page.goto(`${site.url}/${name}.html`)
  await ready()
  return { page, complaints, reload: () => page.reload().then(ready) }
}

const sorted = (list) => [...list].sort()

test('ten minutes: a queue whose jobs are shared, and survive a closed tab', { timeout }, async () => {
  const tabs = [await open('start'), await open('start')]
  const done = async ({ page }) => (await page.locator('#done li').allInnerTexts()).map((line) => line.split(' ')[0])
  const add = async ({ page }, file) => {
    // One types into the tab that one sees.
    await page.bringToFront()
    await page.getByLabel('File to shrink').fill(file)
    await page.getByRole('button', { name: 'Add' }).click()
    // Not by frames, of which a tab in the background has few.
    await page.waitForFunction(() => document.querySelector('input').value === '', undefined, { polling: 20 })
  }
  const [first, second] = tabs
  const members = async () => {
    const { groups } = await first.page.evaluate(async () => {
      const { kafka } = window.declared
      return kafka.inspect()
    })
    return groups.find(({ groupId }) => groupId === 'shrinkers')?.members.length
  }
  await eventually(members, 2, 'members of the group')
  const files = Array.from({ length: 12 }, (_, number) => `cat-${number}.jpg`)
  for (const file of files) await add(first, file)
  const all = async () => sorted(new Set([...(await done(first)), ...(await done(second))])).join()
  await eventually(all, sorted(files).join(), 'jobs that are done')
  for (const tab of tabs) assert.ok((await done(tab)).length > 0, 'each tab does some')

  // Some more, and the tab with the broker and some of the jobs goes.
  const before = await done(second)
  for (const file of files) await add(first, `again-${file}`)
  await first.page.close()
  const missing = async () => {
    const now = new Set(await done(second))
    return files.filter((file) => !now.has(`again-${file}`)).length
  }
  // What the closed tab had done is lost with its list: only what it had left must come.
  const left = await second.page.evaluate(async () => {
    const { kafka } = window.declared
    const lag = async () => (await kafka.inspect()).groups.find(({ groupId }) => groupId === 'shrinkers').lag
    const until = Date.now() + 60_000
    while ((await lag()) > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 100))
    return lag()
  })
  assert.equal(left, 0, 'jobs that nobody did')
  assert.ok((await missing()) < files.length && (await done(second)).length > before.length)
  await add(second, 'last.jpg')
  await eventually(async () => (await done(second)).includes('last.jpg'), true, 'the last job is done')
  assert.deepEqual(second.complaints, [])
  await second.page.close()
})

test('an outbox that reaches its server in order, through failures and a reload', { timeout }, async () => {
  const arrived = []
  let failures = 3
  const server = (page) =>
    page.route('**/api/notes/*', async (route) => {
      const request = route.request()
      if (failures-- > 0) return route.fulfill({ status: 503 })
      arrived.push([request.headers()['idempotency-key'], request.url().split('/').pop(), request.postDataJSON().text])
      return route.fulfill({ status: 204 })
    })
  const { page, reload, complaints } = await open('outbox', server)
  const save = (id, text) => page.evaluate((note) => window.declared.save(note), { id, text })
  await save('a', 'one')
  await save('b', 'two')
  await reload()
  await save('a', 'three')
  const texts = () => [...new Map(arrived.map(([key, , text]) => [key, text])).values()].join()
  await eventually(texts, 'one,two,three', 'what the server has, without repetitions')
  assert.deepEqual(sorted(new Set(arrived.map(([key]) => key))), ['outbox-0-0', 'outbox-0-1', 'outbox-0-2'])

  const start = () =>
    page.evaluate(async () => {
      await window.declared.tidy()
      return (await window.declared.admin.fetchTopicOffsets('outbox'))[0].low
    })
  await eventually(start, '3', 'the first offset that is left')
  assert.deepEqual(complaints, [])
  await page.close()
})

test('an event bus: those who listen hear it, and those who come later', { timeout }, async () => {
  const tabs = [await open('event-bus'), await open('event-bus')]
  const heard = ({ page }) => page.locator('body').innerText()
  const emit = ({ page }, type, detail) => page.evaluate((event) => window.declared.emit(...event), /** @type {const} */ ([type, detail]))
  await emit(tabs[0], 'added', { article: 'lamp' })
  await emit(tabs[1], 'paid', { sum: 20 })
  tabs.push(await open('event-bus'))
  for (const tab of tabs) {
    const expected = 'added: {"article":"lamp"} paid: {"sum":20}'
    await eventually(async () => (await heard(tab)).trim().replace(/\s+/g, ' '), expected, 'what a tab has heard')
  }
  // Who has stopped hears no more; what another hears tells when it would have come.
  await tabs[0].page.evaluate(() => window.declared.stop())
  await emit(tabs[1], 'sent', {})
  for (const tab of tabs.slice(1)) {
    await eventually(async () => (await heard(tab)).includes('sent'), true, 'a tab that listens')
  }
  assert.equal((await heard(tabs[0])).includes('sent'), false)
  for (const { page, complaints } of tabs) {
    assert.deepEqual(complaints, [])
    await page.close()
  }
})

test('a queue that puts bad jobs aside, and takes them up again', { timeout }, async () => {
  const { page, complaints } = await open('work-queue')
  const send = (values) =>
    page.evaluate(
      (values) => window.declared.producer.send({ topic: 'jobs', messages: values.map((value) => ({ key: 'one', value })) }),
      values,
    )
  await send(['first', '', 'last'])
  await eventually(() => page.evaluate(() => window.declared.waiting()), 0, 'jobs that are left')
  await eventually(async () => (await page.locator('body').innerText()).split(/\s+/).join(), 'first,last', 'what is printed')
  const aside = (until) =>
    page.evaluate(async (until) => {
      const found = []
      for await (const { message } of window.declared.kafka.topic('jobs.failed').messages({ until })) {
        found.push([`${message.headers.error}`, `${message.headers.from}`.replace(/\d@/, '?@')])
      }
      return found
    }, until)
  assert.deepEqual(await aside('latest'), [['Error: nothing to print', 'jobs-?@1']])
  await page.evaluate(() => window.declared.again())
  await eventually(async () => JSON.stringify(await aside('latest')), JSON.stringify([['Error: nothing to print', 'jobs-?@3']]), 'put aside once more')
  assert.deepEqual(complaints, [])
  await page.close()
})

test('state is rebuilt from a compacted topic, and followed', { timeout }, async () => {
  const { page, complaints } = await open('replay')
  await page.evaluate(async () => {
    const { put, follow } = window.declared
    await put('lamp', 1)
    await put('desk', 2)
    void follow((view) => (window.view = [...view]))
    await put('lamp', 3)
    await put('desk', 0)
  })
  await page.waitForFunction(() => JSON.stringify(window.view) === '[["lamp",3]]', undefined, { polling: 20 })
  assert.deepEqual(await page.evaluate(async () => [...(await window.declared.rebuild())]), [['lamp', 3]])
  assert.deepEqual(complaints, [])
  await page.close()
})

test('the test double does what its page says', { timeout }, async () => {
  const { page, complaints } = await open('testing')
  const text = await readFile(new URL('testing.md', guide), 'utf8')
  const said = [...text.replace(/\s+/g, ' ').matchAll(/`(\[[^`]*\])`/g)].map(([, list]) => JSON.parse(list.replaceAll("'", '"')))
  const { results, stored } = await page.evaluate(() => {
    const { results, stored } = window.declared
    return { results, stored }
  })
  assert.deepEqual([results, stored], said)
  assert.deepEqual(complaints, [])
  await page.close()
})

test('the other pages run to their end', { timeout }, async () => {
  const { page, complaints } = await open('guarantees')
  assert.deepEqual(complaints, [])
  await page.close()
  const moved = await open('moving')
  const placed = await moved.page.evaluate(async () => {
    const { orders } = window.declared
    const shop = await orders(['idb://shop'])
    const [where] = await shop.place({ id: 'b' })
    await shop.close()
    return where.baseOffset
  })
  assert.equal(placed, '1', 'the page itself has placed one')
  assert.deepEqual(moved.complaints, [])
  await moved.page.close()
  assert.deepEqual(sorted(tried), sorted(names), 'every page is tried')
})

// Drives the demo page as a person would: by what is written on its buttons and fields.

import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { launch, newProfile } from './chromium.mjs'
import { serve } from './serve.mjs'

export const flights = 20_000

/** Much more than it takes, as the machine may be slow and have other things to do. */
const patience_ms = 60_000

/** Waits until a probe gives what is expected, and fails with what it gave last. */
export async function eventually(probe, expected, what) {
  const until = Date.now() + patience_ms
  let last
  do {
    last = await probe()
    if (last === expected) return
    await sleep(50)
  } while (Date.now() < until)
  assert.equal(last, expected, what)
}

/** Serves the built demo, for as long as the tests of a file run. */
export function served() {
  const demo = { url: '' }
  let server
  before(async () => {
    server = await serve(fileURLToPath(new URL('../../web/dist/', import.meta.url)))
    demo.url = server.url
  })
  after(() => server?.close())
  return demo
}

/**
 * Serves the built demo, and starts a browser with an empty profile, for as long as the tests of a file
 * run.
 */
export function opened() {
  const demo = served()
  let profile
  let browser
  before(async () => {
    profile = await newProfile()
    browser = await launch(profile.path)
  })
  after(async () => {
    await browser?.close()
    await profile?.remove()
  })
  return {
    get url() {
      return demo.url
    },
    /** A tab that is closed when the test is over. */
    async tab(t) {
      const page = await browser.context.newPage()
      t.after(() => page.close())
      return new Demo(page)
    },
  }
}

export class Demo {
  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.page = page
    /** What the page complained of: nothing, where all is well. */
    this.complaints = []
    page.on('pageerror', (error) => this.complaints.push(String(error)))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text())
    })
  }

  get(id) {
    return this.page.getByTestId(id)
  }

  /** Waits until the broker is open, or has failed to be. */
  async settled() {
    await this.page.locator('[data-testid=broker]:not([data-state=opening])').waitFor()
    return this.get('broker').getAttribute('data-state')
  }

  async open(url) {
    await this.page.goto(url)
    assert.equal(await this.settled(), 'open', await this.page.locator('body').innerText())
  }

  /** Goes to a screen by the navigation. */
  async to(screen) {
    await this.get('navigation').getByRole('link', { name: screen }).click()
    await this.page.getByRole('heading', { level: 1 }).waitFor()
  }

  /** Goes to a topic by the list of them, and to one of its tabs. */
  async topic(name, tab) {
    await this.to('Topics')
    await this.get(`topic-${name}`).getByRole('link').click()
    await this.get('topic-head').waitFor()
    if (tab) await this.tab(tab)
  }

  /** Goes to a tab of the topic. */
  async tab(name) {
    const link = this.page.locator('.tabs').getByRole('link', { name })
    if ((await link.getAttribute('aria-current')) !== null) return
    await link.click()
    await this.page.locator('.tabs [aria-current]', { hasText: name }).waitFor()
  }

  async reload() {
    await this.page.reload()
    assert.equal(await this.settled(), 'open')
  }

  /** Waits until the topic that is looked at holds so many records. */
  holds(records) {
    const total = this.get('total')
    return eventually(() => total.getAttribute('data-records'), String(records), 'records in the topic')
  }

  /** Of each partition its ends, and how many keys were seen in it. */
  lanes() {
    return this.page.locator('.lane').evaluateAll((lanes) =>
      lanes.map(({ dataset: { low, high, keys } }) => ({
        low: Number(low),
        high: Number(high),
        keys: Number(keys),
      })),
    )
  }

  /** The rows of the list of messages that are in view. */
  rows() {
    return this.get('record-list')
      .locator('.record-row')
      .evaluateAll((rows) =>
        rows.map((row) => ({
          partition: Number(row.dataset.testid.split('-')[1]),
          offset: Number(row.dataset.testid.split('-').at(-1)),
          time: row.querySelector('.cell-time').textContent,
          key: row.querySelector('.cell-key').textContent,
          value: row.querySelector('.cell-value').textContent,
        })),
      )
  }

  /** Waits until the list begins with an offset, and gives its rows. */
  async rowsFrom(offset) {
    const first = async () => (await this.rows())[0]?.offset
    await eventually(first, offset, 'the first offset of the list')
    return this.rows()
  }

  /** Waits until the list has so many rows, in view or not. */
  found(rows) {
    return eventually(() => this.get('record-list').getAttribute('data-rows'), String(rows), 'messages in the list')
  }

  async browse({ partition, from, offset, time, filter }) {
    await this.tab('Messages')
    const form = this.get('browse')
    if (partition !== undefined) await form.locator('[name=partition]').selectOption(String(partition))
    if (from) await form.locator('[name=from]').selectOption({ label: from })
    if (filter !== undefined) await form.locator('[name=filter]').fill(filter)
    if (offset !== undefined) await form.locator('[name=offset]').fill(String(offset))
    if (time !== undefined) await form.locator('[name=time]').fill(time)
    if ([offset, time, filter].some((each) => each !== undefined)) await this.get('show-records').click()
  }

  async load() {
    await this.to('Overview')
    await this.page.getByLabel('As fast as they are stored').check()
    await this.get('load-flights').click()
    await this.holds(flights)
    await this.get('measured').waitFor()
    await eventually(
      () => this.get('measured').getAttribute('data-stored'),
      String(flights),
      'records that were confirmed',
    )
  }

  async createTopic({ name, partitions, durability }) {
    await this.to('Topics')
    await this.get('new-topic').click()
    const dialog = this.get('new-topic-dialog')
    await dialog.getByLabel('Name').fill(name)
    await dialog.getByLabel('Partitions').fill(String(partitions))
    if (durability) await dialog.locator(`input[name=durability][value=${durability}]`).check()
    await dialog.getByRole('button', { name: 'Create topic' }).click()
    return dialog
  }

  /** Sends a record; gives where it went. */
  async send({ key, value, partition, headers = [] }) {
    await this.tab('Produce')
    const form = this.get('produce-form')
    await form.locator('[name=key]').fill(key ?? '')
    await form.getByLabel('No value: a tombstone').setChecked(value === null)
    if (value !== null) await form.locator('[name=value]').fill(value)
    await form.locator('[name=partition]').selectOption(partition === undefined ? '' : String(partition))
    for (const [at, [name, text]] of headers.entries()) {
      await this.get('add-header').click()
      await form.getByLabel(`Name of header ${at + 1}`).fill(name)
      await form.getByLabel(`Value of header ${at + 1}`).fill(text)
    }
    const before = await this.get('sent').locator('li').count()
    await this.get('send').click()
    const sent = this.get('sent').locator('li')
    await eventually(() => sent.count(), before + 1, 'records sent')
    const [place, why] = await sent.first().evaluate((item) => [item.dataset, item.textContent])
    return { partition: Number(place.partition), offset: Number(place.offset), why }
  }
}

// Drives a lesson of the demo as a person would, and reads what its stage shows.

import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { Demo, eventually } from './demo.mjs'
import { launch, newProfile } from './chromium.mjs'
import { serve } from './serve.mjs'
import { after, before } from 'node:test'

/** In the order of the site. */
export const lessons = ['delivery', 'keys', 'trucks', 'group', 'windows', 'retention', 'leader', 'tables']

const patience_ms = 60_000

const parsed = (query) => Object.fromEntries(new URLSearchParams(query))

const folder = (name) => fileURLToPath(new URL(`../../${name}/dist/`, import.meta.url))

/**
 * Serves the built demo beside the page with the package for tests, on one origin, and starts a browser,
 * for as long as the tests of a file run.
 */
export function lessonsOpened() {
  let server
  let profile
  let browser
  before(async () => {
    server = await serve([folder('web'), folder('tests')])
    profile = await newProfile()
    browser = await launch(profile.path)
  })
  after(async () => {
    await browser?.close()
    await profile?.remove()
    await server?.close()
  })
  const tab = async (t) => {
    const page = await browser.context.newPage()
    t.after(() => page.close())
    return page
  }
  return {
    async lesson(t, slug, query = '') {
      const it = new LessonPage(await tab(t), slug)
      await it.open(server.url, query)
      return it
    },
    /** A page of the same origin with the package, which asks brokers by itself. */
    async witness(t) {
      const page = await tab(t)
      await page.goto(`${server.url}/package.html`)
      await page.waitForFunction(() => 'tests' in window)
      return new Witness(page)
    },
  }
}

export class LessonPage extends Demo {
  constructor(page, slug) {
    super(page)
    this.slug = slug
    page.setDefaultTimeout(patience_ms)
  }

  get lesson() {
    return this.get('lesson')
  }

  /** Goes to the lesson, and waits until the steps that the address asks for are done. */
  async open(url, query = '') {
    await this.page.goto(`${url}/#/learn/${this.slug}?${new URLSearchParams({ pace: '8', ...parsed(query) })}`)
    await this.idle()
  }

  /** Waits until nothing is under way, with so many steps done where that is said. */
  async idle(done) {
    const at = done === undefined ? '' : `[data-done="${done}"]`
    const settled = this.page.locator(
      `[data-testid=lesson][data-lesson=${this.slug}]${at}:is([data-state=idle], [data-state=failed])`,
    )
    await settled.waitFor()
    const trouble = this.get('trouble')
    const why = (await trouble.count()) > 0 ? await trouble.first().innerText() : ''
    assert.equal(await this.lesson.getAttribute('data-state'), 'idle', why)
  }

  async done() {
    return Number(await this.lesson.getAttribute('data-done'))
  }

  /** Takes the next step, to its end. */
  async next() {
    const before = await this.done()
    await this.get('next').click()
    await this.idle(before + 1)
  }

  /** Waits until an element's data say something. */
  says(testid, name, expected, what = `${name} of ${testid}`) {
    return eventually(() => this.get(testid).getAttribute(`data-${name}`), String(expected), what)
  }

  /** The records within an element, in the order in which they are drawn. */
  tokens(testid) {
    return this.get(testid)
      .locator('.token')
      .evaluateAll((tokens) =>
        tokens.map(({ dataset: { key, partition, offset, state } }) => ({
          key,
          partition: Number(partition),
          offset: Number(offset),
          state: state ?? '',
        })),
      )
  }

  /** As text, to be compared. */
  async row(testid) {
    return (await this.tokens(testid)).map(({ key, partition, offset }) => `${key} ${partition}-${offset}`).join(', ')
  }

  broker() {
    return this.get('stage').getAttribute('data-broker')
  }
}

/** Asks a broker that a lesson uses, without the lesson. */
class Witness {
  constructor(page) {
    this.page = page
  }

  /** Where a topic's partitions begin and end, what they hold, and what a group has of them. */
  ask(broker, topic, group) {
    return this.page.evaluate(
      async ([broker, topic, group]) => {
        const { Kafka, AssignerProtocol, logLevel } = window.tests.ottla
        const kafka = new Kafka({ clientId: 'witness', brokers: [broker], logLevel: logLevel.ERROR })
        const admin = kafka.admin()
        await admin.connect()
        const ends = (await admin.fetchTopicOffsets(topic)).sort((a, b) => a.partition - b.partition)
        const records = []
        const left = new Set(ends.filter(({ low, high }) => low !== high).map(({ partition }) => partition))
        const consumer = kafka.consumer()
        await consumer.connect()
        consumer.assign([...left].map((partition) => ({ topic, partition, offset: 'earliest' })))
        await new Promise((resolve) => {
          if (left.size === 0) return resolve()
          void consumer.run({
            eachMessage: ({ partition, message: { key, value, offset } }) => {
              records.push({ partition, offset: Number(offset), key: key?.toString() ?? '', value: value?.toString() ?? null })
              if (Number(offset) + 1 >= Number(ends.find((each) => each.partition === partition).high)) left.delete(partition)
              if (left.size === 0) resolve()
            },
          })
        })
        await consumer.disconnect()
        const members = {}
        const committed = {}
        if (group) {
          const { groups } = await admin.describeGroups([group])
          for (const { clientId, memberAssignment } of groups[0].members) {
            const decoded = AssignerProtocol.MemberAssignment.decode(memberAssignment)
            members[clientId] = (decoded?.assignment[topic] ?? []).toSorted((a, b) => a - b)
          }
          const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
          for (const { partition, offset } of offsets.partitions) committed[partition] = Number(offset)
        }
        await admin.disconnect()
        // Takes no part in who leads.
        await kafka.shutdown()
        records.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
        return { ends: ends.map(({ low, high }) => ({ low: Number(low), high: Number(high) })), records, members, committed }
      },
      [broker, topic, group],
    )
  }
}

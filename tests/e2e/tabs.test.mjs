// One broker for all tabs of a site: whoever leads may be closed, crash, go into the back/forward
// cache, freeze and thaw, and the others go on.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inBrowser } from '../lib/chromium.mjs'
import { eventually } from '../lib/demo.mjs'
import { serve } from '../lib/serve.mjs'
import {
  checkStored,
  deaths,
  keepingWorkers,
  leaderOf,
  Tab,
  withoutFreezeEvent,
  withoutSharedWorker,
} from '../lib/tabs.mjs'

const timeout = 300_000
const topic = 'orders'
let server

before(async () => {
  server = await serve(fileURLToPath(new URL('../dist/', import.meta.url)))
})
after(() => server?.close())

/** Runs a test with so many tabs, the first of which leads, in a browser with a profile of its own. */
function withTabs(count, use, { before = [], url = server.url, asIs = false } = {}) {
  return inBrowser({ asIs }, async (browser) => {
    const tabs = []
    for (let at = 0; at < count; at++) {
      tabs.push(await Tab.open(browser, url, { before }))
      if (at === 0) await tabs[0].call('create', topic, 1)
      else await tabs[at].call('send', topic, `hello-${at}`)
    }
    await use(tabs, browser)
  })
}

/** Each sends as many records more. */
async function producesOn(tabs, records = 20) {
  const acknowledged = (tab) => tab.page.evaluate(() => window.tab.client.acknowledged.length)
  const goals = new Map()
  for (const tab of tabs) goals.set(tab, (await acknowledged(tab)) + records)
  for (const [tab, goal] of goals) {
    const isThere = async () => (await acknowledged(tab)) >= goal
    await eventually(isThere, true, `${records} records more are acknowledged`)
  }
}

/** What a tab connects from some time on goes this way to the leader. */
async function connectsVia(tab, via) {
  const way = async () => {
    await tab.call('send', topic, 'hello')
    return (await tab.leadership()).via
  }
  await eventually(way, via, 'the way to the leader')
}

/** A tab reads all that is stored, and what comes. */
async function follows(tab) {
  await tab.call('follow', topic)
  return {
    gets(value) {
      const isThere = () =>
        tab.page.evaluate((value) => window.tab.client.received.some((each) => each.value === value), value)
      return eventually(isThere, true, `${value} is received`)
    },
  }
}

/** Whether what a tab sends is stored, and all that was acknowledged is there once. */
async function checkAll(tabs, reader) {
  for (const tab of tabs) await tab.call('stop')
  const acknowledged = []
  const errors = []
  for (const tab of tabs) {
    acknowledged.push(...(await tab.get('acknowledged')))
    errors.push(...(await tab.get('errors')))
  }
  const stored = await reader.call('readAll', topic)
  checkStored(
    stored.filter(({ value }) => !value.startsWith('hello')),
    acknowledged,
    errors,
  )
  return { stored, acknowledged, errors }
}

test('tabs share one broker, and each knows who runs it', { timeout }, () =>
  withTabs(3, async (tabs) => {
    const [first, ...others] = await Promise.all(tabs.map((tab) => tab.leadership()))
    assert.deepEqual([first.isLeader, first.via], [true, 'worker'])
    for (const other of others) {
      assert.equal(other.leader, first.tab)
      assert.equal(other.isLeader, false)
      assert.equal(other.epoch, first.epoch)
    }
    // A first connection does not wait long for a SharedWorker that is slow to start.
    for (const tab of tabs.slice(1)) await connectsVia(tab, 'port')
    // What one stores, another gets pushed.
    const reader = await follows(tabs[1])
    await tabs[2].call('send', topic, 'pushed')
    await reader.gets('pushed')
  }),
)

for (const death of Object.keys(deaths)) {
  test(`the leader's death, by ${death}: another tab takes over`, { timeout }, () =>
    withTabs(
      3,
      async (tabs) => {
        const { leader, others } = await leaderOf(tabs)
        const { epoch } = await leader.leadership()
        for (const [at, tab] of others.entries()) await tab.call('produce', topic, `tab${at}`)
        await producesOn(others)
        await deaths[death](leader)
        for (const tab of others) {
          const known = await tab.knowsLeader((leadership) => leadership.epoch > epoch)
          assert.equal(known.epoch, epoch + 1)
        }
        await producesOn(others)
        // The SharedWorker may have gone with the tab in whose process it lived.
        const { others: followers } = await leaderOf(others)
        for (const tab of followers) await connectsVia(tab, 'port')
        const { errors } = await checkAll(others, others[0])
        assert.deepEqual(errors, [])
      },
      { before: [keepingWorkers] },
    ),
  )
}

test('a leader that shuts down hands over, and comes back as a client', { timeout }, () =>
  withTabs(2, async ([leader, other]) => {
    const { epoch } = await leader.leadership()
    await leader.page.evaluate(() => window.tab.client.kafka.shutdown())
    await other.knowsLeader(({ isLeader }) => isLeader)
    assert.equal(await leader.call('send', topic, 'as a client'), '1')
    assert.deepEqual((await leader.leadership()).epoch, epoch + 1)
  }),
)

test('a leader in the back/forward cache gives up, and comes back as a client', { timeout }, () =>
  withTabs(
    2,
    async ([leader, other]) => {
      await leader.page.evaluate(() => {
        addEventListener('pageshow', ({ persisted }) => (window.persisted = persisted))
      })
      await leader.call('produce', topic, 'back')
      await other.call('produce', topic, 'stays')
      await producesOn([leader, other])
      await leader.page.goto('about:blank')
      await other.knowsLeader(({ isLeader }) => isLeader)
      await producesOn([other])
      // Not by Playwright, which would wait for it to load; and later, as this page goes with it.
      await leader.page.evaluate(() => void setTimeout(() => history.back(), 50))
      const persisted = () => leader.page.evaluate(() => window.persisted).catch(() => undefined)
      await eventually(persisted, true, 'it was in the cache')
      await producesOn([leader])
      assert.equal((await leader.leadership()).isLeader, false)
      const { errors } = await checkAll([leader, other], other)
      assert.deepEqual(errors, [])
    },
  ),
)

/** The leader's page is frozen until another tab leads, and thaws. */
async function freezeUntilTakenOver(leader, other) {
  await leader.call('produce', topic, 'freezes')
  await other.call('produce', topic, 'stays')
  await producesOn([leader, other])
  await leader.lifecycle('frozen')
  await other.knowsLeader(({ isLeader }) => isLeader)
  await producesOn([other])
  await leader.lifecycle('active')
}

/** A tab that thawed goes on as a client, and nothing is lost or stored twice. */
async function goesOnAsClient(thawed, other) {
  await producesOn([thawed])
  const { errors } = await checkAll([thawed, other], other)
  assert.deepEqual(errors, [])
}

test('a leader that freezes gives up in time, and comes back as a client', { timeout }, () =>
  withTabs(
    2,
    async ([leader, other]) => {
      await freezeUntilTakenOver(leader, other)
      await goesOnAsClient(leader, other)
    },
    { asIs: true },
  ),
)

test('a leader frozen without a word is taken over from, and writes nothing when it thaws', { timeout }, () =>
  withTabs(
    2,
    async ([leader, other]) => {
      await freezeUntilTakenOver(leader, other)
      await leader.knowsLeader(({ isLeader }) => !isLeader)
      await goesOnAsClient(leader, other)
    },
    { before: [withoutFreezeEvent], asIs: true },
  ),
)

test('who connects while the page freezes is connected when it thaws', { timeout }, () =>
  inBrowser({ asIs: true }, async (browser) => {
    const tab = await Tab.open(browser, server.url)
    // Somebody has the leader's lock and does not lead: who connects waits.
    const other = await browser.page(`${server.url}/tabs.html`)
    await other.evaluate(
      () =>
        new Promise((held) => {
          const hold = () => new Promise((release) => held(void (window.release = release)))
          void navigator.locks.request('ottla:tabs', hold)
        }),
    )
    const waiting = () =>
      other.evaluate(async () => {
        const { pending } = await navigator.locks.query()
        return pending.some(({ name }) => name === 'ottla:tabs')
      })
    await tab.page.evaluate(() => void (window.outcomes = window.tab.client.connectAll()))
    await eventually(waiting, true, 'the tab waits for the lock')
    await tab.lifecycle('frozen')
    await eventually(waiting, false, 'the tab waits for the lock while it is frozen')
    await other.evaluate(() => window.release())
    await tab.lifecycle('active')
    const outcomes = await tab.page.evaluate(() => window.outcomes)
    assert.deepEqual(outcomes, ['connected', 'connected', 'connected'])
  }))

test('without a SharedWorker frames go over channels', { timeout }, () =>
  withTabs(
    3,
    async (tabs) => {
      const { leader, others } = await leaderOf(tabs)
      await follows(others[0])
      assert.equal((await others[0].leadership()).via, 'channel')
      for (const [at, tab] of others.entries()) await tab.call('produce', topic, `tab${at}`)
      await producesOn(others)
      await deaths.crash(leader)
      for (const tab of others) await tab.knowsLeader(({ epoch }) => epoch === 2)
      await producesOn(others)
      const { errors, acknowledged } = await checkAll(others, others[0])
      assert.deepEqual(errors, [])
      // What is acknowledged is stored, and reaches those who follow a moment later.
      const received = async () => (await others[0].get('received')).map(({ value }) => value)
      const missing = async () => {
        const there = new Set(await received())
        return acknowledged.filter(({ value }) => !there.has(value)).length
      }
      await eventually(missing, 0, 'acknowledged records that did not arrive')
      const all = await received()
      assert.equal(new Set(all).size, all.length, 'nothing is handed out twice')
    },
    { before: [withoutSharedWorker] },
  ),
)

test('a policy that forbids the SharedWorker costs nothing but speed', { timeout }, async () => {
  // Workers by their exact addresses, all but the switchboard.
  const strict = await serve(fileURLToPath(new URL('../dist/', import.meta.url)), 0, (path, content) =>
    path.includes('switchboard') ? 'throw new Error("not to be run")' : content,
  )
  try {
    await withTabs(
      2,
      async ([, other]) => {
        const reader = await follows(other)
        await connectsVia(other, 'channel')
        await reader.gets('hello')
      },
      { url: strict.url },
    )
  } finally {
    await strict.close()
  }
})

test('clients in workers: a dedicated one takes part, a shared one is a client', { timeout }, () =>
  withTabs(2, async ([leader, other]) => {
    const inWorker = (tab, shared, value) =>
      tab.page.evaluate((args) => window.tab.inWorker(...args), [shared, 'idb://tabs', topic, value])
    for (const shared of [false, true]) {
      const { error, stored, leadership } = await inWorker(other, shared, `shared ${shared}`)
      assert.equal(error, undefined)
      assert.equal(stored.at(-1).value, `shared ${shared}`)
      assert.equal(leadership.leader, (await leader.leadership()).tab)
    }
    // Alone, a shared worker finds nobody who could run the broker.
    const nobody = await leader.page.evaluate(() =>
      window.tab.inWorker(true, 'idb://nobody', 'orders', 'lost'),
    )
    assert.equal(nobody.name, 'KafkaJSLockTimeout')
    assert.match(nobody.error, /connect to it in a page/)
  }),
)

test('a page whose own timers stand still consumes and produces on', { timeout }, () =>
  withTabs(
    2,
    async ([leader, other]) => {
      const reader = await follows(other)
      await other.call('produce', topic, 'no timers')
      await producesOn([other])
      await deaths.close(leader)
      await other.knowsLeader(({ isLeader }) => isLeader)
      await producesOn([other])
      await reader.gets((await other.get('acknowledged')).at(-1).value)
    },
    {
      before: [
        () => {
          // As in a tab that was out of sight for long; workers keep their time.
          const { setTimeout } = globalThis
          globalThis.setTimeout = (callback, delay, ...args) =>
            setTimeout(callback, Math.max(delay ?? 0, 60_000), ...args)
        },
      ],
    },
  ),
)

test('no record is lost and none is stored twice, however often leaders die', { timeout }, () =>
  withTabs(
    1,
    async ([first], browser) => {
      const reader = first
      let tabs = []
      const gone = { acknowledged: [], errors: [] }
      for (let round = 0; round < 10; round++) {
        while (tabs.length < 3) {
          const tab = await Tab.open(browser, server.url, { before: [keepingWorkers] })
          await tab.call('produce', topic, `round${round}.${tabs.length}`)
          tabs.push(tab)
        }
        await producesOn(tabs, 10)
        const { leader } = await leaderOf([first, ...tabs])
        if (leader === first) {
          // The reader stays; its worker dies in its stead.
          await first.page.evaluate(() => window.tab.client.kafka.shutdown())
          continue
        }
        gone.acknowledged.push(...(await leader.get('acknowledged')))
        gone.errors.push(...(await leader.get('errors')))
        await deaths[round % 2 ? 'crash' : 'close'](leader)
        tabs = tabs.filter((tab) => tab !== leader)
        await tabs[0].knowsLeader()
      }
      for (const tab of tabs) {
        await tab.call('stop')
        gone.acknowledged.push(...(await tab.get('acknowledged')))
        gone.errors.push(...(await tab.get('errors')))
      }
      assert.deepEqual(gone.errors, [])
      const stored = await reader.call('readAll', topic)
      assert.ok(stored.length > 100, `${stored.length} records`)
      checkStored(stored, gone.acknowledged)
    },
    { before: [keepingWorkers] },
  ),
)

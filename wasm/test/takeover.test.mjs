// What tabs tell each other of takeovers, with locks, channels and a clock of the test's.

import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Participant } from '../dist/tabs/participant.js'

let now = 0
mock.method(performance, 'now', () => now)
mock.timers.enable({ apis: ['setTimeout'] })

/** Delivers to all others at once. */
const channels = new Set()
globalThis.BroadcastChannel = class {
  constructor(name) {
    this.name = name
    channels.add(this)
  }

  postMessage(data) {
    for (const other of channels) {
      if (other !== this && other.name === this.name) other.onmessage?.({ data })
    }
  }

  close() {
    channels.delete(this)
  }
}

/** Of one name after the other, as browsers grant them. */
const holders = new Map()
const queues = new Map()
/** Called when a lock is taken away, before whoever takes it has it. */
let stealing = () => {}
const locks = {
  request(name, ...rest) {
    const callback = rest.pop()
    const { steal = false, signal } = rest.pop() ?? {}
    return new Promise((resolve, reject) => {
      const wish = { callback, resolve, reject }
      const queue = queues.get(name) ?? []
      queues.set(name, queue)
      signal?.addEventListener('abort', () => {
        const at = queue.indexOf(wish)
        if (at < 0) return
        queue.splice(at, 1)
        reject(signal.reason)
      })
      if (steal) {
        stealing()
        holders.get(name)?.reject(new Error('stolen'))
        holders.delete(name)
        queue.unshift(wish)
      } else queue.push(wish)
      grant(name)
    })
  },
}
function grant(name) {
  const queue = queues.get(name)
  if (holders.has(name) || queue.length === 0) return
  const wish = queue.shift()
  holders.set(name, wish)
  const free = () => {
    if (holders.get(name) === wish) holders.delete(name)
    grant(name)
  }
  Promise.resolve()
    .then(wish.callback)
    .then(wish.resolve, wish.reject)
    .finally(free)
}
Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true })

const name = 'takeover'
let epoch = 0
const lead = async () => ({ epoch: ++epoch, since: 0, connect() {}, close() {} })

async function passes(ms) {
  for (let passed = 0; passed < ms; passed += 10) {
    now += 10
    mock.timers.tick(10)
    await setImmediate()
  }
}

/** What a tab that is none hears and says. */
function listener() {
  const channel = new BroadcastChannel(`ottla:${name}`)
  const said = []
  channel.onmessage = ({ data }) => said.push(data)
  return { said, channel }
}

test('a thief says how often leadership was stolen, and who inherits from a death says never', async () => {
  const { said, channel } = listener()
  const last = (type) => said.findLast((message) => message.type === type)
  // Holds the lock and says nothing.
  let die
  const frozen = () => new Promise((resolve) => (die = resolve))
  void locks.request(`ottla:${name}`, frozen).catch(() => {})
  const old = { type: 'leader', id: 'frozen', epoch: ++epoch, since: 0, steals: 0 }
  // It was slow: its answer comes when it is too late, and changes nothing.
  stealing = () => channel.postMessage(old)

  const tab = new Participant({ name, timeoutMs: 5_000 }, () => {}, lead)
  await tab.open()
  channel.postMessage(old)
  await passes(2_000)
  assert.equal(last('leader')?.steals, 1)
  stealing = () => {}

  // Another takes over from that one, and is silent in its turn.
  void locks.request(`ottla:${name}`, { steal: true }, frozen).catch(() => {})
  await passes(50)
  channel.postMessage({ type: 'electing', id: 'second', steals: 2 })
  channel.postMessage({ type: 'leader', id: 'second', epoch: ++epoch, since: 0, steals: 2 })
  said.length = 0
  await passes(4_000)
  assert.equal(last('electing'), undefined, 'no longer after two seconds')
  await passes(4_000)
  assert.equal(last('leader')?.steals, 3)

  // The third leads, and its lock is free one day.
  void locks.request(`ottla:${name}`, { steal: true }, frozen).catch(() => {})
  await passes(50)
  channel.postMessage({ type: 'leader', id: 'third', epoch: ++epoch, since: 0, steals: 4 })
  said.length = 0
  die()
  await passes(50)
  assert.equal(last('leader')?.steals, 0)
  tab.close()
})

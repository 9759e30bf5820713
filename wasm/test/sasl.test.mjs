// SASL, against a front to ottla-native that asks who is there. KafkaJS passes it, too: so it is right.

import assert from 'node:assert/strict'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import KafkaJS from 'kafkajs'
import * as Ottla from 'ottla'
import { scram } from '../dist/tcp/scram.js'
import { missing, startNative } from './native.mjs'

const user = { username: 'a=b,c', password: 'gehéim' }
const settings = {
  plain: { mechanism: 'plain', ...user },
  'scram-sha-256': { mechanism: 'scram-sha-256', ...user },
  'scram-sha-512': { mechanism: 'scram-sha-512', ...user },
  oauthbearer: { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: 'token', extensions: { x: 'y' } }) },
  aws: { mechanism: 'aws', authorizationIdentity: 'id', accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: 'session' },
  own: {
    mechanism: 'own',
    authenticationProvider: ({ host, port, saslAuthenticate }) => ({
      authenticate: async () => {
        const bytes = Buffer.from(`from ${host}:${port}`)
        const sized = Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes])
        const parsed = await saslAuthenticate({
          request: { encode: () => sized },
          response: { decode: (raw) => raw.subarray(4), parse: (data) => data.toString() },
        })
        assert.equal(parsed, 'welcome')
      },
    }),
  },
}

/** What a broker says to each message of a mechanism; the last answer is `done`. */
const mechanisms = {
  PLAIN: (message) => accept(message === `\0${user.username}\0${user.password}`),
  AWS: (message) => accept(message === 'id\0key\0secret\0session'),
  OAUTHBEARER: (message) => accept(message === 'n,,\x01auth=Bearer token\x01x=y\x01\x01'),
  OWN: (message) => accept(/^from 127\.0\.0\.1:\d+$/.test(message), 'welcome'),
  'SCRAM-SHA-256': scramServer('sha256', 32),
  'SCRAM-SHA-512': scramServer('sha512', 64),
}

const accept = (right, say = '') => (right ? { say, done: true } : { error: 'wrong user or password' })

function scramServer(hash, bytes) {
  const [salt, iterations] = [Buffer.from('a salt'), 4096]
  const salted = pbkdf2Sync(user.password.normalize('NFKC'), salt, iterations, bytes, hash)
  const hmac = (key, of) => createHmac(hash, key).update(of).digest()
  const stored = createHash(hash).update(hmac(salted, 'Client Key')).digest()
  return (message, state) => {
    if (!state.bare) {
      state.bare = message.slice(3)
      assert.match(message, /^n,,n=a=3Db=2Cc,r=/)
      state.first = `r=${/r=(.*)$/.exec(message)[1]}more,s=${salt.toString('base64')},i=${iterations}`
      return { say: state.first }
    }
    const [, without, proof] = /^(.*),p=(.*)$/.exec(message)
    const all = `${state.bare},${state.first},${without}`
    const signature = hmac(stored, all)
    const key = Buffer.from(proof, 'base64').map((byte, at) => byte ^ signature[at])
    if (!createHash(hash).update(key).digest().equals(stored)) return { error: 'wrong user or password' }
    return { say: `v=${hmac(hmac(salted, 'Server Key'), all).toString('base64')}`, done: true }
  }
}

const int16 = (value) => Buffer.from([value >> 8, value & 255])
const int32 = (value) => Buffer.from([value >> 24, value >> 16, value >> 8, value])
const text = (value) => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)])
const frame = (...parts) => {
  const body = Buffer.concat(parts)
  return Buffer.concat([int32(body.length), body])
}

/** Takes whole frames out of what arrives. */
function framesOf(take) {
  let held = Buffer.alloc(0)
  return (chunk) => {
    held = Buffer.concat([held, chunk])
    while (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) {
      const size = 4 + held.readInt32BE(0)
      const whole = held.subarray(4, size)
      held = held.subarray(size)
      take(whole)
    }
  }
}

/** The front. */
async function guarded(t) {
  let behind
  const server = createServer((client) => {
    const broker = connect(behind, '127.0.0.1')
    const end = () => [client, broker].map((each) => each.destroy())
    for (const socket of [client, broker]) socket.on('error', end).on('close', end)
    t.after(end)
    let [mechanism, state, known] = ['', {}, false]
    broker.on('data', framesOf((whole) => {
      if (known) return client.write(frame(whole))
      // The versions that the broker has, and those of SASL.
      const count = whole.readInt32BE(6)
      const more = [17, 0, 1, 36, 0, 0].map(int16)
      client.write(frame(whole.subarray(0, 6), int32(count + 2), whole.subarray(10), ...more))
    }))
    client.on('data', framesOf((whole) => {
      if (known) return broker.write(frame(whole))
      const [api, version, id] = [whole.readInt16BE(0), whole.readInt16BE(2), whole.subarray(4, 8)]
      const body = whole.subarray(10 + Math.max(whole.readInt16BE(8), 0))
      if (api === 18 && version > 0) return client.write(frame(id, int16(35), int32(0)))
      if (api === 18) return broker.write(frame(whole))
      if (api === 17) {
        mechanism = body.toString('utf8', 2)
        const [has, all] = [mechanism in mechanisms, Object.keys(mechanisms)]
        return client.write(frame(id, int16(has ? 0 : 33), int32(all.length), ...all.map(text)))
      }
      if (api !== 36) return end()
      const { say, error, done } = mechanisms[mechanism](body.toString('utf8', 4), state)
      if (error) return client.end(frame(id, int16(58), text(error), int32(0)))
      client.write(frame(id, int16(0), int16(-1), int32(Buffer.byteLength(say)), Buffer.from(say)))
      known = done
    }))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const at = `127.0.0.1:${server.address().port}`
  behind = (await startNative(t, { args: ['--advertise', at] })).port
  return at
}

for (const [library, { Kafka, logLevel }] of Object.entries({ KafkaJS, Ottla })) {
  test(`${library} says who it is`, { timeout: 60_000, skip: missing }, async (t) => {
    const broker = await guarded(t)
    const clientOf = (sasl, retry = { retries: 0 }) =>
      new Kafka({ clientId: 'tests', brokers: [broker], logLevel: logLevel.NOTHING, sasl, retry })
    for (const [name, sasl] of Object.entries(settings)) {
      // KafkaJS writes into it.
      const admin = clientOf({ ...sasl }).admin()
      await admin.connect()
      await admin.createTopics({ topics: [{ topic: name }] })
      assert.ok((await admin.listTopics()).includes(name))
      await admin.disconnect()
    }
    // It is told at once: trying again changes nothing.
    for (const name of ['plain', 'scram-sha-256']) {
      const admin = clientOf({ ...settings[name], password: 'other' }, { retries: 5 }).admin()
      const refused = { name: 'KafkaJSSASLAuthenticationError', message: /wrong user or password/i }
      await assert.rejects(admin.connect(), refused)
      await admin.disconnect()
    }
  })
}

test('what the broker does not take, and what is not known, is said', { timeout: 60_000, skip: missing }, async (t) => {
  const broker = await guarded(t)
  const refused = async (sasl, message) => {
    const kafka = new Ottla.Kafka({ brokers: [broker], logLevel: Ottla.logLevel.NOTHING, sasl })
    await assert.rejects(kafka.producer().connect(), { name: 'KafkaJSSASLAuthenticationError', message })
  }
  await refused({ ...settings.own, mechanism: 'gssapi' }, /GSSAPI; it takes PLAIN, AWS/)
  await refused({ mechanism: 'own' }, /OWN is not known here/)
})

/** The example of RFC 7677. */
const example = {
  client: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  server: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  proof: 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  end: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
}

/** Plays it, with answers that are perhaps others. */
function play(first = example.server, last = example.end) {
  const said = []
  const answers = [first, last]
  const exchange = async (message) => {
    said.push(message.toString())
    return Buffer.from(answers.shift())
  }
  const who = { mechanism: 'scram-sha-256', username: 'user', password: 'pencil' }
  return scram(who, exchange, 'rOprNGfwEbeRWgbNEkqO').then(() => said)
}

test('SCRAM as in RFC 7677', async () => {
  assert.deepEqual(await play(), [example.client, example.proof])
  await assert.rejects(play(example.server.replace('r=rO', 'r=xx')), /nonce/)
  await assert.rejects(play(example.server.replace('i=4096', 'i=1000')), /4096 are the least/)
  await assert.rejects(play(example.server, 'v=AAAA'), /not proved/)
  await assert.rejects(play(example.server, 'e=invalid-proof'), /invalid-proof/)
})

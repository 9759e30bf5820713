// kcat, run as a program.

import { execFile, spawnSync } from 'node:child_process'
import { check, payload, run, see, until } from '../script.mjs'

/** Runs kcat; gives what it printed, or its exit code and the names of errors in what it said. */
function kcat(bootstrap, options, input = '') {
  return new Promise((resolve) => {
    const all = ['-b', bootstrap, ...options]
    const child = execFile('kcat', all, { timeout: 20_000, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve(error ? { code: error.code, said: namesIn(`${stdout}\n${stderr}`, bootstrap) } : stdout)
    })
    child.stdin.on('error', () => undefined) // It may end before it has read.
    child.stdin.end(input)
  })
}

/** The errors among what kcat says, without times, ports and the like. */
const namesIn = (text, bootstrap) =>
  text
    .split('\n')
    .filter((line) => /error|fail/i.test(line))
    .map((line) => line.replaceAll(bootstrap, 'BROKER').replace(/^%.*?: /, ''))

const produce = (bootstrap, topic, input, ...options) =>
  kcat(bootstrap, ['-P', '-t', topic, '-X', 'topic.metadata.propagation.max.ms=1000', ...options], input)

const format = '%o|%K:%k|%S:%s\\n'
const consume = (bootstrap, topic, ...options) =>
  kcat(bootstrap, ['-C', '-e', '-q', '-t', topic, '-f', format, ...options])

/** kcat makes no topics but by asking for them. */
async function create(bootstrap, topic) {
  await until(`${topic} appears`, async () => {
    const found = await kcat(bootstrap, ['-L', '-J', '-t', topic])
    return typeof found === 'string' && JSON.parse(found).topics[0].partitions.length > 0
  })
  return topic
}

const lines = (count, size) => {
  return Array.from({ length: count }, (_, at) => `key${at}:${payload(at, size)}\n`).join('')
}

async function seeProduced(bootstrap, codec) {
  for (const acks of ['0', '1', 'all']) {
    const topic = await create(bootstrap, `kcat-${codec}-${acks}`)
    const options = ['-K:', '-X', `acks=${acks}`, '-z', codec]
    see(`acks=${acks}`, await produce(bootstrap, topic, lines(50, 300), ...options))
    see(`acks=${acks}, read`, await until('records', () => everything(bootstrap, topic, 50)))
  }
}

async function everything(bootstrap, topic, count) {
  const found = await consume(bootstrap, topic, '-o', 'beginning')
  check(typeof found === 'string', JSON.stringify(found))
  return found.trim().split('\n').length === count && found.split('\n')
}

async function dated(bootstrap, topic) {
  await create(bootstrap, topic)
  await produce(bootstrap, topic, lines(10, 50), '-K:')
  return topic
}

const { stdout } = spawnSync('kcat', ['-V'], { encoding: 'utf8' })
const [, kcatVersion, librdkafka] = stdout.match(/Version (\S+) .*librdkafka (\S+)/) ?? []
await run(`kcat ${kcatVersion}, librdkafka ${librdkafka}`, {
  'create topics': async (bootstrap) => {
    see('by asking', await create(bootstrap, 'kcat-asked'))
    see('by producing', await produce(bootstrap, 'kcat-produced', 'v\n'))
    see('read', await consume(bootstrap, 'kcat-produced', '-o', 'beginning'))
  },

  'describe topics': async (bootstrap) => {
    await create(bootstrap, 'kcat-describe')
    const { topics, controllerid } = JSON.parse(await kcat(bootstrap, ['-L', '-J', '-t', 'kcat-describe']))
    see('topics', topics)
    see('controller', controllerid)
  },

  'describe the cluster': async (bootstrap) => {
    const { brokers } = JSON.parse(await kcat(bootstrap, ['-L', '-J']))
    see('brokers', brokers.map(({ id }) => id))
  },

  'produce uncompressed, acks 0, 1, all': (bootstrap) => seeProduced(bootstrap, 'none'),
  'produce gzip, acks 0, 1, all': (bootstrap) => seeProduced(bootstrap, 'gzip'),
  'produce snappy, acks 0, 1, all': (bootstrap) => seeProduced(bootstrap, 'snappy'),
  'produce lz4, acks 0, 1, all': (bootstrap) => seeProduced(bootstrap, 'lz4'),
  'produce zstd, acks 0, 1, all': (bootstrap) => seeProduced(bootstrap, 'zstd'),

  'produce idempotently': async (bootstrap) => {
    const topic = await create(bootstrap, 'kcat-idempotent')
    const options = ['-K:', '-X', 'enable.idempotence=true', '-X', 'batch.num.messages=50']
    see('delivered', await produce(bootstrap, topic, lines(1000, 50), ...options))
    const found = await everything(bootstrap, topic, 1000)
    see('read', [found.length, found[0], found[999]])
  },

  headers: async (bootstrap) => {
    const topic = await create(bootstrap, 'kcat-headers')
    await produce(bootstrap, topic, 'with\n', '-H', 'a=1', '-H', 'a=2', '-H', 'empty=')
    await produce(bootstrap, topic, 'without\n')
    see('read', await consume(bootstrap, topic, '-o', 'beginning', '-f', '%s %h\\n'))
  },

  'null keys and values': async (bootstrap) => {
    const topic = await create(bootstrap, 'kcat-nulls')
    await produce(bootstrap, topic, 'k:\n:v\n:\nk:v\n', '-K:', '-Z')
    see('read', await consume(bootstrap, topic, '-o', 'beginning'))
  },

  'large batches': async (bootstrap) => {
    const topic = await create(bootstrap, 'kcat-large')
    see('delivered', await produce(bootstrap, topic, lines(5000, 1000), '-K:', '-X', 'linger.ms=300'))
    const found = await consume(bootstrap, topic, '-o', 'beginning', '-f', '%o %S\\n')
    see('read', found.trim().split('\n').slice(-1))
  },

  'consume from the beginning': async (bootstrap) => {
    const topic = await dated(bootstrap, 'kcat-beginning')
    see('read', await consume(bootstrap, topic, '-o', 'beginning'))
  },

  'consume from an offset': async (bootstrap) => {
    const topic = await dated(bootstrap, 'kcat-offset')
    see('from 7', await consume(bootstrap, topic, '-o', '7', '-p', '0'))
    see('last 2', await consume(bootstrap, topic, '-o', '-2', '-p', '0'))
    see('two from 3', await consume(bootstrap, topic, '-o', '3', '-p', '0', '-c', '2'))
  },

  'consume from a timestamp': async (bootstrap) => {
    const topic = await dated(bootstrap, 'kcat-dates')
    see('since long ago', await consume(bootstrap, topic, '-o', 's@1600000000000', '-p', '0'))
    see('from long ago', await consume(bootstrap, topic, '-o', 's@1600000000000', '-o', 'e@1600000000001', '-p', '0'))
  },

  'look up offsets': async (bootstrap) => {
    const topic = await dated(bootstrap, 'kcat-lookups')
    for (const at of [-1, -2, 1_600_000_000_000, 4_000_000_000_000]) {
      see(`at ${at}`, await kcat(bootstrap, ['-Q', '-t', `${topic}:0:${at}`]))
    }
    see('unknown', await kcat(bootstrap, ['-Q', '-t', 'kcat-never-made:0:-1']))
  },

  'group: commit and resume': async (bootstrap) => {
    const topic = await dated(bootstrap, 'kcat-resumed')
    const group = (count) =>
      kcat(bootstrap, ['-q', '-f', format, '-X', 'auto.offset.reset=earliest', '-c', count, '-G', topic, topic])
    see('first', await group('3'))
    see('then', await group('7'))
  },

  'error: unknown topic': async (bootstrap) => {
    const options = ['-p', '0', '-X', 'allow.auto.create.topics=false', '-X', 'topic.metadata.propagation.max.ms=1000']
    see('read', await consume(bootstrap, 'kcat-unknown', ...options))
  },

  'error: invalid topic name': async (bootstrap) => {
    see('produce', await produce(bootstrap, 'with space', 'v\n'))
  },

  'error: message too large': async (bootstrap) => {
    const topic = await create(bootstrap, 'kcat-small')
    const options = ['-X', 'message.max.bytes=3000000']
    see('too large', await produce(bootstrap, topic, `${'x'.repeat(2_000_000)}\n`, ...options))
    see('fits compressed', await produce(bootstrap, topic, `${'x'.repeat(2_000_000)}\n`, ...options, '-z', 'zstd'))
  },

  'error: offset out of range': async (bootstrap) => {
    const topic = await dated(bootstrap, 'kcat-range')
    see('beyond the end', await consume(bootstrap, topic, '-o', '50', '-p', '0', '-X', 'topic.auto.offset.reset=error'))
    see('earliest instead', await consume(bootstrap, topic, '-o', '50', '-p', '0', '-X', 'topic.auto.offset.reset=earliest'))
  },
})

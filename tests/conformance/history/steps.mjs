// What is done, from a seed: phases, each of which is a list of steps and ends with a look at
// everything. Time enters in one way only: timestamps lie before the start of the run, by days.
//
// Nothing may depend on when a broker does its upkeep. So while records come, no log is compacted
// (no ratio is larger than 1) and none expires by time; a phase then lets one of them happen, once.

import { random } from '../../lib/random.mjs'

const day_ms = 86_400_000
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
/** The smallest that Kafka takes. */
const segment_bytes = 1_048_576
const never = { 'min.cleanable.dirty.ratio': '1.0' }

/**
 * @typedef {object} Phase
 * @property {string} name
 * @property {object[]} steps
 * @property {(before: object, after: object) => string | undefined} [awaits] says what has not come
 *   about yet of what the steps must bring about sooner or later
 */

/**
 * @param {{ seed: number, rounds: number, start_ms: number }} options
 * @returns {Generator<Phase>}
 */
export function* phases({ seed, rounds, start_ms }) {
  const history = new History(random(seed), start_ms)
  yield { name: 'topics are created', steps: history.topics() }
  for (let round = 1; round <= rounds; round++) {
    const of = (name) => `${name}, round ${round}`
    yield { name: of('records come'), steps: history.records() }
    yield { name: of('topics come and go'), steps: history.comeAndGo(round) }
    yield { name: of('records are deleted'), steps: history.deleteRecords() }
    const turns = [
      () => history.compact(of('compaction'), round),
      () => history.retain(of('retention'), round),
      () => [{ name: of('how records are kept changes'), steps: history.keepOtherwise() }],
    ]
    for (const turn of history.shuffled(turns)) yield* turn()
  }
}

class History {
  /** How many partitions each topic has. */
  partitions = { deleted: 2, compacted: 2, both: 2, types: 1, brief: 1 }
  /** How far the timestamps of each partition are, before the start of the run. */
  ages = new Map()
  /** How many records each partition was given. */
  counts = new Map()

  constructor(chance, start_ms) {
    this.chance = chance
    this.start_ms = start_ms
  }

  below(bound) {
    return Math.floor(this.chance() * bound)
  }

  of(list) {
    return list[this.below(list.length)]
  }

  shuffled(list) {
    return list.map((it) => [this.chance(), it]).sort(([a], [b]) => a - b).map(([, it]) => it)
  }

  topics() {
    const base = { 'retention.ms': '-1', 'segment.bytes': String(segment_bytes) }
    const configs = {
      deleted: base,
      compacted: { ...base, ...never, 'cleanup.policy': 'compact' },
      both: { ...base, ...never, 'cleanup.policy': 'compact,delete', 'delete.retention.ms': '0' },
      types: base,
      brief: base,
    }
    return Object.entries(configs).map(([topic, configs]) => ({
      op: 'create',
      topic,
      partitions: this.partitions[topic],
      configs,
    }))
  }

  /** Some batches for every partition but those of `brief`, mixed with each other. */
  records() {
    const steps = []
    for (const topic of ['deleted', 'compacted', 'both', 'types']) {
      for (let partition = 0; partition < this.partitions[topic]; partition++) {
        // At least three segments, so that there is something to remove.
        for (let bytes = 0; bytes < 2.6 * segment_bytes; ) {
          const step = this.produce(topic, partition)
          // The rest may compress to little.
          if (step.codec === 'none') bytes += step.records.reduce((sum, [, size]) => sum + (size ?? 0), 0)
          steps.push(step)
        }
      }
    }
    return this.interleaved(steps)
  }

  /** Shuffled, with what concerns one partition in its order. */
  interleaved(steps) {
    const place = ({ topic, partition }) => `${topic}-${partition}`
    const queues = {}
    for (const step of steps) (queues[place(step)] ??= []).push(step)
    return this.shuffled(steps.map(place)).map((name) => queues[name].shift())
  }

  produce(topic, partition, count = 1 + this.below(40)) {
    const place = `${topic}-${partition}`
    const compacted = topic === 'compacted' || topic === 'both'
    const large = this.chance() < 0.7
    const records = Array.from({ length: count }, () => {
      // A key that is often replaced, one that seldom is, or none.
      const key = this.chance() < 0.5 ? `often ${this.below(8)}` : `seldom ${this.below(300)}`
      const isNull = this.chance() < (compacted ? 0.15 : 0.05)
      const size = this.chance() < 0.05 ? 0 : large ? this.below(12_000) : this.below(200)
      return [
        !compacted && this.chance() < 0.2 ? null : key,
        isNull ? null : size,
        this.below(1_000_000),
        this.timestamp(place),
      ]
    })
    this.counts.set(place, (this.counts.get(place) ?? 0) + count)
    const codec = this.chance() < 0.4 ? 'none' : this.of(codecs)
    return { op: 'produce', topic, partition, codec, idempotent: this.chance() < 0.5, records }
  }

  /** Mostly later than the last one, now and then by more than `segment.ms`, now and then earlier. */
  timestamp(place) {
    const age = this.ages.get(place) ?? 80 * day_ms
    const step = this.chance() < 0.001 ? 8 * day_ms : this.below(0.04 * day_ms)
    const next = Math.max(age - step, 2 * day_ms + this.below(day_ms))
    this.ages.set(place, next)
    return this.start_ms - next - (this.chance() < 0.1 ? this.below(5 * day_ms) : 0)
  }

  comeAndGo(round) {
    const brief = () => this.produce('brief', this.below(this.partitions.brief))
    const steps = [brief(), brief()]
    if (round % 2 === 1) {
      steps.push({ op: 'delete', topic: 'brief' })
      this.partitions.brief = 1 + this.below(3)
      const configs = { 'retention.ms': '-1', 'compression.type': this.of(['producer', 'uncompressed', 'lz4']) }
      steps.push({ op: 'create', topic: 'brief', partitions: this.partitions.brief, configs })
    }
    steps.push(brief(), brief())
    const topic = this.of(['brief', 'deleted', 'compacted', 'types'])
    steps.push({ op: 'grow', topic, partitions: ++this.partitions[topic] })
    steps.push(this.produce(topic, this.partitions[topic] - 1))
    // Refused: there are more already.
    steps.push({ op: 'grow', topic, partitions: 1 })
    return steps
  }

  deleteRecords() {
    const steps = []
    for (const topic of ['deleted', 'both', 'types']) {
      const partition = this.below(this.partitions[topic])
      const count = this.counts.get(`${topic}-${partition}`) ?? 0
      const before = this.of([-1, Math.floor(count / 8), this.below(count + 1), count + 1])
      // Of a compacted topic no more than a little: it must have something left to compact.
      const bounded = topic === 'both' ? Math.min(before, Math.floor(count / 8)) : before
      steps.push({ op: 'delete records', topic, partition, before: bounded })
    }
    // Kafka refuses it for topics that are only compacted.
    steps.push({ op: 'delete records', topic: 'compacted', partition: 0, before: 1 })
    return steps
  }

  /** Lets each compacted log be compacted once. */
  *compact(name, round) {
    const set = (configs) => ['compacted', 'both'].map((topic) => ({ op: 'alter', topic, configs }))
    const ratio = { 'min.cleanable.dirty.ratio': this.of(['0.0', '0.01', '0.1']) }
    const kept = { 'delete.retention.ms': round % 2 === 1 ? '86400000' : '0' }
    yield {
      name,
      steps: [{ op: 'alter', topic: 'compacted', configs: kept }, ...set(ratio)],
      awaits: (before, after) => {
        const whole = ['compacted', 'both'].flatMap((topic) =>
          before[topic].map(({ records }, partition) => [topic, partition, records.length]),
        )
        const same = whole.find(([topic, at, count]) => count > 100 && after[topic][at].records.length === count)
        return same && `${same[0]}-${same[1]} is compacted`
      },
    }
    yield { name: `${name}, is over`, steps: set(never) }
  }

  /** Lets segments expire, and ends it. */
  *retain(name, round) {
    const topics = ['deleted', 'both']
    const set = (configs) => topics.map((topic) => ({ op: 'alter', topic, configs }))
    // All of it now and then: then the active segment goes, too.
    const days = round % 3 === 0 ? 1 : 20 + this.below(40)
    const bySize = round % 2 === 1
    const configs = bySize
      ? { 'retention.bytes': String(segment_bytes + this.below(segment_bytes)) }
      : { 'retention.ms': String(days * day_ms) }
    yield {
      name,
      steps: set(configs),
      awaits: (before, after) => {
        if (!bySize) return undefined
        const start = (seen) => seen.deleted.map(({ offsets }) => offsets.earliest[0]).join()
        return start(before) === start(after) ? 'records of deleted expire' : undefined
      },
    }
    yield { name: `${name}, is over`, steps: set({ 'retention.bytes': null, 'retention.ms': '-1' }) }
  }

  /** How records are taken in: changed, and some more of them. */
  keepOtherwise() {
    const steps = []
    for (let turn = 0; turn < 4; turn++) {
      const configs = this.of([
        { 'message.timestamp.type': this.of(['CreateTime', 'LogAppendTime']) },
        { 'compression.type': this.of(['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd']) },
        { 'max.message.bytes': this.of(['1000', '20000', '1048588']) },
      ])
      steps.push({ op: 'alter', topic: 'types', configs })
      // One record: a client cuts a batch of several that is too large.
      steps.push(this.produce('types', 0, 1), this.produce('types', 0, 1))
      if (!configs['max.message.bytes']) steps.push(this.produce('types', 0, 3))
    }
    steps.push({ op: 'alter', topic: 'types', configs: { 'max.message.bytes': null, 'message.timestamp.type': 'CreateTime' } })
    steps.push(this.produce('types', 0))
    return steps
  }
}

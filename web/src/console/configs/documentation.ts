/** What each configuration does, from the document that the broker's own definitions are tested against. */

import text from 'CONFIGURATION.md?raw'

export interface Documentation {
  /** Kafka's default, or ours. */
  standard: string
  /** What it can be set to. */
  values: string
  about: string
  /** Whether it does something here. */
  hasEffect: boolean
}

function table(name: string): Map<string, Documentation> {
  const [, lines = ''] = new RegExp(`<!-- begin ${name} -->\n(.*?)<!-- end`, 's').exec(text) ?? []
  const rows = lines.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
  return new Map(
    rows.flatMap(([, code = '', standard = '', values = '', ...rest]) => {
      const key = /^`(.+)`$/.exec(code)?.[1]
      if (!key) return []
      const [effect = '', about = ''] = name === 'topics' ? rest : ['honoured', rest[0]]
      return [[key, { standard, values, about: about.replaceAll('`', ''), hasEffect: effect !== 'none' }] as const]
    }),
  )
}

/** The broker's names for what a topic can set for itself, where they are not `log.` and the topic's. */
const named: Record<string, string> = {
  'log.cleaner.delete.retention.ms': 'delete.retention.ms',
  'log.cleaner.max.compaction.lag.ms': 'max.compaction.lag.ms',
  'log.cleaner.min.cleanable.ratio': 'min.cleanable.dirty.ratio',
  'log.cleaner.min.compaction.lag.ms': 'min.compaction.lag.ms',
  'log.flush.interval.messages': 'flush.messages',
  'log.flush.interval.ms': 'flush.ms',
  'log.index.size.max.bytes': 'segment.index.bytes',
  'log.roll.jitter.ms': 'segment.jitter.ms',
  'log.roll.ms': 'segment.ms',
  'log.segment.delete.delay.ms': 'file.delete.delay.ms',
  'message.max.bytes': 'max.message.bytes',
}

const topics = table('topics')
const brokers = table('broker')

export const ofTopics = (name: string): Documentation | undefined => topics.get(name)

/** What is about topics is told with them, whatever it is called for the broker. */
export const ofBroker = (name: string): Documentation | undefined =>
  brokers.get(name) ?? topics.get(named[name] ?? name.replace(/^log\./, ''))

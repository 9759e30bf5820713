// DescribeLogDirs: the sizes of partitions, and how much room is left (KIP-113, KIP-827).

import type { LogDirDescription } from '../admin/types.js'
import { KafkaJSProtocolError } from '../errors.js'
import { Writer } from '../fields.js'
import type { Wire } from './wire.js'

const DESCRIBE_LOG_DIRS = 35
const VERSION = 4

export async function describeLogDirs(wire: Wire): Promise<LogDirDescription[]> {
  // All topics, and no tagged fields.
  const asked = new Writer().i8(0).i8(0)
  const from = await wire.request(DESCRIBE_LOG_DIRS, VERSION, asked, true)
  from.i32()
  const error = from.i16()
  const described = from.compactList(() => {
    const errorCode = from.i16()
    const logDir = from.compactString()
    const topics = from.compactList(() => {
      const topic = from.compactString()
      const partitions = from.compactList(() => {
        const partition = { partition: from.i32(), size: from.i64(), offsetLag: from.i64() }
        const isFuture = from.i8() !== 0
        from.tags()
        return { ...partition, isFuture }
      })
      from.tags()
      return { topic, partitions }
    })
    const bytes = () => {
      const known = from.i64()
      return known < 0 ? undefined : known
    }
    const [totalBytes, usableBytes] = [bytes(), bytes()]
    from.tags()
    return { errorCode, logDir, topics, totalBytes, usableBytes }
  })
  const code = error || (described.find(({ errorCode }) => errorCode !== 0)?.errorCode ?? 0)
  if (code !== 0) {
    const message = `The broker does not tell the sizes of its logs: error ${code}`
    throw new KafkaJSProtocolError({ message, type: 'UNKNOWN_SERVER_ERROR', code })
  }
  return described.map(({ errorCode: _, ...dir }) => dir)
}

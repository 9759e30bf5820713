// What members of a group tell each other, as Kafka's consumers encode it.

import { Bytes } from './bytes.js'
import { KafkaJSNonRetriableError } from './errors.js'
import { Reader, Writer } from './fields.js'

/** What a member subscribes to. */
export interface MemberMetadata {
  version: number
  topics: string[]
  userData: Uint8Array
}

/** What a member has. */
export interface MemberAssignment {
  version: number
  /** Partitions by topic. */
  assignment: Record<string, number[]>
  userData: Uint8Array
}

type Optional<T> = Omit<T, 'userData'> & { userData?: Uint8Array }

/** Reads what a member wrote. */
function read(bytes: Uint8Array): Reader {
  const message = 'The bytes of a member end too early: no consumer has written them.'
  return new Reader(bytes, () => new KafkaJSNonRetriableError(message))
}

const text = (reader: Reader): string => reader.string() ?? ''
const data = (reader: Reader): Uint8Array => Bytes.from(reader.blob()) as Bytes

/** Reads and writes the bytes of `describeGroup` and `describeGroups`, under KafkaJS's names. */
export const AssignerProtocol = {
  MemberMetadata: {
    encode({ version, topics, userData = new Uint8Array(0) }: Optional<MemberMetadata>): Uint8Array {
      const writer = new Writer().i16(version)
      return writer.list(topics, (topic) => writer.string(topic)).blob(userData).bytes.slice()
    },
    decode(bytes: Uint8Array): MemberMetadata | null {
      if (bytes.length < 2) return null
      const reader = read(bytes)
      return {
        version: reader.i16(),
        topics: reader.list(() => text(reader)),
        userData: data(reader),
      }
    },
  },
  MemberAssignment: {
    encode({ version, assignment, userData = new Uint8Array(0) }: Optional<MemberAssignment>): Uint8Array {
      const writer = new Writer().i16(version)
      writer.list(Object.entries(assignment), ([topic, partitions]) => {
        writer.string(topic).list(partitions, (partition) => writer.i32(partition))
      })
      return writer.blob(userData).bytes.slice()
    },
    /** Null for a member that has been assigned nothing yet. */
    decode(bytes: Uint8Array): MemberAssignment | null {
      if (bytes.length < 2) return null
      const reader = read(bytes)
      const version = reader.i16()
      const topics = reader.list(() => [text(reader), reader.list(() => reader.i32())] as const)
      return { version, assignment: Object.fromEntries(topics), userData: data(reader) }
    },
  },
}

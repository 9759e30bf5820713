/** Groups: who their members are, what these have, and how far each partition is. */

import { signal } from '@preact/signals'
import { AssignerProtocol, type MemberDescription } from 'ottla'
import { broker, connection } from './connection'
import { explain, type Problem } from './problem'
import { type Ends, fetchEnds } from './topics'

/** A member of a group. */
export interface Member {
  id: string
  clientId: string
  /** Its tab. */
  host: string
  /** What it wants to read. */
  topics: string[]
  /** What it has, by topic. */
  assignment: ReadonlyMap<string, readonly number[]>
}

/** How far a group is in a partition. */
export interface Progress extends Ends {
  topic: string
  /** Whose it is; undefined while it is nobody's. */
  member: string | undefined
  /** The next offset that the group would read; undefined where it has committed none. */
  committed: number | undefined
  /** How many records are still to be read. */
  lag: number
}

export interface Group {
  id: string
  state: string
  /** The assignor. */
  protocol: string
  members: Member[]
  /** By topic and partition. */
  progress: Progress[]
}

const ASK_EVERY_MS = 400

/** All groups by name; undefined until they are known. */
export const groups = signal<Group[] | undefined>(undefined)
/** Why the groups are not known. */
export const unknown = signal<Problem | undefined>(undefined)

export const lagOf = (progress: readonly Progress[]): number => progress.reduce((sum, { lag }) => sum + lag, 0)

export const topicsOf = ({ progress }: Group): string[] => [...new Set(progress.map(({ topic }) => topic))]

/** What of a group is about a topic; undefined where it does not read it. */
export function within(group: Group, topic: string): Group | undefined {
  const progress = group.progress.filter((each) => each.topic === topic)
  return progress.length === 0 ? undefined : { ...group, progress }
}

const { MemberAssignment, MemberMetadata } = AssignerProtocol

function member(description: MemberDescription): Member {
  const { memberId, clientId, clientHost, memberAssignment, memberMetadata } = description
  const assignment = Object.entries(MemberAssignment.decode(memberAssignment)?.assignment ?? {})
  return {
    id: memberId,
    clientId,
    host: clientHost,
    topics: MemberMetadata.decode(memberMetadata)?.topics ?? [],
    assignment: new Map(assignment.map(([topic, partitions]) => [topic, [...partitions].sort((a, b) => a - b)])),
  }
}

type EndsOf = (topic: string) => Promise<Ends[]>

async function read(): Promise<Group[]> {
  const { admin } = broker()
  const { groups: listed } = await admin.listGroups()
  const names = listed.map(({ groupId }) => groupId).sort()
  const { groups: described } = await admin.describeGroups(names)
  const ends = new Map<string, Promise<Ends[]>>()
  const endsOf: EndsOf = (topic) => {
    // A topic that is gone has no partitions any more.
    const found = ends.get(topic) ?? fetchEnds(topic).catch(() => [])
    ends.set(topic, found)
    return found
  }
  return Promise.all(
    described.map(async ({ groupId: id, state, protocol, members }): Promise<Group> => {
      const those = members.map(member).sort((a, b) => (a.id < b.id ? -1 : 1))
      return { id, state, protocol, members: those, progress: await progressOf(id, those, endsOf) }
    }),
  )
}

async function progressOf(groupId: string, members: Member[], endsOf: EndsOf): Promise<Progress[]> {
  const committed = await broker().admin.fetchOffsets({ groupId })
  const topics = new Set([...committed.map(({ topic }) => topic), ...members.flatMap(({ topics }) => topics)])
  const found = await Promise.all(
    [...topics].sort().map(async (topic) => {
      const offsets = committed.find((each) => each.topic === topic)?.partitions ?? []
      return (await endsOf(topic)).map((ends): Progress => {
        const { partition, low, high } = ends
        const at = Number(offsets.find((each) => each.partition === partition)?.offset ?? -1)
        return {
          ...ends,
          topic,
          member: members.find(({ assignment }) => assignment.get(topic)?.includes(partition))?.id,
          committed: at < 0 ? undefined : at,
          lag: high - Math.min(high, Math.max(low, at)),
        }
      })
    }),
  )
  return found.flat()
}

/** Follows the groups, until the function that is returned is called. */
export function watchGroups(): () => void {
  let stopped = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const ask = async () => {
    try {
      if (connection.peek().state === 'open' && !document.hidden) {
        const found = await read()
        if (stopped) return
        groups.value = found
        unknown.value = undefined
      }
    } catch (error) {
      if (stopped) return
      unknown.value = explain(error)
    }
    timer = setTimeout(ask, ASK_EVERY_MS)
  }
  void ask()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

/** Deletes a group without members, and what it has committed. */
export async function deleteGroup(group: string): Promise<void> {
  await broker().admin.deleteGroups([group])
  groups.value = groups.value?.filter(({ id }) => id !== group)
}

/** Where a group is to go on. */
export interface Target {
  partition: number
  offset: number
}

/** Of each partition of a topic, the first offset at or after a time. */
export async function offsetsAt(topic: string, timestamp_ms: number): Promise<Target[]> {
  const found = await broker().admin.fetchTopicOffsetsByTimestamp(topic, timestamp_ms)
  return found.map(({ partition, offset }) => ({ partition, offset: Number(offset) }))
}

/** Lets a group without members go on elsewhere. */
export async function setOffsets(groupId: string, topic: string, targets: readonly Target[]): Promise<void> {
  const partitions = targets.map(({ partition, offset }) => ({ partition, offset: String(offset) }))
  await broker().admin.setOffsets({ groupId, topic, partitions })
}

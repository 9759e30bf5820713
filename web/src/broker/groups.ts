/** The groups that read the topic which is looked at, as the broker tells of them. */

import { signal } from '@preact/signals'
import { AssignerProtocol, type MemberDescription } from 'ottla'
import { broker } from './connection'
import { explain, type Problem } from './problem'
import { fetchEnds } from './topics'

/** A member of a group. */
export interface Member {
  id: string
  clientId: string
  /** Its tab. */
  host: string
  /** Which of the topic's partitions it has. */
  partitions: number[]
}

/** How far a group is in a partition. */
export interface Progress {
  partition: number
  /** Whose it is; undefined while it is nobody's. */
  member: string | undefined
  /** The next offset that the group would read; undefined where it has committed none. */
  committed: number | undefined
  high: number
  /** How many records are still to be read. */
  lag: number
}

export interface Group {
  id: string
  state: string
  /** The assignor. */
  protocol: string
  members: Member[]
  progress: Progress[]
}

const ASK_EVERY_MS = 400

export const groups = signal<Group[]>([])
/** Why the groups are not known. */
export const unknown = signal<Problem | undefined>(undefined)

const { MemberAssignment, MemberMetadata } = AssignerProtocol

function member(topic: string, description: MemberDescription): Member {
  const { memberId, clientId, clientHost, memberAssignment } = description
  const partitions = MemberAssignment.decode(memberAssignment)?.assignment[topic] ?? []
  return { id: memberId, clientId, host: clientHost, partitions: [...partitions].sort((a, b) => a - b) }
}

async function read(topic: string): Promise<Group[]> {
  const { admin } = broker()
  const { groups: listed } = await admin.listGroups()
  const names = listed.map(({ groupId }) => groupId).sort()
  const [{ groups: described }, ends] = await Promise.all([admin.describeGroups(names), fetchEnds(topic)])
  const found = await Promise.all(
    described.map(async ({ groupId, state, protocol, members: all }): Promise<Group | undefined> => {
      const offsets = await admin.fetchOffsets({ groupId, topics: [topic] })
      const committed = new Map(
        offsets[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
      )
      const wants = ({ memberMetadata }: MemberDescription) =>
        MemberMetadata.decode(memberMetadata)?.topics.includes(topic)
      const readsIt = all.some(wants) || [...committed.values()].some((offset) => offset >= 0)
      if (!readsIt) return undefined
      const members = all.map((each) => member(topic, each)).sort((a, b) => (a.id < b.id ? -1 : 1))
      const progress = ends.map(({ partition, low, high }): Progress => {
        const at = committed.get(partition) ?? -1
        const owner = members.find(({ partitions }) => partitions.includes(partition))
        return {
          partition,
          member: owner?.id,
          committed: at < 0 ? undefined : at,
          high,
          lag: high - Math.min(high, Math.max(low, at)),
        }
      })
      return { id: groupId, state, protocol, members, progress }
    }),
  )
  return found.filter((group) => group !== undefined)
}

/** Follows the groups of a topic, until the function that is returned is called. */
export function watchGroups(topic: string): () => void {
  let stopped = false
  let timer: ReturnType<typeof setTimeout> | undefined
  groups.value = []
  unknown.value = undefined
  const ask = async () => {
    try {
      const found = await read(topic)
      if (stopped) return
      groups.value = found
      unknown.value = undefined
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

/** Forgets a group without members, and what it has committed. */
export async function forget(group: string): Promise<void> {
  await broker().admin.deleteGroups([group])
  groups.value = groups.value.filter(({ id }) => id !== group)
}

/** Lets a group without members begin anew. */
export async function rewind(group: string, topic: string): Promise<void> {
  await broker().admin.resetOffsets({ groupId: group, topic, earliest: true })
}

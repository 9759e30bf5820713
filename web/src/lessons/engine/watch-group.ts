/** What the broker tells of a group, again and again. */

import { type Signal, signal } from '@preact/signals'
import { AssignerProtocol } from 'ottla'
import type { LessonBroker } from './broker'

export interface GroupPartition {
  partition: number
  /** The client id of the member that has it. */
  owner: string | undefined
  /** The next offset that the group would read; undefined where it has committed none. */
  committed: number | undefined
  high: number
  lag: number
}

export interface GroupMember {
  clientId: string
  /** Its tab, or its worker. */
  host: string
  partitions: readonly number[]
}

export interface GroupView {
  state: string
  members: readonly GroupMember[]
  partitions: readonly GroupPartition[]
}

const ASK_EVERY_MS = 150
const nothing: GroupView = { state: 'Dead', members: [], partitions: [] }

export class GroupWatch {
  readonly view: Signal<GroupView> = signal(nothing)
  readonly #broker: LessonBroker
  readonly #topic: string
  readonly #group: string
  #timer: ReturnType<typeof setTimeout> | undefined
  #stopped = false

  constructor(broker: LessonBroker, topic: string, group: string) {
    this.#broker = broker
    this.#topic = topic
    this.#group = group
    void this.#ask()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async #ask(): Promise<void> {
    try {
      const view = await this.#read()
      if (this.#stopped) return
      if (JSON.stringify(view) !== JSON.stringify(this.view.peek())) this.view.value = view
    } catch {
      // As while another tab takes over: the next answer will tell.
    }
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#ask(), ASK_EVERY_MS)
  }

  async #read(): Promise<GroupView> {
    const { admin } = this.#broker
    const [{ groups }, ends, offsets] = await Promise.all([
      admin.describeGroups([this.#group]),
      admin.fetchTopicOffsets(this.#topic),
      admin.fetchOffsets({ groupId: this.#group, topics: [this.#topic] }),
    ])
    const [group] = groups
    const members = (group?.members ?? []).map(({ clientId, clientHost, memberAssignment }): GroupMember => {
      const decoded = AssignerProtocol.MemberAssignment.decode(memberAssignment)
      const partitions = [...(decoded?.assignment[this.#topic] ?? [])].sort((a, b) => a - b)
      return { clientId, host: clientHost, partitions }
    })
    const committed = new Map(offsets[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
    return {
      state: group?.state ?? 'Dead',
      members: members.sort((a, b) => (a.clientId < b.clientId ? -1 : 1)),
      partitions: ends
        .map(({ partition, low, high }): GroupPartition => {
          const at = committed.get(partition) ?? -1
          return {
            partition,
            owner: members.find(({ partitions }) => partitions.includes(partition))?.clientId,
            committed: at < 0 ? undefined : at,
            high: Number(high),
            lag: Number(high) - Math.max(Number(low), at),
          }
        })
        .sort((a, b) => a.partition - b.partition),
    }
  }
}

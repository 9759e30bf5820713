/** A member of a group that lives in a worker, as the page sees it. */

import { signal } from '@preact/signals'
import type { Stored } from './broker'
import type { Clock } from './clock'
import type { FromMember, MemberOptions, ToMember } from './member-messages'

export type MemberState = 'starting' | 'member' | 'stopping' | 'frozen' | 'gone'

export class Member {
  readonly name: string
  readonly state = signal<MemberState>('starting')
  /** What it was given, in the order in which it came. */
  readonly seen = signal<readonly Stored[]>([])
  readonly #worker: Worker
  readonly #unfollow: () => void
  #waiting: { type: FromMember['type']; resolve: () => void; reject: (error: Error) => void }[] = []

  private constructor(name: string, clock: Clock) {
    this.name = name
    this.#worker = new Worker(new URL('./member.worker.ts', import.meta.url), { type: 'module', name })
    this.#worker.onmessage = ({ data }: MessageEvent<FromMember>) => this.#hear(data)
    this.#worker.onerror = ({ message }) => this.#hear({ type: 'failed', message })
    this.#unfollow = clock.lead((order) => this.#tell({ type: 'order', order }))
  }

  /** Resolves when it is a member of its group. */
  static async start(name: string, clock: Clock, options: MemberOptions, known: (member: Member) => void): Promise<void> {
    const member = new Member(name, clock)
    known(member)
    const joined = member.#wait('joined')
    member.#tell({ type: 'start', options })
    await joined
    member.state.value = 'member'
  }

  /** Lets it end what it is at, commit, and leave. */
  async stop(): Promise<void> {
    this.state.value = 'stopping'
    const stopped = this.#wait('stopped')
    this.#tell({ type: 'stop' })
    await stopped
    this.kill()
  }

  /** Stops it in the middle of its work, where something done is not committed. */
  async freeze(): Promise<void> {
    const frozen = this.#wait('frozen')
    this.#tell({ type: 'freeze' })
    await frozen
    this.state.value = 'frozen'
  }

  /** Ends it as a process is killed: it can say nothing to anybody. */
  kill(): void {
    this.#worker.terminate()
    this.#unfollow()
    this.state.value = 'gone'
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`Member ${this.name} is gone.`))
  }

  #tell(message: ToMember): void {
    this.#worker.postMessage(message)
  }

  #wait(type: FromMember['type']): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.push({ type, resolve, reject }))
  }

  #hear(message: FromMember): void {
    if (message.type === 'given') {
      this.seen.value = [...this.seen.value, message.record]
      return
    }
    const waiting = this.#waiting
    this.#waiting = []
    for (const each of waiting) {
      if (message.type === 'failed') each.reject(new Error(message.message))
      else if (each.type === message.type) each.resolve()
      else this.#waiting.push(each)
    }
  }
}

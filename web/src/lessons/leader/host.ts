/** A worker that stands for a tab, as the page sees it. */

import { signal } from '@preact/signals'
import type { FromHost, ToHost } from './messages'

export class Host {
  readonly name: string
  readonly tab = signal<string | undefined>(undefined)
  readonly state = signal<'here' | 'left' | 'killed'>('here')
  readonly #worker: Worker
  readonly #started: Promise<void>
  #left: () => void = () => {}

  constructor(name: string, address: string) {
    this.name = name
    this.#worker = new Worker(new URL('./host.worker.ts', import.meta.url), { type: 'module', name })
    this.#started = new Promise((resolve, reject) => {
      this.#worker.onerror = ({ message }) => reject(new Error(message))
      this.#worker.onmessage = ({ data }: MessageEvent<FromHost>) => {
        if (data.type === 'tab') this.tab.value = data.tab ?? this.tab.value
        else if (data.type === 'started') resolve()
        else if (data.type === 'left') this.#left()
        else reject(new Error(data.message))
      }
    })
    this.#tell({ type: 'start', address })
  }

  started(): Promise<void> {
    return this.#started
  }

  /** Ends it in the middle of whatever it does, the broker included. */
  kill(): void {
    this.#worker.terminate()
    if (this.state.peek() === 'here') this.state.value = 'killed'
  }

  /** Lets it leave: it ends its broker in good order, and another takes over. */
  async leave(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#left = resolve
      this.#tell({ type: 'leave' })
    })
    this.state.value = 'left'
    this.kill()
  }

  #tell(message: ToHost): void {
    this.#worker.postMessage(message)
  }
}

import type { Alarm, Endpoint, EndpointOptions, Link } from './endpoint.js'
import { randomSeed, startModule } from './module.js'
import { BrokerHost } from './pkg/ottla_wasm.js'

/** A broker in this page or process, over memory. Its data goes with it. */
export class MemoryEndpoint implements Endpoint {
  readonly #options: EndpointOptions
  #host: Promise<BrokerHost> | undefined

  constructor(options: EndpointOptions) {
    this.#options = options
  }

  async ready(): Promise<void> {
    await this.connect()
  }

  release(): void {}

  alarm(ring: () => void): Alarm {
    let timer: ReturnType<typeof setTimeout> | undefined
    return (delayMs) => {
      clearTimeout(timer)
      if (delayMs !== undefined) timer = setTimeout(ring, delayMs)
    }
  }

  leadership(): undefined {}

  onLeadership(): () => void {
    return () => {}
  }

  async connect(): Promise<Link> {
    this.#host ??= this.#start()
    try {
      return { host: await this.#host }
    } catch (error) {
      this.#host = undefined
      throw error
    }
  }

  async shutdown(): Promise<void> {
    const host = this.#host
    this.#host = undefined
    ;(await host)?.close()
  }

  async #start(): Promise<BrokerHost> {
    await startModule()
    const { logger } = this.#options
    let timer: ReturnType<typeof setTimeout> | undefined
    const host = await BrokerHost.openMemory(randomSeed(), {
      schedule: (delayMs: number) => {
        clearTimeout(timer)
        timer = setTimeout(() => host.tick(), delayMs)
        // In Node, a broker alone keeps no process alive.
        ;(timer as { unref?: () => void }).unref?.()
      },
      log: (level: number, message: string) => {
        if (level === 0) logger.info(message)
        else if (level === 1) logger.warn(message)
        else logger.error(message)
      },
      failed: (message: string) => logger.error(message),
      fenced: () => {},
      stored: () => {},
    })
    return host
  }
}

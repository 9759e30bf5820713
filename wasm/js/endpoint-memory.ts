import type { Alarm, Endpoint, EndpointOptions, Link } from './endpoint.js'
import { randomSeed, startModule } from './module.js'
import { BrokerHost } from './pkg/ottla_wasm.js'
import { timer } from './timer.js'

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
    return timer(ring)
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
    const host = await BrokerHost.openMemory(randomSeed(), {
      // A broker alone keeps no process alive.
      schedule: timer(() => host.tick(), true),
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

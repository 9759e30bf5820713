// Requests of Kafka's protocol, written by hand: for what is asked seldom, and not worth its place in
// the WebAssembly that each page loads. See https://kafka.apache.org/protocol.

import type { Endpoint, Port } from '../endpoint.js'
import { KafkaJSConnectionError } from '../errors.js'
import { Reader, Writer } from '../fields.js'

/** A connection to a broker, for one request at a time. */
export class Wire {
  readonly #endpoint: Endpoint
  #port: Port | undefined
  #forget: () => void = () => {}
  #waiting: { resolve: (response: Reader) => void; reject: (error: Error) => void } | undefined
  #correlation = 0

  private constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  static async open(endpoint: Endpoint): Promise<Wire> {
    await endpoint.ready()
    return new Wire(endpoint)
  }

  /** Sends a request and waits for its response, without the headers of both. */
  async request(api: number, version: number, body: Writer, flexible = false): Promise<Reader> {
    this.#port ??= await this.#connect()
    const port = this.#port
    const header = new Writer().i16(api).i16(version).i32(++this.#correlation).string('ottla')
    if (flexible) header.i8(0)
    const frame = header.raw(body.bytes).bytes.slice().buffer
    const response = await new Promise<Reader>((resolve, reject) => {
      this.#waiting = { resolve, reject }
      port.postMessage(frame, [frame])
    })
    response.i32()
    if (flexible) response.tags()
    return response
  }

  close(): void {
    this.#lost('it was closed')
    this.#endpoint.release()
  }

  async #connect(): Promise<Port> {
    const [first = { host: '', port: 0 }] = this.#endpoint.brokers ?? []
    const link = await this.#endpoint.connect((reason) => this.#lost(reason), first)
    let port: Port
    if ('host' in link) {
      const channel = new MessageChannel()
      link.host.connect(channel.port2, 'local')
      port = channel.port1
    } else {
      port = link.port
      this.#forget = link.forget
    }
    port.onmessage = ({ data }: MessageEvent<ArrayBuffer | null>) => {
      if (!(data instanceof ArrayBuffer)) return this.#lost('the broker has ended it')
      const waiting = this.#waiting
      this.#waiting = undefined
      waiting?.resolve(new Reader(new Uint8Array(data)))
    }
    return port
  }

  #lost(reason: string): void {
    this.#forget()
    this.#forget = () => {}
    this.#port?.postMessage(null)
    this.#port?.close()
    this.#port = undefined
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(new KafkaJSConnectionError(`the connection to the broker is lost: ${reason}`))
  }
}

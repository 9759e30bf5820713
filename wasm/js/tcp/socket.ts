import { connect as connectPlain, isIP, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { Broker } from '../address.js'
import type { Link, Port } from '../endpoint.js'
import { KafkaJSConnectionError } from '../errors.js'
import type { TlsOptions } from '../types.js'
import { Frames } from './frames.js'
import type { SaslSettings } from './sasl.js'

/** How a connection is made. */
export interface SocketOptions {
  /** How long it may take to stand, with its handshake of TLS. */
  timeoutMs: number
  tls: TlsOptions | undefined
  /** Who the client is, where the broker is to know. */
  sasl: SaslSettings | undefined
  /** Called once when the connection, which stood, has ended, unless this side has ended it. */
  lost(reason: string): void
}

/** Connects to a broker. Rejects with `KafkaJSConnectionError`, or where SASL says no, with its error. */
export async function openSocket(broker: Broker, { timeoutMs, tls, sasl, lost }: SocketOptions): Promise<Link> {
  const name = `${broker.host}:${broker.port}`
  const authenticate = sasl && (await import('./sasl.js')).authenticate
  const socket = tls ? await openTls(broker, tls) : connectPlain(broker)
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error & { code?: string }) => {
      clearTimeout(timer)
      socket.destroy()
      const { code } = error
      // Node tries all addresses of a name, and says in the end no more than that.
      const why = error.message || code || 'no address of it answers'
      reject(new KafkaJSConnectionError(`Connection to ${name} failed: ${why}`, { broker: name, code, cause: error }))
    }
    const timer = setTimeout(() => fail(new Error(`it did not stand within ${timeoutMs} ms`)), timeoutMs)
    socket.once('error', fail)
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      // Where nobody listens at a port of this very host that is free for outgoing connections, TCP may
      // connect a socket with itself; it would then hold the port against the broker that is to come back.
      if (socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress) {
        return fail(Object.assign(new Error('nobody listens there (ECONNREFUSED)'), { code: 'ECONNREFUSED' }))
      }
      clearTimeout(timer)
      socket.off('error', fail)
      resolve()
    })
  })
  await authenticate?.(socket, broker, sasl as SaslSettings).catch((error: Error) => {
    socket.on('error', () => {}).destroy()
    throw error
  })
  const port = new SocketPort(socket, (reason) => lost(`${name} ${reason}`))
  return { port, forget: () => port.forget() }
}

async function openTls({ host, port }: Broker, options: TlsOptions): Promise<Socket> {
  const { connect } = await import('node:tls')
  // A name is sent along (SNI), as brokers with several certificates need it; an address must not be.
  const servername = isIP(host) ? undefined : host
  return connect({ servername, ...options, host, port } as ConnectionOptions)
}

/** A socket as a port: its messages are frames, without their sizes. */
class SocketPort implements Port {
  onmessage: Port['onmessage'] = null
  readonly #socket: Socket
  #lost: ((reason: string) => void) | undefined

  constructor(socket: Socket, lost: (reason: string) => void) {
    this.#socket = socket
    this.#lost = lost
    let reason = 'closed the connection'
    const frames = new Frames((data) => this.onmessage?.call(this as never, { data } as MessageEvent))
    socket.setNoDelay(true)
    socket.on('data', (chunk: Uint8Array) => {
      const wrong = frames.push(chunk)
      if (wrong === undefined) return
      reason = wrong
      socket.destroy()
    })
    socket.on('error', (error) => {
      reason = `lost the connection: ${error.message}`
    })
    socket.on('close', () => this.#lost?.(reason))
    // A broker says all it has to say before it closes its side.
    socket.on('end', () => socket.end())
  }

  /** A frame goes out as its size and itself; `null` ends the connection. */
  postMessage(frame: ArrayBuffer | null): void {
    if (frame === null) return this.close()
    if (!this.#socket.writable) return
    const size = new Uint8Array(4)
    new DataView(size.buffer).setUint32(0, frame.byteLength)
    this.#socket.cork()
    this.#socket.write(size)
    this.#socket.write(new Uint8Array(frame))
    this.#socket.uncork()
  }

  /** Ends the connection. What is on its way out still goes. */
  close(): void {
    this.forget()
    this.#socket.end()
    // A broker that does not close its side in turn shall not keep the process alive.
    this.#socket.unref()
  }

  /** Nobody needs to hear of the end any more. */
  forget(): void {
    this.#lost = undefined
    this.onmessage = null
  }

  /** Whoever wants to hear of the end is told otherwise. */
  addEventListener(): void {}
}

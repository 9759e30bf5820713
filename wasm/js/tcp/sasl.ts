// SASL: says who the client is, on a connection on which nothing else was asked yet (KIP-43, KIP-152).

import type { Socket } from 'node:net'
import type { Broker } from '../address.js'
import { KafkaJSConnectionError, KafkaJSNonRetriableError, KafkaJSSASLAuthenticationError } from '../errors.js'
import { Reader, Writer } from '../fields.js'
import type { Logger } from '../logger.js'
import { Frames } from './frames.js'
import { scram } from './scram.js'
import type { Mechanism, SASLOptions, SaslAuthenticateArgs } from './types.js'

const SASL_HANDSHAKE = { api: 17, version: 1 }
const SASL_AUTHENTICATE = { api: 36, version: 0 }

/** Sends a message of the mechanism’s, and gives the broker’s. */
export type Exchange = (message: Uint8Array) => Promise<Buffer>

/** How to authenticate. */
export interface SaslSettings {
  options: SASLOptions | Mechanism
  /** How long all of it may take. */
  timeoutMs: number
  clientId: string
  logger: Logger
}

/**
 * Authenticates. Rejects with `KafkaJSSASLAuthenticationError` where the broker refuses, and with
 * `KafkaJSConnectionError` where it does not answer.
 */
export async function authenticate(socket: Socket, broker: Broker, settings: SaslSettings): Promise<void> {
  const name = `${broker.host}:${broker.port}`
  const mechanism = settings.options.mechanism.toUpperCase()
  const talk = new Talk(socket, name, settings)
  try {
    const handshake = await talk.ask(SASL_HANDSHAKE, new Writer().string(mechanism).bytes)
    if (handshake.i16() !== 0) {
      const taken = handshake.list(() => handshake.string()).join(', ')
      throw new KafkaJSSASLAuthenticationError(
        `${name} does not take SASL ${mechanism}; it takes ${taken || 'none'}`,
      )
    }
    await run(settings, mechanism, broker, async (message) => {
      const answer = await talk.ask(SASL_AUTHENTICATE, sized(message))
      const [code, why] = [answer.i16(), answer.string()]
      if (code !== 0) throw new Error(why || 'the broker refuses it')
      return Buffer.from(answer.blob())
    })
  } catch (error) {
    if (error instanceof KafkaJSConnectionError || error instanceof KafkaJSNonRetriableError) throw error
    const { message } = error as Error
    throw new KafkaJSSASLAuthenticationError(`SASL ${mechanism} with ${name} failed: ${message}`)
  } finally {
    talk.end()
  }
}

async function run({ options, logger }: SaslSettings, mechanism: string, broker: Broker, exchange: Exchange) {
  if ('authenticationProvider' in options) {
    const saslAuthenticate = async <T>({ request, response }: SaslAuthenticateArgs<T>) => {
      // Their messages carry their sizes, as they did when they were all there was on the wire.
      const answer = await exchange((await request.encode()).subarray(4))
      return response?.parse(await response.decode(sized(answer)))
    }
    return options.authenticationProvider({ ...broker, logger, saslAuthenticate }).authenticate()
  }
  const plain = (...parts: (string | undefined)[]) => exchange(Buffer.from(parts.join('\0')))
  switch (options.mechanism.toLowerCase()) {
    case 'plain': {
      const { authorizationIdentity, username, password } = options as SASLOptions & { mechanism: 'plain' }
      return plain(authorizationIdentity, username, password)
    }
    case 'aws': {
      const { authorizationIdentity, accessKeyId, secretAccessKey, sessionToken } = options as SASLOptions & {
        mechanism: 'aws'
      }
      return plain(authorizationIdentity, accessKeyId, secretAccessKey, sessionToken)
    }
    case 'oauthbearer': {
      const { authorizationIdentity, oauthBearerProvider } = options as SASLOptions & { mechanism: 'oauthbearer' }
      const { value, extensions = {} } = await oauthBearerProvider()
      const who = authorizationIdentity ? `a=${authorizationIdentity}` : ''
      const further = Object.entries(extensions).map(([key, value]) => `\x01${key}=${value}`)
      const answer = await plain(`n,${who},\x01auth=Bearer ${value}${further.join('')}\x01\x01`)
      // Why a token was refused comes as text (RFC 7628).
      if (answer.length > 0) throw new Error(answer.toString())
      return
    }
    case 'scram-sha-256':
    case 'scram-sha-512':
      return scram(options as SASLOptions & { mechanism: 'scram-sha-256' }, exchange)
    default:
      throw new KafkaJSSASLAuthenticationError(
        `SASL ${mechanism} is not known here: use plain, scram-sha-256, scram-sha-512, oauthbearer or aws, or set \
authenticationProvider`,
      )
  }
}

/** Questions and answers on a socket, one after the other. */
class Talk {
  readonly #socket: Socket
  readonly #clientId: string
  readonly #timer: ReturnType<typeof setTimeout>
  readonly #off: () => void
  #answered: (frame: ArrayBuffer) => void = () => {}
  #failed: (error: Error) => void = () => {}
  #failure: Error | undefined
  #lastId = 0

  constructor(socket: Socket, broker: string, { timeoutMs, clientId }: SaslSettings) {
    this.#socket = socket
    this.#clientId = clientId
    const fail = (why: string) => {
      this.#failure ??= new KafkaJSConnectionError(`${broker} ${why} while SASL was under way`, { broker })
      this.#failed(this.#failure)
    }
    const frames = new Frames((frame) => this.#answered(frame))
    const data = (chunk: Uint8Array) => {
      const wrong = frames.push(chunk)
      if (wrong !== undefined) fail(wrong)
    }
    const error = ({ message }: Error) => fail(`lost the connection (${message})`)
    const close = () => fail('closed the connection')
    socket.on('data', data).on('error', error).on('close', close)
    this.#timer = setTimeout(() => fail(`did not answer within ${timeoutMs} ms`), timeoutMs)
    this.#off = () => socket.off('data', data).off('error', error).off('close', close)
  }

  async ask({ api, version }: { api: number; version: number }, body: Uint8Array): Promise<Reader> {
    if (this.#failure) throw this.#failure
    const request = new Writer().i16(api).i16(version).i32(++this.#lastId).string(this.#clientId).raw(body)
    const answered = new Promise<ArrayBuffer>((resolve, reject) => {
      this.#answered = resolve
      this.#failed = reject
    })
    this.#socket.write(sized(request.bytes))
    const answer = new Reader(new Uint8Array(await answered))
    // The correlation id: there is one question at a time.
    answer.i32()
    return answer
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#off()
  }
}

/** With their size before them. */
function sized(bytes: Uint8Array): Buffer {
  return Buffer.from(new Writer().blob(bytes).bytes)
}

import type { Logger } from '../logger.js'

/** The bytes of one message of an authentication, with their size in four bytes before them. */
interface SaslAuthenticationRequest {
  encode: () => Uint8Array | Promise<Uint8Array>
}

interface SaslAuthenticationResponse<ParseResult> {
  decode: (rawResponse: Uint8Array) => Uint8Array | Promise<Uint8Array>
  parse: (data: Uint8Array) => ParseResult
}

/** One way of saying who the client is. */
export interface Authenticator {
  authenticate: () => Promise<void>
}

/** A message of an authentication, and how to read the broker's. */
export interface SaslAuthenticateArgs<ParseResult> {
  request: SaslAuthenticationRequest
  response?: SaslAuthenticationResponse<ParseResult>
}

/** What an application's own mechanism is given. */
export interface AuthenticationProviderArgs {
  host: string
  port: number
  logger: Logger
  /** Sends a message, and gives the broker's. */
  saslAuthenticate: <ParseResult>(args: SaslAuthenticateArgs<ParseResult>) => Promise<ParseResult | void>
}

/** A mechanism of the application's. */
export interface Mechanism {
  mechanism: string
  authenticationProvider: (args: AuthenticationProviderArgs) => Authenticator
}

/** A token, and what goes with it. */
export interface OauthbearerProviderResponse {
  value: string
  extensions?: Record<string, string>
}

interface SASLMechanismOptionsMap {
  plain: { username: string; password: string; authorizationIdentity?: string }
  'scram-sha-256': { username: string; password: string }
  'scram-sha-512': { username: string; password: string }
  aws: { authorizationIdentity: string; accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  oauthbearer: {
    oauthBearerProvider: () => Promise<OauthbearerProviderResponse>
    authorizationIdentity?: string
  }
}

/** The mechanisms that are built in. */
export type SASLMechanism = keyof SASLMechanismOptionsMap
type SASLMechanismOptions<T> = T extends SASLMechanism ? { mechanism: T } & SASLMechanismOptionsMap[T] : never
/** Who the client is, for brokers that ask (SASL). */
export type SASLOptions = SASLMechanismOptions<SASLMechanism>

import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { Exchange } from './sasl.js'

/** Fewer than these would make a password cheap to guess (RFC 7677). */
const LEAST_ITERATIONS = 4096

/** Proves that the client knows the password, and has the broker prove that it does (RFC 5802, RFC 7677). */
export async function scram(
  { mechanism, username, password }: { mechanism: string; username: string; password: string },
  exchange: Exchange,
  nonce = randomBytes(18).toString('base64url'),
): Promise<void> {
  const [hash, bytes] = mechanism.endsWith('512') ? ['sha512', 64] : ['sha256', 32]
  const hmac = (key: Buffer, of: string) => createHmac(hash, key).update(of).digest()
  const say = async (message: string) => (await exchange(Buffer.from(message))).toString()

  const bare = `n=${username.replace(/=/g, '=3D').replace(/,/g, '=2C')},r=${nonce}`
  const first = await say(`n,,${bare}`)
  const { r = '', s = '', i, e } = fieldsOf(first)
  if (e) throw new Error(e)
  const iterations = Number(i)
  if (!r.startsWith(nonce) || r === nonce) throw new Error('the broker has not taken up the nonce')
  if (!(iterations >= LEAST_ITERATIONS)) {
    throw new Error(`the broker asks for ${i} iterations; ${LEAST_ITERATIONS} are the least`)
  }
  const salted = await promisify(pbkdf2)(password.normalize('NFKC'), Buffer.from(s, 'base64'), iterations, bytes, hash)
  const final = `c=biws,r=${r}`
  const all = `${bare},${first},${final}`
  const clientKey = hmac(salted, 'Client Key')
  const signature = hmac(createHash(hash).update(clientKey).digest(), all)
  const proof = clientKey.map((byte, at) => byte ^ (signature[at] as number))
  const last = fieldsOf(await say(`${final},p=${Buffer.from(proof).toString('base64')}`))
  if (last.e) throw new Error(last.e)
  if (last.v !== hmac(hmac(salted, 'Server Key'), all).toString('base64')) {
    throw new Error('the broker has not proved that it knows the password')
  }
}

/** `a=1,b=2` as an object. */
function fieldsOf(message: string): Partial<Record<string, string>> {
  return Object.fromEntries(message.split(',').map((field) => [field[0], field.slice(2)]))
}

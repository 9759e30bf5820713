// KafkaJS's declarations as a browser can have them: with Uint8Array for Buffer, and without what names
// Node's sockets and TLS. Writes target/types/kafkajs.d.ts, which against-kafkajs.ts is held against.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(import.meta.resolve('kafkajs/types/index.d.ts'))
const target = new URL('../../target/types/', import.meta.url)

const text = await readFile(source, 'utf8')
const known = /^(\/\/\/ <reference types="node" \/>|import \* as (tls|net) from '(tls|net)')$/gm
if (text.match(known)?.length !== 3) throw new Error(`${source} does not begin as expected`)
await mkdir(target, { recursive: true })
await writeFile(
  new URL('kafkajs.d.ts', target),
  `type Buffer = Uint8Array
declare namespace tls {
  interface ConnectionOptions { servername?: string; rejectUnauthorized?: boolean; [option: string]: unknown }
}
declare namespace net { type Socket = unknown }
${text.replace(known, '')}`,
)

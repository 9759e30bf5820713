/**
 * The package in one piece, for hosts that can serve no files beside a page's script, and for bundlers
 * that do not look for them: the WebAssembly and the worker are text in the module. All else is as in
 * `ottla`.
 *
 * The worker then comes from a `blob:` URL, which a Content-Security-Policy must allow under
 * `worker-src`. Tabs talk over BroadcastChannels, as SharedWorkers cannot come from such a URL.
 *
 * @packageDocumentation
 */

import { init as initOfFiles, type InitOptions, offer } from './init.js'
import { wasm, worker } from './inlined.js'
import { Kafka as KafkaOfFiles } from './kafka.js'
import type { KafkaConfig } from './types.js'

export * from './index.js'

/** As `Kafka` of `ottla`; what it needs is in this module. */
export class Kafka extends KafkaOfFiles {
  constructor(config: KafkaConfig) {
    super(config)
    offer(inlined)
  }
}

/** As `init` of `ottla`; what it is not told is in this module. */
export async function init(options: InitOptions = {}): Promise<void> {
  offer(inlined)
  await initOfFiles(options)
}

let url: string | undefined

const inlined = {
  wasm: unpack,
  worker: () => {
    url ??= URL.createObjectURL(new Blob([worker], { type: 'text/javascript' }))
    return new Worker(url, { type: 'module', name: 'ottla' })
  },
  sharedWorker: false as const,
}

async function unpack(): Promise<ArrayBuffer> {
  const gzip = Uint8Array.from(atob(wasm), (character) => character.charCodeAt(0))
  const bytes = new Blob([gzip]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Response(bytes).arrayBuffer()
}

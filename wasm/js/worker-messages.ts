import type { logLevel } from './logger.js'

/** What the page tells the broker's worker. */
export type ToWorker =
  | {
      type: 'open'
      module: WebAssembly.Module
      name: string
      timeoutMs: number
      /** Until when the worker may wait, in milliseconds since 1970: it starts late on a busy machine. */
      deadline: number
    }
  | { type: 'connect'; port: MessagePort }
  | { type: 'close' }

/** Why a broker could not be opened, or stopped serving. */
export interface Failure {
  kind: 'locked' | 'unavailable' | 'failed'
  message: string
}

/** What the broker's worker tells the page. */
export type FromWorker =
  | { type: 'opened' }
  | { type: 'failed'; failure: Failure }
  | { type: 'closed' }
  | { type: 'log'; level: logLevel; message: string }

// What pages, their workers and other tabs tell each other.

import type { logLevel } from '../logger.js'
import type { StorageNotice } from '../storage/types.js'

/** Who runs the broker of a name. */
export interface Leader {
  /** The tab's id. */
  id: string
  /** Rises with each leader: what an earlier one writes is refused. */
  epoch: number
  /** When it began, in milliseconds since 1970. */
  since: number
}

/**
 * How a client reaches the leader: it is in this tab's own worker; or in another tab, over a port that
 * a SharedWorker has handed on, or over BroadcastChannels.
 */
export type Via = 'worker' | 'port' | 'channel'

/** What the page tells its worker. */
export type ToWorker =
  | {
      type: 'open'
      module: WebAssembly.Module
      name: string
      timeoutMs: number
      /** Leads to the SharedWorker that hands ports on, where there is one. */
      switchboard?: MessagePort
    }
  /** Leads to another SharedWorker than the last, which is gone. */
  | { type: 'switchboard'; port: MessagePort }
  | { type: 'connect'; link: number; port: MessagePort }
  /** Whether anybody in the page wants the broker to be there. */
  | { type: 'watch'; on: boolean }
  /** `tick` is wanted after this delay; replaces an earlier wish of the number. */
  | { type: 'timer'; timer: number; delayMs: number }
  | { type: 'close' }

/** Why a broker could not be opened, or stopped serving. */
export interface Failure {
  kind: 'locked' | 'unavailable' | 'newer' | 'blocked' | 'failed'
  message: string
}

/** What the worker tells its page. */
export type FromWorker =
  /** Who leads from now on; without a leader, the last one is gone. */
  | { type: 'leader'; self: string; leader?: Leader }
  | { type: 'connected'; link: number; via: Via }
  /** Nobody has taken the port. Without a failure the page shall try again. */
  | { type: 'refused'; link: number; failure?: Failure }
  /** The SharedWorker is gone; the page shall start another. */
  | { type: 'unswitched' }
  | { type: 'tick'; timer: number }
  | { type: 'failed'; failure: Failure }
  | { type: 'closed' }
  | { type: 'storage'; notice: StorageNotice }
  | { type: 'log'; level: logLevel; message: string }

/** How long the others wait for a sign of life goes by it. */
interface Unrest {
  /** How many leaders in a row have been taken over from lately, without a death. */
  steals: number
}

/** What tabs tell all other tabs. */
export type ToTabs =
  /** Whoever leads, or is about to, shall say so. */
  | { type: 'who' }
  /** This tab has the lock and opens the database: no other leads any more. */
  | ({ type: 'electing'; id: string } & Unrest)
  | ({ type: 'leader' } & Leader & Unrest)
  | { type: 'storage'; notice: StorageNotice }

/** The lock that a leader holds. Also the name of the channel on which tabs talk. */
export const leaderLock = (name: string) => `ottla:${name}`

/** The lock that a tab holds as long as it lives. Also the name of the channel on which it is reached. */
export const tabLock = (name: string, id: string) => `${tabLocks(name)}${id}`

/** With what the names of those locks begin. */
export const tabLocks = (name: string) => `ottla:${name}:client:`

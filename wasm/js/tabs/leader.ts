// What a tab's worker does while it leads: it runs the broker, and sees which tabs are there.

import { logLevel } from '../logger.js'
import { BrokerHost, initSync } from '../pkg/ottla_wasm.js'
import { keepRoom } from '../storage/room.js'
import type { StorageNotice } from '../storage/types.js'
import { witness } from '../storage/witness.js'
import { timer } from '../timer.js'
import { tabLock, tabLocks, type ToWorker } from './messages.js'

/** A broker that runs. */
export interface Leading {
  epoch: number
  since: number
  /** Serves a client of a tab. */
  connect(tab: string, port: MessagePort): void
  /** Ends the broker. */
  close(): void
}

/** What is heard from a broker that runs. */
export interface LeadEvents {
  log(level: logLevel, message: string): void
  /** The storage could not be opened again. */
  failed(message: string): void
  /** Another tab's broker has taken over the database. */
  fenced(): void
  /** A tab has vanished. */
  gone(tab: string): void
  /** The database has. */
  vanished(notice: StorageNotice): void
}

/** Starts a broker in a tab of this id. */
export type Lead = (self: string, events: LeadEvents) => Promise<Leading>

type Opening = Extract<ToWorker, { type: 'open' }>

const levels = [logLevel.INFO, logLevel.WARN, logLevel.ERROR]

/** How a worker starts the broker of a name. */
export function leadWith({ module, name, timeoutMs }: Opening): Lead {
  return async (self, events) => {
    // Not before: a worker that stands by needs no memory for it.
    initSync({ module })
    const seed = crypto.getRandomValues(new BigUint64Array(1))[0] as bigint
    let ticking: BrokerHost | undefined
    const schedule = timer(() => ticking?.tick())
    const tabs = present(name)
    // Sooner than the page gives up, so that it hears why.
    const host = await BrokerHost.openIdb(name, timeoutMs * 0.8, seed, {
      schedule,
      log: (level: number, message: string) =>
        events.log(levels[level] ?? logLevel.ERROR, message),
      failed: (message: string) => events.failed(message),
      fenced: () => events.fenced(),
      stored: (clusterId: string) => void notice(clusterId),
    })
    async function notice(clusterId: string): Promise<void> {
      const formerClusterId = await witness(name, clusterId)
      if (formerClusterId === undefined) return
      events.vanished({ type: 'vanished', formerClusterId, clusterId, at: new Date() })
    }

    ticking = host
    const endRoom = keepRoom(host)
    let closed = false
    /** Whether all tabs are known. */
    let complete = false
    const watched = new Set<string>()
    const watches = new AbortController()
    const tellWhoIsThere = () => {
      if (complete && !closed) host.aliveHosts([self, ...watched])
    }
    /** A tab holds its lock until it is closed, crashes, or goes into the back/forward cache. */
    const watch = (tab: string) => {
      if (tab === self || watched.has(tab)) return
      watched.add(tab)
      const gone = () => {
        watched.delete(tab)
        events.gone(tab)
        tellWhoIsThere()
      }
      navigator.locks.request(tabLock(name, tab), { signal: watches.signal }, gone).catch(() => {})
    }
    void tabs.then((tabs) => {
      if (closed) return
      for (const tab of tabs) watch(tab)
      complete = true
      tellWhoIsThere()
    })

    return {
      epoch: host.epoch(),
      since: Date.now(),
      connect: (tab, port) => {
        watch(tab)
        host.connect(port, tab)
      },
      close: () => {
        if (closed) return
        closed = true
        watches.abort()
        endRoom()
        schedule(undefined)
        host.close()
      },
    }
  }
}

/** The tabs that are there. */
async function present(name: string): Promise<string[]> {
  const { held = [] } = await navigator.locks.query()
  const prefix = tabLocks(name)
  return held.flatMap(({ name = '' }) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []))
}

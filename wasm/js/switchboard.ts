// A SharedWorker that hands messages from tab to tab, and with them ports, which have no other way.
// A tab is known by the name of the lock that it holds as long as it lives.

/// <reference lib="webworker" />

import type { ToSwitchboard, ToTab } from './tabs/switch.js'

const scope = self as unknown as SharedWorkerGlobalScope
const tabs = new Map<string, MessagePort>()

/** Whoever gets this lock knows that this worker is gone. */
const lives = `ottla:switchboard:${crypto.randomUUID()}`
const held = new Promise<void>((resolve) => {
  const hold = () => {
    resolve()
    return new Promise<never>(() => {})
  }
  void navigator.locks.request(lives, hold)
})

scope.onconnect = ({ ports: [tab] }: MessageEvent) => {
  const reply = (message: ToTab, ports: Transferable[] = []) => tab?.postMessage(message, ports)
  if (!tab) return
  tab.onmessage = ({ data }: MessageEvent<ToSwitchboard>) => {
    if (data.type === 'join') {
      const { lock } = data
      tabs.set(lock, tab)
      void navigator.locks.request(lock, () => tabs.delete(lock))
      void held.then(() => reply({ type: 'joined', lives }))
      return
    }
    const { to, ...message } = data
    const ports = 'port' in message ? [message.port] : []
    const other = tabs.get(to)
    if (other) other.postMessage(message, ports)
    else if (message.type === 'connect') reply({ ...message, type: 'unknown' }, ports)
  }
}

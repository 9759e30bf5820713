import type { Alarm } from './endpoint.js'

/** A timer of the system. One in the background keeps no process of Node's alive. */
export function timer(ring: () => void, background = false): Alarm {
  let set: ReturnType<typeof setTimeout> | undefined
  return (delayMs) => {
    clearTimeout(set)
    if (delayMs === undefined) return
    set = setTimeout(ring, delayMs)
    if (background) (set as { unref?: () => void }).unref?.()
  }
}

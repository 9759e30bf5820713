import type { FromWorker, ToWorker } from './messages.js'

/** Sets a timer that a page has asked for. */
export function keepTime(
  timers: Map<number, ReturnType<typeof setTimeout>>,
  { timer, delayMs }: Extract<ToWorker, { type: 'timer' }>,
  tell: (message: FromWorker) => void,
): void {
  clearTimeout(timers.get(timer))
  const fire = () => {
    timers.delete(timer)
    tell({ type: 'tick', timer })
  }
  timers.set(timer, setTimeout(fire, delayMs))
}

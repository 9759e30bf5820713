/** What is shown changes at most once a frame, or more seldom, however often what is behind it does. */

/** So often is enough for numbers that run: the eye reads no faster, and the frames in between are free. */
export const NUMBERS_MS = 100

/**
 * A function that asks for the work to be done before the next frame, once; and not more often than each
 * `every_ms`. Whatever has the same pace is done in the same frame, so that the page is laid out once for all.
 */
export function inFrame(work: () => void, every_ms = 0): { ask(): void; cancel(): void } {
  let frame = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const request = () => {
    timer = undefined
    frame = requestAnimationFrame(() => {
      frame = 0
      work()
    })
  }
  return {
    ask() {
      if (frame !== 0 || timer !== undefined) return
      if (every_ms > 0) timer = setTimeout(request, every_ms - (performance.now() % every_ms))
      else request()
    },
    cancel() {
      clearTimeout(timer)
      timer = undefined
      cancelAnimationFrame(frame)
      frame = 0
    },
  }
}

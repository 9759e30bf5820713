/** What is shown changes at most once a frame, however often what is behind it does. */

/** A function that asks for the work to be done before the next frame, once. */
export function inFrame(work: () => void): { ask(): void; cancel(): void } {
  let asked = 0
  return {
    ask() {
      if (asked !== 0) return
      asked = requestAnimationFrame(() => {
        asked = 0
        work()
      })
    },
    cancel() {
      cancelAnimationFrame(asked)
      asked = 0
    },
  }
}

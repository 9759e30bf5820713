/** Takes who moves by keyboard or ear to the title of the screen that is come to, once it is there. */

let isAwaited = false

/** A screen is come to. Until it has loaded, the focus is on where it will be. */
export function arrive(): void {
  isAwaited = true
  if (!welcome()) document.getElementById('main')?.focus({ preventScroll: true })
}

/** A title is there: it takes the focus if it is waited for. */
export function welcome(): boolean {
  const title = document.getElementById('screen-title')
  if (!title || !isAwaited) return false
  isAwaited = false
  title.focus({ preventScroll: true })
  return true
}

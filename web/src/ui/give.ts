/** Gives the browser a file to keep, as a download. */
export function give(contents: Blob, name: string): void {
  const url = URL.createObjectURL(contents)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has long begun by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

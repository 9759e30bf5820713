/** Where a key goes in a list of rows: an index, or undefined where it is none of the list's. */
export function rowAfter(key: string, at: number, rows: number, page: number): number | undefined {
  const to = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: rows - 1,
  }[key]
  return to === undefined || rows === 0 ? undefined : Math.min(rows - 1, Math.max(0, to))
}

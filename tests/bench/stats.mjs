/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Moves the first `count` entries to the end, so that no one always goes first. */
export function rotate(list, count) {
  const at = count % list.length
  return [...list.slice(at), ...list.slice(0, at)]
}

/** 1234567 as 1,230,000: three digits are what a measurement is good for. */
export function rounded(number) {
  return Number(number.toPrecision(3)).toLocaleString('en')
}

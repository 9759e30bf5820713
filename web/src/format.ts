/** How numbers, sizes and times are written. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })

/** 20000 → "20,000" */
export const count = (number: number): string => whole.format(number)

/** "1 record", "2 records" */
export const counted = (number: number, one: string, many = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : many}`

/** 1536 → "1.5 KiB" */
export function bytes(size: number): string {
  let value = size
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (value < 1024) return `${short.format(value)} ${unit}`
    value /= 1024
  }
  return `${short.format(value)} TiB`
}

/** Milliseconds, as long as they are few, then seconds. */
export const duration = (ms: number): string =>
  ms < 1000 ? `${short.format(ms)} ms` : `${short.format(ms / 1000)} s`

/** A record's time in UTC: "2001-01-01 00:47:00", with milliseconds where there are any. */
export function utc(timestamp_ms: number): string {
  const date = new Date(timestamp_ms)
  if (timestamp_ms < 0 || Number.isNaN(date.getTime())) return 'none'
  return date.toISOString().replace('T', ' ').replace(/(\.000)?Z$/, '')
}

/** The value of a datetime-local field, read as UTC; undefined where it is none. */
export function fromField(value: string): number | undefined {
  const timestamp_ms = Date.parse(`${value}Z`)
  return Number.isNaN(timestamp_ms) ? undefined : timestamp_ms
}

/** A time as the value of a datetime-local field, in UTC. */
export const toField = (timestamp_ms: number): string => new Date(timestamp_ms).toISOString().slice(0, 19)

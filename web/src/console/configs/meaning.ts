/** What a configuration's number means to a person. */

import { bytes } from '../../format'

const units: [ms: number, name: string][] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
]

/** Kafka's largest number stands for “never”. */
const NEVER = 2 ** 53

/** `604800000` → "7 days", `16777216` → "16 MiB"; undefined where the number says it itself. */
export function meaning(name: string, value: string): string | undefined {
  const number = Number(value)
  if (value === '' || !Number.isFinite(number)) return undefined
  if (/\.ms$/.test(name)) {
    if (number === -1) return 'for ever'
    if (number >= NEVER) return 'never'
    const unit = units.find(([ms]) => number >= ms)
    if (!unit) return undefined
    const many = Math.round((number / unit[0]) * 10) / 10
    return `${many} ${unit[1]}${many === 1 ? '' : 's'}`
  }
  if (/\.bytes$/.test(name)) return number === -1 ? 'no bound' : number >= 1024 ? bytes(number) : undefined
  return undefined
}

/** What can be chosen; undefined where it has to be typed. */
export function choices(name: string, values: string): string[] | undefined {
  if (values === 'boolean') return ['true', 'false']
  if (name === 'cleanup.policy') return ['delete', 'compact', 'compact,delete']
  const words = values.split(',').map((word) => word.trim())
  return words.length > 1 && words.every((word) => /^[A-Za-z]+$/.test(word)) ? words : undefined
}

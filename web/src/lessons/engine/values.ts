/** What was chosen for a lesson, as the address keeps it. */

import { natural } from '../../route'
import type { Field, Values } from './lesson'

/** Every lesson has one: the same seed gives the same records. */
export const SEED = 'seed'

/** How fast steps are shown, as a multiple. */
export const PACE = 'pace'
export const paces: readonly string[] = ['0.5', '1', '2', '8']

function valueOf(field: Field, text: string | undefined): string {
  if (field.kind === 'choice') {
    return field.options.some(({ value }) => value === text) ? (text as string) : field.initial
  }
  const number = natural(text) ?? field.initial
  return String(Math.min(field.to, Math.max(field.from, number)))
}

/** What the address says, and what is not said as it is at first. */
export function valuesOf(fields: readonly Field[], query: Readonly<Record<string, string>>): Values {
  const values = fields.map((field) => [field.name, valueOf(field, query[field.name])])
  return {
    ...Object.fromEntries(values),
    [SEED]: String(natural(query[SEED]) ?? 1),
    [PACE]: paces.find((pace) => pace === query[PACE]) ?? '1',
  }
}

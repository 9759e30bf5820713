/** A record: its key, and beneath it its offset. */

import type { ComponentChildren } from 'preact'
import { hueOf, short } from './keys'

export interface TokenProps {
  record: { partition: number; offset: number; key: string | null; value: string | null }
  /** What it says instead of its offset. */
  below?: ComponentChildren
  /** How it stands with it; drawn, and said to who cannot see. */
  state?: string
  /** The state in words. */
  said?: string
}

export function Token({ record: { partition, offset, key, value }, below, state, said }: TokenProps) {
  return (
    <li
      class="token"
      data-hue={hueOf(key)}
      data-key={key ?? ''}
      data-offset={offset}
      data-partition={partition}
      data-state={state}
      title={`${key ?? 'no key'}: ${value ?? 'tombstone'} (partition ${partition}, offset ${offset})`}
    >
      <b>{short(key)}</b>
      <small>{below ?? offset}</small>
      {said && <span class="hidden">{said}</span>}
    </li>
  )
}

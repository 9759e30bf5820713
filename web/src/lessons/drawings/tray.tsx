/** A reader and what it was given, in the order in which it came. */

import type { ComponentChildren } from 'preact'
import type { Stored } from '../engine/broker'
import { Row } from './row'
import { Token } from './token'

interface Props {
  name: string
  /** Under the name: its group, its partitions. */
  about?: ComponentChildren
  seen: readonly Stored[]
  empty: string
  /** How it stands with a record, of which it may have been given several. */
  mark?: (record: Stored, at: number) => { state?: string; said?: string; below?: ComponentChildren }
}

export function Tray({ name, about, seen, empty, mark }: Props) {
  return (
    <div class="tray" data-testid={`reader-${name}`} data-seen={seen.length}>
      <p class="tray-name">
        <b>{name}</b> <span class="quiet">{about}</span>
      </p>
      <Row label={`What ${name} was given`} length={seen.length} empty={empty}>
        {seen.map((record, at) => (
          <Token key={at} record={record} {...mark?.(record, at)} />
        ))}
      </Row>
    </div>
  )
}

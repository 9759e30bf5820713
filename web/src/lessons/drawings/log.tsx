/** A topic: each of its partitions a log, the newest record at its right end. */

import type { ComponentChildren } from 'preact'
import type { Stored } from '../engine/broker'
import { Row } from './row'
import { Token } from './token'

interface Props {
  topic: string
  partitions: number
  records: readonly Stored[]
  /** Room is kept for so many, so that nothing moves when there are more. */
  room?: number
  /** Beside a partition's number. */
  beside?: (partition: number) => ComponentChildren
  /** Under its records. */
  beneath?: (partition: number) => ComponentChildren
  /** How it stands with a record. */
  mark?: (record: Stored) => { state?: string; said?: string; below?: ComponentChildren }
}

export function Log({ topic, partitions, records, room = partitions, beside, beneath, mark }: Props) {
  return (
    <section class="log-drawing" aria-label={`Topic ${topic}`} data-testid={`topic-${topic}`}>
      <h3>
        Topic <code>{topic}</code>
      </h3>
      {Array.from({ length: partitions }, (_, partition) => {
        const own = records.filter((record) => record.partition === partition)
        return (
          <div class="log-lane" key={partition} data-testid={`partition-${partition}`} data-records={own.length}>
            <p class="log-name">
              <span class="hidden">Partition </span>
              <b>{partition}</b>
              {beside?.(partition)}
            </p>
            <Row label={`Partition ${partition} of ${topic}`} length={own.length} empty="empty">
              {own.map((record) => (
                <Token key={record.offset} record={record} {...mark?.(record)} />
              ))}
            </Row>
            {beneath && <p class="log-beneath quiet">{beneath(partition)}</p>}
          </div>
        )
      })}
      {Array.from({ length: Math.max(0, room - partitions) }, (_, at) => (
        <div class="log-room" key={`room-${at}`} />
      ))}
    </section>
  )
}

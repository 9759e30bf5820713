/** A log's segments, and what is left in them. */

import type { ComponentChildren } from 'preact'
import type { Segment, SegmentedTopic } from '../engine/segments'
import { Row } from './row'
import { Token } from './token'

interface Props {
  log: SegmentedTopic
  /** Under a segment. */
  caption: (segment: Segment, isActive: boolean) => ComponentChildren
}

export function Segments({ log, caption }: Props) {
  const segments = log.segments.value
  const start = log.start.value
  const kept = log.kept.value
  return (
    <section class="segments-drawing" aria-label={`Segments of ${log.topic}`} data-testid={`segments-${log.topic}`} data-start={start} data-kept={kept.length}>
      <h3>
        Topic <code>{log.topic}</code>{' '}
        <span class="quiet">
          {kept.length} records, log start offset {start}
        </span>
      </h3>
      <Row label={`Records of ${log.topic}, by segment`} length={segments.length} empty="empty">
        {segments.map((segment, at) => {
          const left = segment.records.filter(({ offset }) => log.has(offset)).length
          return (
            <li class="segment" key={at} data-left={left}>
              <ol>
                {segment.records.map((record) => {
                  const isThere = log.has(record.offset)
                  const state = isThere ? (record.value === null ? 'tombstone' : 'kept') : 'gone'
                  return (
                    <Token
                      key={record.offset}
                      record={record}
                      state={state}
                      said={state}
                      below={state === 'tombstone' ? '∅' : undefined}
                    />
                  )
                })}
              </ol>
              <p class="quiet">{left === 0 ? 'gone' : caption(segment, at === segments.length - 1)}</p>
            </li>
          )
        })}
      </Row>
    </section>
  )
}

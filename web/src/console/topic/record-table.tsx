/** Records, one a row; a row opens to show all of its record. */

import { useSignal } from '@preact/signals'
import { Fragment } from 'preact'
import type { Seen } from '../../broker/record'
import { bytes, count, counted, utc } from '../../format'
import { Brief, Value } from '../../ui/json'

interface Props {
  records: Seen[]
  caption: string
  withPartition?: boolean
  isBusy?: boolean
}

export function RecordTable({ records, caption, withPartition = false, isBusy = false }: Props) {
  const open = useSignal<ReadonlySet<string>>(new Set())
  if (records.length === 0) return null
  const toggle = (id: string) => {
    const next = new Set(open.value)
    if (!next.delete(id)) next.add(id)
    open.value = next
  }
  return (
    <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
      {/* Named roles: on a narrow screen the rows are laid out otherwise, which would take them away. */}
      <table
        role="table"
        class={withPartition ? 'records with-partition' : 'records'}
        data-testid="record-table"
        aria-busy={isBusy}
      >
        <caption class="hidden">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {withPartition && <th scope="col" role="columnheader">Partition</th>}
            <th scope="col" role="columnheader">Offset</th>
            <th scope="col" role="columnheader">Time (UTC)</th>
            <th scope="col" role="columnheader">Key</th>
            <th scope="col" role="columnheader">Value</th>
            <th scope="col" role="columnheader">Headers</th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {records.map((record) => {
            const id = `${record.partition}-${record.offset}`
            const isOpen = open.value.has(id)
            return (
              <Fragment key={id}>
                <Row {...{ record, id, isOpen, withPartition }} onToggle={() => toggle(id)} />
                {isOpen && (
                  <tr role="row" class="opened" id={`record-${id}`}>
                    <td role="cell" colSpan={withPartition ? 6 : 5}>
                      <Detail record={record} />
                    </td>
                  </tr>
                )}
              </Fragment>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

interface RowProps {
  record: Seen
  id: string
  isOpen: boolean
  withPartition: boolean
  onToggle: () => void
}

function Row({ record, id, isOpen, withPartition, onToggle }: RowProps) {
  const { partition, offset, timestamp_ms, key, value, headers } = record
  return (
    <tr role="row" data-testid={`record-${id}`} class={isOpen ? 'is-open' : undefined}>
      {withPartition && <td role="cell" class="cell-partition">{partition}</td>}
      <th scope="row" role="rowheader" class="cell-offset">
        <button
          type="button"
          class="open"
          aria-expanded={isOpen}
          aria-controls={isOpen ? `record-${id}` : undefined}
          aria-label={`Offset ${offset}, ${isOpen ? 'close' : 'open'} the record`}
          onClick={onToggle}
        >
          {count(offset)}
        </button>
      </th>
      <td role="cell" class="cell-time">{utc(timestamp_ms)}</td>
      <td role="cell" class="cell-key">{key === null ? <i class="quiet">no key</i> : key}</td>
      <td role="cell" class="cell-value" onClick={onToggle}>
        {value === null ? <i class="tombstone">tombstone</i> : <Brief text={value} />}
      </td>
      <td role="cell" class="cell-headers">{headers.length > 0 ? headers.map(([name]) => name).join(' ') : ''}</td>
    </tr>
  )
}

function Detail({ record: { partition, offset, timestamp_ms, key, value, headers, size_bytes } }: { record: Seen }) {
  return (
    <div class="detail">
      <p class="quiet">
        Partition {partition}, offset {count(offset)}, {utc(timestamp_ms)} UTC,{' '}
        {key === null ? 'no key' : <>key “{key}”</>}, {bytes(size_bytes)} of key and value
      </p>
      {value === null ? (
        <p>
          A tombstone: a record without a value. In a compacted topic it says that its key is no more, and
          what came before it under that key may go.
        </p>
      ) : (
        <Value text={value} />
      )}
      {headers.length > 0 && (
        <dl class="headers" aria-label={counted(headers.length, 'header')}>
          {headers.map(([name, text]) => (
            <div>
              <dt>{name}</dt>
              <dd>{text ?? <i>null</i>}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  )
}

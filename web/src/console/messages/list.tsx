/**
 * Records, one a row. Only the rows in view are in the page, so that a long list costs as much as a short
 * one. By keyboard it is one stop: arrows go through it, Enter opens a record, Escape closes it.
 */

import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Seen } from '../../broker/record'
import { bytes, count, utc } from '../../format'
import { rowAfter } from '../../ui/grid-keys'
import { Brief } from '../../ui/json'

/** Of rows above and below those in view, so many are there already. */
const SPARE = 6
const narrow = matchMedia('(max-width: 40rem)')
const HEIGHT = { wide: 30, narrow: 54 }

interface Props {
  records: readonly Seen[]
  label: string
  isBusy: boolean
  /** The one that is open. */
  open: Seen | undefined
  onOpen: (record: Seen | undefined) => void
}

export const nameOf = ({ partition, offset }: Seen): string => `record-${partition}-${offset}`

export function RecordList({ records, label, isBusy, open, onOpen }: Props) {
  const view = useRef<HTMLDivElement>(null)
  const isNarrow = useSignal(narrow.matches)
  const top = useSignal(0)
  const seen = useSignal(600)
  /** The row that the keyboard is at. */
  const at = useSignal(0)
  const height = isNarrow.value ? HEIGHT.narrow : HEIGHT.wide

  useEffect(() => {
    const element = view.current
    if (!element) return
    const change = () => (isNarrow.value = narrow.matches)
    narrow.addEventListener('change', change)
    const observer = new ResizeObserver(() => (seen.value = element.clientHeight))
    observer.observe(element)
    return () => {
      narrow.removeEventListener('change', change)
      observer.disconnect()
    }
  }, [])

  const first = Math.max(0, Math.floor(top.value / height) - SPARE)
  const last = Math.min(records.length, Math.ceil((top.value + seen.value) / height) + SPARE)
  // A row that comes into view takes the element of one that has left it: that is far cheaper than a new one.
  const pool = Math.ceil(seen.value / height) + 2 * SPARE + 2
  const here = Math.min(at.value, records.length - 1)
  const current = records[here]
  const isHere = here >= first && here < last

  const go = (row: number) => {
    at.value = row
    const element = view.current
    if (!element) return
    // The head lies over the first rows.
    const head = isNarrow.value ? 0 : height
    if (row * height < element.scrollTop) element.scrollTop = row * height
    else if ((row + 1) * height + head > element.scrollTop + element.clientHeight) {
      element.scrollTop = (row + 1) * height + head - element.clientHeight
    }
    if (open) onOpen(records[row])
  }
  const press = (event: KeyboardEvent) => {
    const row = rowAfter(event.key, here, records.length, Math.floor(seen.value / height) - 1)
    if (row !== undefined) go(row)
    else if (event.key === 'Enter' && current) onOpen(current)
    else if (event.key === 'Escape' && open) onOpen(undefined)
    else return
    event.preventDefault()
  }

  return (
    <div
      ref={view}
      class="record-list"
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={records.length + 1}
      aria-busy={isBusy}
      aria-activedescendant={current && isHere ? nameOf(current) : undefined}
      data-testid="record-list"
      data-rows={records.length}
      onScroll={({ currentTarget }) => (top.value = currentTarget.scrollTop)}
      onKeyDown={press}
    >
      <div class="record-head" role="row" aria-rowindex={1}>
        <span role="columnheader">Part.</span>
        <span role="columnheader" class="number">Offset</span>
        <span role="columnheader">Time (UTC)</span>
        <span role="columnheader">Key</span>
        <span role="columnheader">Value</span>
        <span role="columnheader" class="number">Size</span>
      </div>
      <div class="record-rows" role="rowgroup" style={{ height: `${records.length * height}px` }}>
        {records.slice(first, last).map((record, index) => (
          <Row
            key={(first + index) % pool}
            record={record}
            row={first + index}
            height={height}
            isHere={record === current}
            isOpen={record === open}
            onClick={() => {
              at.value = first + index
              onOpen(record)
            }}
          />
        ))}
      </div>
    </div>
  )
}

interface RowProps {
  record: Seen
  row: number
  height: number
  isHere: boolean
  isOpen: boolean
  onClick: () => void
}

function Row({ record, row, height, isHere, isOpen, onClick }: RowProps) {
  const { partition, offset, timestamp_ms, key, value, size_bytes, headers } = record
  return (
    <div
      id={nameOf(record)}
      data-testid={nameOf(record)}
      class="record-row"
      role="row"
      aria-rowindex={row + 2}
      aria-selected={isOpen}
      data-here={isHere}
      style={{ transform: `translateY(${row * height}px)`, height: `${height}px` }}
      onClick={onClick}
    >
      <span role="gridcell" class="cell-partition">
        <span class="chip" data-hue={partition % 6}>
          {partition}
        </span>
      </span>
      <span role="gridcell" class="cell-offset number">{count(offset)}</span>
      <span role="gridcell" class="cell-time">{utc(timestamp_ms)}</span>
      <span role="gridcell" class="cell-key">{key === null ? <i class="quiet">no key</i> : key.slice(0, 100)}</span>
      <span role="gridcell" class="cell-value">
        {value === null ? <i class="tombstone">tombstone</i> : <Brief text={value} />}
      </span>
      <span role="gridcell" class="cell-size number quiet" title={headers.length > 0 ? headers.map(([name]) => name).join(', ') : undefined}>
        {bytes(size_bytes)}
      </span>
    </div>
  )
}

/** A list of records with what is said of it above, and the one that is open beside it. */

import type { Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import type { Seen } from '../../broker/record'
import { count, counted } from '../../format'
import { Detail } from './detail'
import { download } from './export'
import { RecordList } from './list'
import type { Sieve } from './sieve'

interface Props {
  topic: string
  records: readonly Seen[]
  isBusy: boolean
  sieve: Sieve
  open: Signal<Seen | undefined>
  status: string
  actions: ComponentChildren
  children?: ComponentChildren
}

export function Found({ topic, records, isBusy, sieve, open, status, actions, children }: Props) {
  const close = () => {
    open.value = undefined
    document.querySelector<HTMLElement>('[data-testid=record-list]')?.focus()
  }
  return (
    <>
      <div class="message-bar">
        <p data-testid="page-status" role="status">
          {status}
        </p>
        <div class="actions">
          {actions}
          <button
            type="button"
            disabled={records.length === 0}
            data-testid="export-jsonl"
            onClick={() => download(topic, records, 'jsonl')}
          >
            Export JSONL
          </button>
          <button
            type="button"
            disabled={records.length === 0}
            data-testid="export-csv"
            onClick={() => download(topic, records, 'csv')}
          >
            CSV
          </button>
        </div>
      </div>
      {children}
      {sieve.failed > 0 && (
        <p class="message-note" data-testid="filter-failed">
          The filter does not suit {counted(sieve.failed, 'record')}, which {sieve.failed === 1 ? 'is' : 'are'} left
          out: {sieve.reason}
        </p>
      )}
      <div class="message-columns" data-open={open.value !== undefined}>
        <RecordList
          records={records}
          label={`Messages of ${topic}, ${count(records.length)}`}
          isBusy={isBusy}
          open={open.value}
          onOpen={(record) => (record ? (open.value = record) : close())}
        />
        {open.value && <Detail topic={topic} record={open.value} onClose={close} />}
      </div>
    </>
  )
}

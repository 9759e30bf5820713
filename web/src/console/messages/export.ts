/** What the list shows, as a file: a line of JSON for each record, or a table of comma-separated values. */

import { isText, type Seen } from '../../broker/record'
import { give } from '../../ui/give'

export type Format = 'jsonl' | 'csv'

const types: Record<Format, string> = { jsonl: 'application/jsonl', csv: 'text/csv' }

/** Text as it is; what is no text in Base64, under a name that says so. */
function encoded(name: string, text: string | null, bytes: Uint8Array | null): Record<string, string | null> {
  if (bytes === null || isText(bytes)) return { [name]: text }
  return { [`${name}Base64`]: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')) }
}

function line({ partition, offset, timestamp_ms, key, value, headers, bytes }: Seen): string {
  return JSON.stringify({
    partition,
    offset,
    timestamp: timestamp_ms,
    ...encoded('key', key, bytes.key),
    ...encoded('value', value, bytes.value),
    // A list, as a name may occur twice.
    headers,
  })
}

const columns = ['partition', 'offset', 'timestamp', 'key', 'value', 'headers'] as const

/** A cell after RFC 4180. What is null is empty; an empty text is `""`. */
function cell(value: string | number | null): string {
  if (value === null) return ''
  const text = String(value)
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function row({ partition, offset, timestamp_ms, key, value, headers, bytes }: Seen): string {
  const of = (text: string | null, raw: Uint8Array | null) => Object.values(encoded('', text, raw))[0] ?? null
  const cells = [partition, offset, timestamp_ms, of(key, bytes.key), of(value, bytes.value), JSON.stringify(headers)]
  return cells.map(cell).join(',')
}

export function written(records: readonly Seen[], format: Format): string {
  if (format === 'jsonl') return records.map((record) => `${line(record)}\n`).join('')
  return [columns.join(','), ...records.map(row), ''].join('\r\n')
}

/** Gives the records to the browser as a download. */
export function download(topic: string, records: readonly Seen[], format: Format): void {
  give(new Blob([written(records, format)], { type: types[format] }), `${topic}.${format}`)
}

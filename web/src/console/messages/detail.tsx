/** One record in full: beside the list where there is room, over its foot where there is not. */

import type { Seen } from '../../broker/record'
import { bytes, count, utc } from '../../format'
import { href } from '../../route'
import { Bytes, ViewChoice } from '../../ui/bytes'

interface Props {
  topic: string
  record: Seen
  onClose: () => void
}

export function Detail({ topic, record, onClose }: Props) {
  const { partition, offset, timestamp_ms, key, value, headers, size_bytes } = record
  return (
    <aside
      class="record-detail"
      aria-labelledby="record-title"
      data-testid="record-detail"
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose()
      }}
    >
      <header class="part-head">
        <h2 id="record-title">
          Partition {partition}, offset {count(offset)}
        </h2>
        <button type="button" class="ghost square" aria-label="Close the record" onClick={onClose}>
          ×
        </button>
      </header>
      <p class="quiet">
        {utc(timestamp_ms)} UTC · {bytes(size_bytes)} of key and value
      </p>
      <div class="actions">
        <a class="button" href={href(['topics', topic, 'produce'], { copy: `${partition}-${offset}` })} data-testid="resend">
          Resend …
        </a>
        <a class="button" href={href(['topics', topic, 'messages'], { partition, offset })}>
          From here on
        </a>
      </div>
      <h3>Key</h3>
      {key === null || !record.bytes.key ? <p class="quiet">none</p> : <Bytes bytes={record.bytes.key} text={key} />}
      <div class="part-head">
        <h3>Value</h3>
        <ViewChoice name="view" />
      </div>
      {value === null || !record.bytes.value ? (
        <p>
          A tombstone: a record without a value. In a compacted topic it says that its key is no more, and
          what came before it under that key may go.
        </p>
      ) : (
        <Bytes bytes={record.bytes.value} text={value} />
      )}
      <h3>Headers</h3>
      {headers.length === 0 ? (
        <p class="quiet">none</p>
      ) : (
        <dl class="headers">
          {headers.map(([name, text]) => (
            <div>
              <dt>{name}</dt>
              <dd>{text ?? <i>null</i>}</dd>
            </div>
          ))}
        </dl>
      )}
    </aside>
  )
}

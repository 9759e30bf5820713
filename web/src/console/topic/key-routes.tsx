/** Where keys go now, and where they would with more partitions. */

import { type Path, paths } from '../../broker/produce'
import { count, counted } from '../../format'

/** More rows than somebody would read. */
const SHOWN = 100

interface Props {
  topic: string
  keys: string[]
  from: number
  to: number
}

export function KeyRoutes({ topic, keys, from, to }: Props) {
  const all = paths(topic, keys, from, to)
  const moving = all.filter(({ now, then }) => now !== then)
  const shown = [...moving, ...all.filter(({ now, then }) => now === then)].slice(0, SHOWN)
  return (
    <div class="routes">
      <p data-testid="moved" data-moved={moving.length} aria-live="polite">
        <b>{count(moving.length)}</b> of {counted(all.length, 'key')} would go to another partition.
      </p>
      <div class="routes-scroll" tabIndex={0} role="region" aria-label="Where keys would go">
        <table>
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">Now, of {count(from)}</th>
              <th scope="col">Then, of {count(to)}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((path) => (
              <Row key={path.key} path={path} />
            ))}
          </tbody>
        </table>
      </div>
      {all.length > SHOWN && (
        <p class="quiet">and {counted(all.length - SHOWN, 'more key')}</p>
      )}
    </div>
  )
}

function Row({ path: { key, now, then } }: { path: Path }) {
  return (
    <tr data-moves={now !== then}>
      <th scope="row">{key === '' ? '(empty)' : key}</th>
      <td>
        <span class="chip" data-hue={now % 6}>
          {now}
        </span>
      </td>
      <td>
        <span class="chip" data-hue={then % 6}>
          {then}
        </span>{' '}
        {now !== then ? 'moves' : <span class="quiet">stays</span>}
      </td>
    </tr>
  )
}

/** Bytes in full: as JSON that is laid out, as text, or in hexadecimal. */

import { signal } from '@preact/signals'
import { isText } from '../broker/record'
import { bytes as size } from '../format'
import { Value, isJson } from './json'

export type View = 'json' | 'text' | 'hex'

/** The view that was chosen last; where it does not suit what is shown, the next that does is taken. */
const chosen = signal<View>('json')

const views: { value: View; label: string }[] = [
  { value: 'json', label: 'JSON' },
  { value: 'text', label: 'Text' },
  { value: 'hex', label: 'Hex' },
]

/** Of more than this, the beginning is shown. */
const MOST_BYTES = 64 * 1024
const MOST_HEX_BYTES = 4 * 1024
const PER_LINE = 8

/** What is shown of bytes, and as what. */
export function viewOf(bytes: Uint8Array, text: string, wanted: View): View {
  if (wanted === 'hex' || !isText(bytes)) return 'hex'
  return wanted === 'json' && isJson(text) ? 'json' : 'text'
}

export function ViewChoice({ name }: { name: string }) {
  return (
    <fieldset class="segments" data-testid="view">
      <legend class="hidden">Show the value as</legend>
      {views.map(({ value, label }) => (
        <label key={value}>
          <input type="radio" name={name} checked={chosen.value === value} onChange={() => (chosen.value = value)} />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  )
}

export function Bytes({ bytes, text }: { bytes: Uint8Array; text: string }) {
  const view = viewOf(bytes, text, chosen.value)
  const most = view === 'hex' ? MOST_HEX_BYTES : MOST_BYTES
  return (
    <div data-testid="bytes" data-view={view}>
      {view === 'hex' && <pre class="value hex" tabIndex={0}>{hex(bytes.subarray(0, MOST_HEX_BYTES))}</pre>}
      {view === 'text' && <pre class="value" tabIndex={0}>{text.slice(0, MOST_BYTES)}</pre>}
      {view === 'json' && <Value text={text} />}
      {view !== 'json' && bytes.length > most && (
        <p class="quiet">The first {size(most)} of {size(bytes.length)}. An export has all of it.</p>
      )}
    </div>
  )
}

/** `000008  7b 22 6f 72 …  {"or…`: eight bytes a line, which fits beside a list and on a phone. */
function hex(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += PER_LINE) {
    const line = [...bytes.subarray(at, at + PER_LINE)]
    const digits = line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const letters = line.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
    lines.push(`${at.toString(16).padStart(6, '0')}  ${digits.padEnd(PER_LINE * 3 - 1)}  ${letters.join('')}`)
  }
  return lines.join('\n')
}

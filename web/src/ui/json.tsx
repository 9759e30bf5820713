/** Values as text, in full and in brief. */

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g

function pretty(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return undefined
  }
}

/** Whether a text is a JSON object or list. */
export const isJson = (text: string): boolean => pretty(text) !== undefined

/** A value on one line: a flat JSON object as its names and values, anything else as it begins. */
export function Brief({ text }: { text: string }) {
  const fields = flat(text)
  if (!fields) return <>{text.slice(0, BEGINNING)}</>
  return (
    <>
      {fields.map(([name, value]) => (
        <span class="brief" key={name}>
          <span class="quiet">{name}</span> {value}{' '}
        </span>
      ))}
    </>
  )
}

/** Of a long value, a line shows the beginning. */
const BEGINNING = 300
const MOST_FIELDS = 12

function flat(text: string): [name: string, value: string][] | undefined {
  if (!text.startsWith('{') || text.length > BEGINNING) return undefined
  try {
    const fields = Object.entries(JSON.parse(text) as object)
    if (fields.length > MOST_FIELDS || fields.some(([, value]) => value instanceof Object)) return undefined
    return fields.map(([name, value]) => [name, String(value)])
  } catch {
    return undefined
  }
}

/** A value in full: JSON is laid out and coloured, anything else is shown as it is. */
export function Value({ text }: { text: string }) {
  const json = pretty(text)
  if (json === undefined) return <pre class="value" tabIndex={0}>{text}</pre>
  const parts = []
  let at = 0
  for (const token of json.matchAll(TOKEN)) {
    const [whole, string, colon] = token
    parts.push(json.slice(at, token.index))
    const kind = string ? (colon ? 'name' : 'text') : token[3] ? 'word' : 'number'
    parts.push(<span class={`json-${kind}`}>{string ?? whole}</span>, colon)
    at = token.index + whole.length
  }
  parts.push(json.slice(at))
  return <pre class="value" tabIndex={0}>{parts}</pre>
}

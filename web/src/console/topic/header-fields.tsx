/** The headers of a record that is being written. */

import type { Draft } from '../../broker/produce'

interface Props {
  headers: Draft['headers']
  onChange: (headers: Draft['headers']) => void
}

export function HeaderFields({ headers, onChange }: Props) {
  const set = (at: number, header: Draft['headers'][number]) =>
    onChange(headers.map((each, index) => (index === at ? header : each)))
  return (
    <fieldset class="header-fields">
      <legend>Headers</legend>
      {headers.map(([name, value], index) => (
        <div class="header-field">
          <input
            aria-label={`Name of header ${index + 1}`}
            placeholder="name"
            value={name}
            onInput={({ currentTarget }) => set(index, [currentTarget.value, value])}
          />
          <input
            aria-label={`Value of header ${index + 1}`}
            placeholder="value"
            value={value}
            onInput={({ currentTarget }) => set(index, [name, currentTarget.value])}
          />
          <button
            type="button"
            class="ghost square"
            aria-label={`Remove header ${index + 1}`}
            onClick={() => onChange(headers.filter((_, at) => at !== index))}
          >
            ×
          </button>
        </div>
      ))}
      <button
        type="button"
        class="link"
        data-testid="add-header"
        onClick={() => onChange([...headers, ['', '']])}
      >
        Add a header
      </button>
    </fieldset>
  )
}

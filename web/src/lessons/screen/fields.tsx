/** What can be chosen for a lesson. Another choice begins it anew. */

import { look } from '../../route'
import type { Field, Values } from '../engine/lesson'
import { PACE, paces, SEED } from '../engine/values'

interface Props {
  fields: readonly Field[]
  isSeeded: boolean
  values: Values
}

export function Fields({ fields, isSeeded, values }: Props) {
  return (
    <fieldset class="lesson-fields" data-testid="fields">
      <legend>Begin anew with</legend>
      {fields.map((field) => (
        <label class="field" key={field.name}>
          <span>{field.label}</span>
          <Choice field={field} value={values[field.name] ?? ''} />
        </label>
      ))}
      {isSeeded && (
        <label class="field">
          <span>Seed</span>
          <input
            type="number"
            name={SEED}
            min="0"
            max="999999"
            value={values[SEED]}
            onChange={({ currentTarget }) => choose(SEED, currentTarget.value)}
          />
        </label>
      )}
      <label class="field">
        <span>Pace</span>
        <select name={PACE} onChange={({ currentTarget }) => choose(PACE, currentTarget.value)}>
          {paces.map((pace) => (
            <option value={pace} selected={pace === values[PACE]}>
              {pace} ×
            </option>
          ))}
        </select>
      </label>
    </fieldset>
  )
}

/** What is chosen anew begins with the first step. */
const choose = (name: string, value: string) => look({ [name]: value, step: undefined })

function Choice({ field, value }: { field: Field; value: string }) {
  if (field.kind === 'choice') {
    return (
      <select name={field.name} onChange={({ currentTarget }) => choose(field.name, currentTarget.value)}>
        {field.options.map((option) => (
          <option value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
    )
  }
  const numbers = Array.from({ length: field.to - field.from + 1 }, (_, at) => String(field.from + at))
  return (
    <select name={field.name} onChange={({ currentTarget }) => choose(field.name, currentTarget.value)}>
      {numbers.map((number) => (
        <option selected={number === value}>{number}</option>
      ))}
    </select>
  )
}

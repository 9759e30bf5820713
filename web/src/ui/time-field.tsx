/** A time in UTC, to the second. */

interface Props {
  /** As the field has it: see `toField` and `fromField`. */
  value: string
  onInput: (value: string) => void
}

export function TimeField({ value, onInput }: Props) {
  return (
    <label class="field">
      <span>Time (UTC)</span>
      <input
        name="time"
        type="datetime-local"
        step="1"
        required
        value={value}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
    </label>
  )
}

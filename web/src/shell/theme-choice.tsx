/** Light or dark, or as the system has it. */

import { type Theme, theme } from '../theme'

const themes: { value: Theme; label: string }[] = [
  { value: 'system', label: 'Auto' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
]

export function ThemeChoice() {
  return (
    <fieldset class="segments" data-testid="theme">
      <legend class="hidden">Theme</legend>
      {themes.map(({ value, label }) => (
        <label>
          <input
            type="radio"
            name="theme"
            checked={theme.value === value}
            onChange={() => {
              theme.value = value
            }}
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  )
}

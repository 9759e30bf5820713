/** Configurations, one after the other, with what each does; where they can be changed, with the way to. */

import { useSignal } from '@preact/signals'
import type { Config } from '../../broker/configs'
import { counted } from '../../format'
import { look, place } from '../../route'
import { ConfigEditor } from './editor'
import type { Documentation } from './documentation'
import { meaning } from './meaning'

interface Props {
  label: string
  configs: readonly Config[]
  documentation: (name: string) => Documentation | undefined
  /** Sets one; undefined resets it. Left out where nothing can be changed. */
  onChange?: (name: string, value: string | undefined) => Promise<void>
}

export function ConfigTable({ label, configs, documentation, onChange }: Props) {
  const editing = useSignal<string | undefined>(undefined)
  const { search = '', only } = place.value.query
  const words = search.toLowerCase().split(/\s+/)
  const shown = configs.filter(({ name, isOwn, isFromBroker }) => {
    const text = `${name} ${documentation(name)?.about ?? ''}`.toLowerCase()
    return (only === undefined || isOwn || isFromBroker) && words.every((word) => text.includes(word))
  })
  return (
    <>
      <div class="config-tools">
        <label class="field">
          <span class="hidden">Search configurations</span>
          <input
            type="search"
            placeholder="Search by name or meaning"
            value={search}
            onInput={({ currentTarget }) => look({ search: currentTarget.value || undefined })}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={only !== undefined}
            onChange={() => look({ only: only === undefined ? 'set' : undefined })}
          />
          <span>Only what was set</span>
        </label>
        <p class="quiet" role="status">
          {counted(shown.length, 'configuration')}
        </p>
      </div>
      <ul class="configs" aria-label={label}>
        {shown.map((config) => (
          <Row
            key={config.name}
            config={config}
            documentation={documentation(config.name)}
            isEditing={editing.value === config.name}
            onEdit={onChange && ((isEditing) => (editing.value = isEditing ? config.name : undefined))}
            onChange={onChange}
          />
        ))}
      </ul>
      {shown.length === 0 && <p class="quiet">There is none like that.</p>}
    </>
  )
}

interface RowProps {
  config: Config
  documentation: Documentation | undefined
  isEditing: boolean
  onEdit: ((isEditing: boolean) => void) | undefined
  onChange: Props['onChange']
}

function Row({ config, documentation, isEditing, onEdit, onChange }: RowProps) {
  const { name, value, isOwn, isFromBroker, readOnly } = config
  const inherited = config.inherited || (documentation?.standard ?? '')
  const means = meaning(name, value)
  return (
    <li class="config" data-testid={`config-${name}`} data-value={value} data-own={isOwn}>
      <div>
        <p>
          <code class="config-name">{name}</code>
          {documentation && !documentation.hasEffect && <small> no effect here</small>}
        </p>
        {documentation && <p class="quiet config-about">{documentation.about}</p>}
      </div>
      {isEditing && onChange && onEdit ? (
        <ConfigEditor config={{ ...config, inherited }} values={documentation?.values ?? ''} onChange={onChange} onDone={() => onEdit(false)} />
      ) : (
        <div class="config-value">
          <p>
            <code>{value || '(empty)'}</code> {means && <span class="quiet">{means}</span>}
          </p>
          <p class="quiet">
            {isOwn ? <>set here · otherwise {inherited || '(empty)'} {meaning(name, inherited)}</> : isFromBroker ? 'set for the broker' : 'default'}
          </p>
        </div>
      )}
      {onEdit && !isEditing && !readOnly && (
        <button type="button" aria-label={`Edit ${name}`} onClick={() => onEdit(true)}>
          Edit
        </button>
      )}
    </li>
  )
}

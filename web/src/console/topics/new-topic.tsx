/** Makes a topic. What is wrong with a name or a value, the broker says. */

import { useSignal } from '@preact/signals'
import { create, type Durability } from '../../broker/topics'
import { visit } from '../../route'
import { useAction } from '../../ui/action'
import { Dialog } from '../../ui/dialog'
import { DialogForm } from '../../ui/dialog-form'

const durabilities: { value: Durability; what: string }[] = [
  { value: 'relaxed', what: 'Stored when the browser has handed it to the system: survives a crash of the browser. The default.' },
  { value: 'strict', what: 'Stored when it is flushed to the disk: survives a power failure, and takes a little longer.' },
  { value: 'memory', what: 'Never written. Gone with the page.' },
]

/** The configurations that are offered; the others keep their defaults. */
const offered: { name: string; hint: string; choices?: string[] }[] = [
  { name: 'cleanup.policy', hint: 'delete drops old records; compact keeps the newest of each key', choices: ['delete', 'compact', 'compact,delete'] },
  { name: 'retention.ms', hint: 'how long records are kept; −1 for ever; 604800000 (7 days) if left empty' },
  { name: 'retention.bytes', hint: 'how large a partition may grow; −1, no bound, if left empty' },
  { name: 'max.message.bytes', hint: 'the largest batch; 1048588 if left empty' },
  { name: 'message.timestamp.type', hint: 'whose clock stamps a record', choices: ['CreateTime', 'LogAppendTime'] },
]

export function NewTopic({ onClose }: { onClose: () => void }) {
  const name = useSignal('')
  const partitions = useSignal('3')
  const durability = useSignal<Durability>('relaxed')
  const configs = useSignal<Record<string, string>>({})
  const action = useAction()

  const submit = async () => {
    const made = await action.run(async () => {
      const isNew = await create({
        name: name.value,
        partitions: Number(partitions.value),
        configs: { ...configs.value, 'ottla.durability': durability.value },
      })
      if (!isNew) {
        const detail = `Choose another name, or use ${name.value} as it is.`
        action.fail({ kind: 'broker', title: 'There is a topic of this name', detail })
      }
    })
    if (!made) return
    onClose()
    visit(['topics', name.value])
  }

  return (
    <Dialog title="New topic" testid="new-topic-dialog" onClose={onClose}>
      <DialogForm action={action} label="Create topic" onSubmit={submit} onClose={onClose}>
        <div class="fields">
          <label class="field grow">
            <span>Name</span>
            <input
              name="name"
              autofocus
              required
              autocomplete="off"
              spellcheck={false}
              value={name.value}
              onInput={({ currentTarget }) => (name.value = currentTarget.value)}
            />
          </label>
          <label class="field narrow">
            <span>Partitions</span>
            <input
              name="partitions"
              type="number"
              required
              value={partitions.value}
              onInput={({ currentTarget }) => (partitions.value = currentTarget.value)}
            />
          </label>
        </div>
        <fieldset class="choices">
          <legend>
            Durability <code>ottla.durability</code>
          </legend>
          {durabilities.map(({ value, what }) => (
            <label>
              <input
                type="radio"
                name="durability"
                value={value}
                checked={durability.value === value}
                onChange={() => (durability.value = value)}
              />
              <span>
                <b>{value}</b> {what}
              </span>
            </label>
          ))}
        </fieldset>
        <details class="more">
          <summary>More configuration</summary>
          {offered.map(({ name, hint, choices }) => (
            <label class="field">
              <span>
                <code>{name}</code> <small>{hint}</small>
              </span>
              {choices ? (
                <select onChange={({ currentTarget }) => set(name, currentTarget.value)}>
                  <option value="">default</option>
                  {choices.map((choice) => (
                    <option value={choice}>{choice}</option>
                  ))}
                </select>
              ) : (
                <input
                  inputMode="numeric"
                  autocomplete="off"
                  onInput={({ currentTarget }) => set(name, currentTarget.value.trim())}
                />
              )}
            </label>
          ))}
        </details>
      </DialogForm>
    </Dialog>
  )

  function set(config: string, value: string) {
    configs.value = { ...configs.value, [config]: value }
  }
}

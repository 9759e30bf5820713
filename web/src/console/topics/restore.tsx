/** Brings topics back from a file that “Back up” gave: all of them, or none where anything is wrong. */

import { useSignal } from '@preact/signals'
import type { ImportResult } from 'ottla'
import { restore } from '../../broker/backup'
import { counted } from '../../format'
import { href } from '../../route'
import { useAction } from '../../ui/action'
import { Dialog } from '../../ui/dialog'
import { DialogForm } from '../../ui/dialog-form'

export function Restore({ onClose }: { onClose: () => void }) {
  const file = useSignal<File | undefined>(undefined)
  const from = useSignal('')
  const as = useSignal('')
  const result = useSignal<ImportResult | undefined>(undefined)
  const action = useAction()
  const submit = async () => {
    const chosen = file.value
    if (!chosen) return
    await action.run(async () => {
      result.value = await restore(chosen, from.value === '' || as.value === '' ? {} : { [from.value]: as.value })
    })
  }
  return (
    <Dialog title="Restore topics" testid="restore-dialog" onClose={onClose}>
      {result.value ? (
        <Restored result={result.value} onClose={onClose} />
      ) : (
        <DialogForm
          action={action}
          label={action.busy ? 'Restoring …' : 'Restore'}
          testid="confirm-restore"
          isDisabled={!file.value}
          onSubmit={submit}
          onClose={onClose}
        >
          <p>
            Records come back at the offsets that they had, with the topics’ configurations and what groups had
            committed. A topic of the same name must not be there: give it another name, or delete that one first.
          </p>
          <label class="field">
            <span>File</span>
            <input
              type="file"
              name="file"
              accept=".ottla"
              required
              onChange={({ currentTarget }) => (file.value = currentTarget.files?.[0])}
            />
          </label>
          <div class="fields">
            <label class="field">
              <span>
                Topic in the file <small>to rename</small>
              </span>
              <input autocomplete="off" spellcheck={false} onInput={({ currentTarget }) => (from.value = currentTarget.value.trim())} />
            </label>
            <label class="field">
              <span>Its name here</span>
              <input autocomplete="off" spellcheck={false} onInput={({ currentTarget }) => (as.value = currentTarget.value.trim())} />
            </label>
          </div>
        </DialogForm>
      )}
    </Dialog>
  )
}

function Restored({ result: { topics, groups }, onClose }: { result: ImportResult; onClose: () => void }) {
  return (
    <div class="restored">
      <ul data-testid="restored">
        {topics.map(({ as, partitions, records }) => (
          <li key={as}>
            <a href={href(['topics', as])}>{as}</a>: {counted(records, 'record')} in {counted(partitions, 'partition')}
          </li>
        ))}
      </ul>
      {groups.length > 0 && <p class="quiet">With the offsets of {groups.join(', ')}.</p>}
      <div class="actions">
        <button type="button" class="primary" onClick={onClose}>
          Done
        </button>
      </div>
    </div>
  )
}

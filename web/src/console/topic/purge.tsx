/** Deletes a topic's records, all or the oldest of a partition, after saying how many. */

import { useSignal } from '@preact/signals'
import { purge, recordsOf, type Topic } from '../../broker/topics'
import { count, counted } from '../../format'
import { natural } from '../../route'
import { useAction } from '../../ui/action'
import { Dialog } from '../../ui/dialog'
import { DialogForm } from '../../ui/dialog-form'

export function Purge({ topic: { name, partitions }, onClose }: { topic: Topic; onClose: () => void }) {
  const which = useSignal('')
  const before = useSignal('')
  const action = useAction()
  const chosen = partitions.filter(({ partition }) => which.value === '' || String(partition) === which.value)
  const [only] = which.value === '' ? [] : chosen
  /** The first offset that is kept. */
  const bound = only && before.value !== '' ? natural(before.value) : undefined
  const lost = recordsOf(
    chosen.map(({ low, high }) => ({ low, high: bound === undefined ? high : Math.min(high, Math.max(low, bound)) })),
  )
  const submit = async () => {
    const targets = chosen.map(({ partition, high }) => ({ partition, before: bound ?? high }))
    if (await action.run(() => purge(name, targets))) onClose()
  }
  return (
    <Dialog title={`Purge ${name}`} testid="purge-dialog" onClose={onClose}>
      <DialogForm
        action={action}
        label={`Delete ${counted(lost, 'record')}`}
        testid="confirm-purge"
        isFinal
        isDisabled={lost === 0}
        otherwise="Keep them"
        onSubmit={submit}
        onClose={onClose}
      >
        <div class="fields">
          <label class="field">
            <span>Partition</span>
            <select name="partition" onChange={({ currentTarget }) => (which.value = currentTarget.value)}>
              <option value="" selected={which.value === ''}>
                all
              </option>
              {partitions.map(({ partition }) => (
                <option key={partition} value={partition} selected={which.value === String(partition)}>
                  {partition}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>
              Before offset <small>empty for everything</small>
            </span>
            <input
              name="before"
              inputMode="numeric"
              pattern="\d{1,15}"
              disabled={!only}
              placeholder={only ? `${only.low} to ${only.high}` : 'of one partition'}
              value={only ? before.value : ''}
              onInput={({ currentTarget }) => (before.value = currentTarget.value.trim())}
            />
          </label>
        </div>
        <p>
          This deletes <b>{counted(lost, 'record')}</b> of {name}
          {only ? `, partition ${only.partition}` : ''}. It cannot be undone. The topic, its partitions and its
          configuration stay, and offsets go on: the next record of a partition gets the offset that it would
          have got{only ? ` (${count(only.high)})` : ''}.
        </p>
      </DialogForm>
    </Dialog>
  )
}

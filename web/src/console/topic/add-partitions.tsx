/** Gives a topic more partitions, after showing what that does to its keys. */

import { useComputed, useSignal } from '@preact/signals'
import { lanes } from '../../broker/follow'
import { addPartitions, type Topic } from '../../broker/topics'
import { count, counted } from '../../format'
import { useAction } from '../../ui/action'
import { Dialog } from '../../ui/dialog'
import { DialogForm } from '../../ui/dialog-form'
import { KeyRoutes } from './key-routes'

/** What is more than this is a slip of the finger, and not worked out with each key that is pressed. */
const SHOWN_UP_TO = 10_000

export function AddPartitions({ topic, onClose }: { topic: Topic; onClose: () => void }) {
  const now = topic.partitions.length
  const total = useSignal(String(now + 1))
  const typed = useSignal('')
  const action = useAction()
  const seen = useComputed(() => lanes.value.flatMap(({ keys }) => [...keys.keys()]))
  const own = useComputed(() => typed.value.split(/[\s,]+/).filter((key) => key !== ''))
  const asked = Number(total.value)
  const isMore = Number.isInteger(asked) && asked > now
  const keys = [...new Set(own.value.length > 0 ? own.value : seen.value)]
  const submit = async () => {
    if (await action.run(() => addPartitions(topic.name, asked))) onClose()
  }
  return (
    <Dialog title={`Add partitions to ${topic.name}`} testid="add-partitions-dialog" onClose={onClose}>
      <DialogForm
        action={action}
        label={isMore ? `Add ${counted(asked - now, 'partition')}` : 'Add partitions'}
        onSubmit={submit}
        onClose={onClose}
      >
        <label class="field narrow">
          <span>Partitions in all</span>
          <input
            name="total"
            type="number"
            autofocus
            required
            value={total.value}
            onInput={({ currentTarget }) => (total.value = currentTarget.value)}
          />
        </label>
        <p>
          There are {count(now)} now, and there will never be fewer. What is stored stays where it is. But a
          key’s partition is its hash (murmur2) modulo the number of partitions, so from then on many keys go
          elsewhere: <b>the order of a key’s records across the change is not kept.</b>
        </p>
        <label class="field">
          <span>
            Keys to try <small>{seen.value.length > 0 && 'empty for those seen in the topic'}</small>
          </span>
          <input
            name="keys"
            autocomplete="off"
            spellcheck={false}
            placeholder="truck-7, truck-8"
            value={typed.value}
            onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
          />
        </label>
        {isMore && asked <= SHOWN_UP_TO && keys.length > 0 && (
          <KeyRoutes topic={topic.name} keys={keys} from={now} to={asked} />
        )}
      </DialogForm>
    </Dialog>
  )
}

/** Gives a topic more partitions, after saying what that does to its keys. */

import { useComputed, useSignal } from '@preact/signals'
import { lanes } from '../broker/follow'
import { moved } from '../broker/produce'
import { addPartitions, type Topic } from '../broker/topics'
import { count, counted } from '../format'
import { useAction } from '../ui/action'
import { Dialog } from '../ui/dialog'
import { Trouble } from '../ui/trouble'

export function AddPartitions({ topic, onClose }: { topic: Topic; onClose: () => void }) {
  const now = topic.partitions.length
  const total = useSignal(String(now + 1))
  const action = useAction()
  const keys = useComputed(() => new Set(lanes.value.flatMap(({ keys }) => [...keys.keys()])))
  const asked = Number(total.value)
  const isMore = Number.isInteger(asked) && asked > now
  const submit = async (event: Event) => {
    event.preventDefault()
    if (await action.run(() => addPartitions(topic.name, asked))) onClose()
  }
  return (
    <Dialog title={`Add partitions to ${topic.name}`} testid="add-partitions-dialog" onClose={onClose}>
      <form onSubmit={submit}>
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
          key’s partition is its hash modulo the number of partitions, so from then on many keys go elsewhere:
          the order of a key’s records across the change is lost.
        </p>
        {isMore && keys.value.size > 0 && (
          <p data-testid="moved">
            Of the {counted(keys.value.size, 'key')} seen here,{' '}
            <b>{count(moved(topic.name, keys.value, now, asked))}</b> would go to another partition.
          </p>
        )}
        <Trouble problem={action.problem} />
        <div class="actions">
          <button type="submit" class="primary" disabled={action.busy}>
            {isMore ? `Add ${counted(asked - now, 'partition')}` : 'Add partitions'}
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** The topic that is looked at: its name, its size, and what can be done to it. */

import { useSignal } from '@preact/signals'
import { lanes } from '../broker/follow'
import { recordsOf, type Topic } from '../broker/topics'
import { counted } from '../format'
import { AddPartitions } from './add-partitions'
import { DeleteTopic } from './delete-topic'

export function TopicHead({ topic }: { topic: Topic }) {
  const asked = useSignal<'add' | 'delete' | undefined>(undefined)
  const close = () => (asked.value = undefined)
  const records = recordsOf(lanes.value.length > 0 ? lanes.value : topic.partitions)
  return (
    <header class="topic-head" data-testid="topic-head">
      <div>
        <h2>
          <span class="hidden">Topic </span>
          {topic.name}
        </h2>
        <p class="quiet">
          <span data-testid="total" data-records={records}>
            {counted(records, 'record')}
          </span>{' '}
          in {counted(topic.partitions.length, 'partition')}
        </p>
      </div>
      <div class="actions">
        <button type="button" data-testid="add-partitions" onClick={() => (asked.value = 'add')}>
          Add partitions
        </button>
        <button type="button" class="danger" data-testid="delete-topic" onClick={() => (asked.value = 'delete')}>
          Delete topic
        </button>
      </div>
      {asked.value === 'add' && <AddPartitions topic={topic} onClose={close} />}
      {asked.value === 'delete' && <DeleteTopic topic={topic} records={records} onClose={close} />}
    </header>
  )
}

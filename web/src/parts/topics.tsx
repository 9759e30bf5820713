/** The list of topics, and a way to make one. */

import { useSignal } from '@preact/signals'
import { lanes } from '../broker/follow'
import { recordsOf, selected, type Topic, topics } from '../broker/topics'
import { count, counted } from '../format'
import { go } from '../route'
import { Note } from '../ui/note'
import { NewTopic } from './new-topic'

export function Topics() {
  const making = useSignal(false)
  const all = topics.value ?? []
  return (
    <nav class="topics" aria-labelledby="topics-title" data-testid="topics">
      <header class="part-head">
        <h2 id="topics-title">Topics</h2>
        <button type="button" data-testid="new-topic" onClick={() => (making.value = true)}>
          New topic
        </button>
      </header>
      {all.length === 0 ? (
        <p class="quiet">None yet. Load the flights, or make a topic of your own.</p>
      ) : (
        <ul>
          {all.map((topic) => (
            <li>
              <Entry topic={topic} />
            </li>
          ))}
        </ul>
      )}
      <Note title="What is a topic?">
        <p>
          A topic is a named log. Records are only ever added at its end, and reading removes nothing: any
          number of readers can go through the same records, each at its own pace, and again from the start.
        </p>
      </Note>
      {making.value && <NewTopic onClose={() => (making.value = false)} />}
    </nav>
  )
}

function Entry({ topic: { name, partitions } }: { topic: Topic }) {
  const isSelected = selected.value?.name === name
  const records = recordsOf(isSelected && lanes.value.length > 0 ? lanes.value : partitions)
  return (
    <button
      type="button"
      class="topic"
      aria-current={isSelected ? 'page' : undefined}
      data-testid={`topic-${name}`}
      onClick={() => go({ topic: name })}
    >
      <span class="topic-name">{name}</span>
      <span class="topic-size">
        {count(records)} <span class="quiet">in {counted(partitions.length, 'partition')}</span>
      </span>
    </button>
  )
}

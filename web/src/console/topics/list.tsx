/** All topics, with their sizes, and a way to make one. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { recordsOf, topics, watchTopics } from '../../broker/topics'
import { count } from '../../format'
import { href } from '../../route'
import { Title } from '../../ui/title'
import { NewTopic } from './new-topic'

export function List() {
  const making = useSignal(false)
  useEffect(watchTopics, [])
  const all = topics.value ?? []
  return (
    <>
      <Title
        testid="topics"
        about="Named logs. Records are added at their ends, and reading takes nothing away."
        actions={
          <button type="button" class="primary" data-testid="new-topic" onClick={() => (making.value = true)}>
            New topic
          </button>
        }
      >
        Topics
      </Title>
      {all.length === 0 ? (
        <p class="empty">
          None yet. <a href={href([])}>Load the flights</a>, or make a topic of your own.
        </p>
      ) : (
        <div class="panel">
          <table class="list">
            <caption class="hidden">Topics</caption>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col" class="number">Partitions</th>
                <th scope="col" class="number">Records</th>
              </tr>
            </thead>
            <tbody>
              {all.map(({ name, partitions, problem }) => (
                <tr key={name} data-testid={`topic-${name}`}>
                  <th scope="row">
                    <a href={href(['topics', name])}>{name}</a>
                  </th>
                  <td class="number">{problem ? '–' : count(partitions.length)}</td>
                  <td class="number">{problem ? '–' : count(recordsOf(partitions))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {making.value && <NewTopic onClose={() => (making.value = false)} />}
    </>
  )
}

/** All topics, with their sizes, and a way to make one. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { recordsOf, topics, watchTopics } from '../../broker/topics'
import { configsOf } from '../../broker/configs'
import { bytes, count, counted } from '../../format'
import { href, look, place } from '../../route'
import { Name } from '../../ui/name'
import { Title } from '../../ui/title'
import { meaning } from '../configs/meaning'
import { NewTopic } from './new-topic'
import { Restore } from './restore'

const POLICY = ['cleanup.policy', 'retention.ms', 'ottla.durability']

/** More are searched than looked through. */
const FEW = 8

const isInternal = (name: string): boolean => name.startsWith('__')

export function List() {
  const making = useSignal(false)
  const isRestoring = useSignal(false)
  useEffect(watchTopics, [])
  // The broker's own come last.
  const all = [...(topics.value ?? [])].sort((a, b) => Number(isInternal(a.name)) - Number(isInternal(b.name)))
  const { search = '' } = place.value.query
  const shown = all.filter(({ name }) => name.includes(search))
  const names = all.map(({ name }) => name).join(' ')
  const policies = useSignal<ReadonlyMap<string, ReadonlyMap<string, string>>>(new Map())
  useEffect(() => {
    // What is not told is not shown; the topics are.
    configsOf(all.map(({ name }) => name), POLICY).then(
      (found) => (policies.value = found),
      () => undefined,
    )
  }, [names])
  return (
    <>
      <Title
        testid="topics"
        about="Named logs. Records are added at their ends, and reading takes nothing away."
        actions={
          <>
            <button type="button" data-testid="restore" onClick={() => (isRestoring.value = true)}>
              Restore
            </button>
            <button type="button" class="primary" data-testid="new-topic" onClick={() => (making.value = true)}>
              New topic
            </button>
          </>
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
          {(all.length > FEW || search !== '') && (
            <label class="field list-search">
              <span class="hidden">Search topics</span>
              <input
                type="search"
                placeholder={`Search ${counted(all.length, 'topic')} by name`}
                value={search}
                onInput={({ currentTarget }) => look({ search: currentTarget.value || undefined })}
              />
            </label>
          )}
          <table class="list">
            <caption class="hidden">Topics</caption>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col" class="number wide-only">Partitions</th>
                <th scope="col" class="number">Records</th>
                <th scope="col" class="number">Size</th>
                <th scope="col" class="wide-only">Kept</th>
                <th scope="col" class="wide-only">Durability</th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ name, partitions, size_bytes, problem }) => (
                <tr key={name} data-testid={`topic-${name}`}>
                  <th scope="row">
                    <a href={href(['topics', name])}>
                      <Name of={name} />
                    </a>
                    {isInternal(name) && <small> the broker’s own</small>}
                  </th>
                  <td class="number wide-only">{problem ? '–' : count(partitions.length)}</td>
                  <td class="number">{problem ? '–' : count(recordsOf(partitions))}</td>
                  <td class="number">{size_bytes === undefined ? '–' : bytes(size_bytes)}</td>
                  <td class="wide-only">{kept(policies.value.get(name))}</td>
                  <td class="wide-only">{policies.value.get(name)?.get('ottla.durability')}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {shown.length === 0 && <p class="quiet">No topic has “{search}” in its name.</p>}
        </div>
      )}
      {making.value && <NewTopic onClose={() => (making.value = false)} />}
      {isRestoring.value && <Restore onClose={() => (isRestoring.value = false)} />}
    </>
  )
}

/** How long a topic's records are kept, in few words. */
function kept(configs: ReadonlyMap<string, string> | undefined): string {
  const policy = configs?.get('cleanup.policy')
  const retention = configs?.get('retention.ms')
  if (policy === undefined || retention === undefined) return ''
  const time = meaning('retention.ms', retention) ?? `${retention} ms`
  if (policy === 'compact') return 'newest of each key'
  return policy.includes('compact') ? `newest of each key, ${time}` : time
}

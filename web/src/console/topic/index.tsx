/** One topic: what can be done to it, and what there is to see of it, by tabs. */

import { useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { connection } from '../../broker/connection'
import { backUp } from '../../broker/backup'
import { follow } from '../../broker/follow'
import { recordsOf, type Topic, topics, watchTopic } from '../../broker/topics'
import { bytes, counted } from '../../format'
import { href, visit } from '../../route'
import { useAction } from '../../ui/action'
import { lazy } from '../../ui/lazy'
import { Name } from '../../ui/name'
import { Tabs } from '../../ui/tabs'
import { Title } from '../../ui/title'
import { Trouble } from '../../ui/trouble'
import { AddPartitions } from './add-partitions'
import { DeleteTopic } from './delete-topic'
import { Partitions } from './partitions'
import { Purge } from './purge'

export interface TabProps {
  topic: Topic
}

const tabs: { name: string | undefined; label: string; component: ComponentType<TabProps> }[] = [
  { name: undefined, label: 'Partitions', component: Partitions },
  { name: 'messages', label: 'Messages', component: lazy(() => import('../messages')) },
  { name: 'produce', label: 'Produce', component: lazy(() => import('./produce')) },
  { name: 'groups', label: 'Groups', component: lazy(() => import('./groups')) },
  { name: 'configuration', label: 'Configuration', component: lazy(() => import('./configuration')) },
]

export default function TopicScreen({ name, tab }: { name: string; tab: string | undefined }) {
  const topic = topics.value?.find((each) => each.name === name)
  if (!topic) return <Missing name={name} />
  return <Present topic={topic} tab={tab} />
}

function Missing({ name }: { name: string }) {
  return (
    <>
      <Title>{`No topic ${name}`}</Title>
      <p>
        It may have been deleted, or is in another database. <a href={href(['topics'])}>See which topics there are.</a>
      </p>
    </>
  )
}

function Present({ topic, tab }: { topic: Topic; tab: string | undefined }) {
  const { name, partitions, size_bytes, problem } = topic
  const asked = useSignal<'add' | 'purge' | 'delete' | undefined>(undefined)
  const close = () => (asked.value = undefined)
  const backup = useAction()
  const records = recordsOf(partitions)
  const shown = tabs.find((each) => each.name === tab) ?? tabs[0]
  useEffect(() => watchTopic(name), [name])
  // What is shown of the records that come, and of their keys; read anew when partitions are added.
  const isFollowed = !problem && (shown?.name === undefined || asked.value === 'add')
  const open = connection.value.state === 'open' ? connection.value.broker : undefined
  useEffect(() => {
    if (!isFollowed) return
    void follow(name)
    return () => void follow(undefined)
  }, [open, name, partitions.length, isFollowed])
  return (
    <>
      <Title
        testid="topic-head"
        tab={shown?.name === undefined ? name : `${name} · ${shown.label}`}
        about={
          <>
            <span data-testid="total" data-records={records}>
              {counted(records, 'record')}
            </span>{' '}
            in {counted(partitions.length, 'partition')}
            {size_bytes !== undefined && <>, {bytes(size_bytes)}</>}
          </>
        }
        actions={
          <>
            <button type="button" data-testid="add-partitions" onClick={() => (asked.value = 'add')}>
              Add partitions
            </button>
            <button type="button" data-testid="back-up" disabled={backup.busy} onClick={() => backup.run(() => backUp([name]))}>
              Back up
            </button>
            <button type="button" data-testid="purge" disabled={records === 0} onClick={() => (asked.value = 'purge')}>
              Purge
            </button>
            <button type="button" class="danger" data-testid="delete-topic" onClick={() => (asked.value = 'delete')}>
              Delete
            </button>
          </>
        }
      >
        <span class="hidden">Topic </span>
        <Name of={name} />
      </Title>
      <Tabs
        label={`Topic ${name}`}
        tabs={tabs.map((each) => ({
          label: each.label,
          href: href(['topics', name, ...(each.name ? [each.name] : [])]),
          isCurrent: each === shown,
        }))}
      />
      <Trouble problem={problem ?? backup.problem} />
      {!problem && shown && <shown.component topic={topic} />}
      {asked.value === 'add' && <AddPartitions topic={topic} onClose={close} />}
      {asked.value === 'purge' && <Purge topic={topic} onClose={close} />}
      {asked.value === 'delete' && <DeleteTopic topic={topic} records={records} onClose={close} onDeleted={() => visit(['topics'])} />}
    </>
  )
}

/** The page as a whole. */

import { useSignalEffect, useComputed } from '@preact/signals'
import { connection } from './broker/connection'
import { loading, TOPIC } from './broker/flights'
import { follow } from './broker/follow'
import { watch } from './broker/storage'
import { refresh, selected, topics } from './broker/topics'
import { BrokerState } from './parts/broker-state'
import { Configuration } from './parts/configuration'
import { Flights } from './parts/flights'
import { Header } from './parts/header'
import { Partitions } from './parts/partitions'
import { Produce } from './parts/produce'
import { Records } from './parts/records'
import { TopicHead } from './parts/topic-head'
import { Topics } from './parts/topics'
import { Welcome } from './parts/welcome'

export function App() {
  // What must be read anew when it changes: the broker, the topic, the number of its partitions.
  const followed = useComputed(() => {
    const { value } = connection
    const topic = selected.value
    if (value.state !== 'open' || !topic) return undefined
    return `${value.broker.mode} ${topic.partitions.length} ${topic.name}`
  })
  useSignalEffect(() => {
    if (connection.value.state !== 'open') return
    void refresh()
    watch()
  })
  useSignalEffect(() => {
    void follow(followed.value === undefined ? undefined : selected.peek()?.name)
  })

  const topic = selected.value
  const isOpen = connection.value.state === 'open' && topics.value !== undefined
  const offersFlights =
    !topics.value?.some(({ name }) => name === TOPIC) ||
    topic?.name === TOPIC ||
    loading.value.state !== 'idle'
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the topic
      </a>
      <Header />
      <div class="page" data-testid="broker" data-state={isOpen ? 'open' : connection.value.state}>
        <BrokerState />
        {isOpen && (
          <div class="columns">
            <Topics />
            <main id="main" tabIndex={-1}>
              {topic ? <TopicHead topic={topic} /> : <Welcome />}
              {offersFlights && <Flights />}
              {topic && <Partitions topic={topic} />}
              {topic && <Records key={`records ${topic.name}`} topic={topic} />}
              {topic && <Produce key={`produce ${topic.name}`} topic={topic} />}
              {topic && <Configuration key={`configuration ${topic.name}`} topic={topic} />}
            </main>
          </div>
        )}
      </div>
    </>
  )
}

/** The address keeps what is looked at, and so the jump is made by hand. */
function skip(event: Event): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

/** The page as a whole. */

import { useComputed, useSignalEffect } from '@preact/signals'
import { Fragment } from 'preact'
import { connection } from './broker/connection'
import { isRunning, TOPIC } from './broker/flights'
import { follow } from './broker/follow'
import { watch } from './broker/storage'
import { refresh, selected, topics, unlisted } from './broker/topics'
import { BrokerState } from './parts/broker-state'
import { Configuration } from './parts/configuration'
import { Flights } from './parts/flights'
import { Groups } from './parts/groups'
import { Header } from './parts/header'
import { Partitions } from './parts/partitions'
import { Produce } from './parts/produce'
import { Records } from './parts/records'
import { TopicHead } from './parts/topic-head'
import { Topics } from './parts/topics'
import { Welcome } from './parts/welcome'
import { Trouble } from './ui/trouble'

export function App() {
  // What must be read anew when it changes: the broker, the topic, the number of its partitions.
  const followed = useComputed(() => {
    const { value } = connection
    const topic = selected.value
    if (value.state !== 'open' || !topic || topic.problem) return undefined
    return `${value.broker.mode} ${topic.partitions.length} ${topic.name}`
  })
  useSignalEffect(() => {
    const { state } = connection.value
    void refresh()
    if (state === 'open') watch()
  })
  useSignalEffect(() => {
    void follow(followed.value === undefined ? undefined : selected.peek()?.name)
  })

  const topic = selected.value
  const readable = topic?.problem ? undefined : topic
  const isOpen = connection.value.state === 'open' && topics.value !== undefined
  const isMade = topics.value?.some(({ name }) => name === TOPIC)
  const offersFlights = !isMade || topic?.name === TOPIC || isRunning.value
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the topic
      </a>
      <Header />
      <div class="page" data-testid="broker" data-state={isOpen ? 'open' : connection.value.state}>
        <BrokerState />
        {connection.value.state === 'open' && (
          <Trouble problem={unlisted.value}>
            <button type="button" onClick={() => refresh()}>
              Ask again
            </button>
          </Trouble>
        )}
        {isOpen && (
          <div class="columns">
            <Topics />
            <main id="main" tabIndex={-1}>
              {topic ? <TopicHead topic={topic} /> : <Welcome />}
              {offersFlights && <Flights />}
              <Trouble problem={topic?.problem} />
              {readable && (
                <Fragment key={readable.name}>
                  <Partitions topic={readable} />
                  <Groups topic={readable} />
                  <Records topic={readable} />
                  <Produce topic={readable} />
                  <Configuration topic={readable} />
                </Fragment>
              )}
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

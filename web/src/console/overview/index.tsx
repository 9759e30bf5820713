/** Where one arrives: what this is, the flights, how their partitions fill, and where to go from here. */

import { useEffect } from 'preact/hooks'
import { TOPIC } from '../../broker/flights'
import { topics, watchTopics } from '../../broker/topics'
import { lazy } from '../../ui/lazy'
import { Title } from '../../ui/title'
import { Flights } from './flights'
import { Next } from './next'

const Lanes = lazy(() => import('./lanes'))

export default function Overview() {
  const topic = topics.value?.find(({ name }) => name === TOPIC)
  useEffect(watchTopics, [])
  return (
    <>
      <Title
        testid="welcome"
        tab="Overview"
        about="A worker of this page runs a broker that speaks Kafka’s protocol. Its log is kept in your browser’s IndexedDB. There is no server and no account, and nothing leaves this machine."
      >
        A Kafka broker, in this tab
      </Title>
      <Flights />
      {topic && !topic.problem && <Lanes topic={topic} />}
      <Next hasFlights={topic !== undefined} />
    </>
  )
}

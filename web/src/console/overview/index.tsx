/** Where one arrives: what this is, the flights, and how their partitions fill. */

import { useEffect } from 'preact/hooks'
import { connection } from '../../broker/connection'
import { TOPIC } from '../../broker/flights'
import { follow } from '../../broker/follow'
import { topics, watchTopics } from '../../broker/topics'
import { Title } from '../../ui/title'
import { Partitions } from '../topic/partitions'
import { Flights } from './flights'
import { Next } from './next'

export default function Overview() {
  const topic = topics.value?.find(({ name }) => name === TOPIC)
  const readable = topic?.problem ? undefined : topic
  const open = connection.value.state === 'open' ? connection.value.broker : undefined
  useEffect(watchTopics, [])
  useEffect(() => {
    if (!readable) return
    void follow(TOPIC)
    return () => void follow(undefined)
  }, [open, readable !== undefined, readable?.partitions.length])
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
      {readable && <Partitions topic={readable} />}
      <Next hasFlights={topic !== undefined} />
    </>
  )
}

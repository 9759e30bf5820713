/** The flights' partitions, as they fill. */

import { useEffect } from 'preact/hooks'
import { connection } from '../../broker/connection'
import { TOPIC } from '../../broker/flights'
import { follow } from '../../broker/follow'
import type { Topic } from '../../broker/topics'
import { Partitions } from '../topic/partitions'

export default function Lanes({ topic }: { topic: Topic }) {
  const open = connection.value.state === 'open' ? connection.value.broker : undefined
  useEffect(() => {
    void follow(TOPIC)
    return () => void follow(undefined)
  }, [open, topic.partitions.length])
  return <Partitions topic={topic} />
}

/** Deletes the flights, so that they can be loaded again. */

import { loading } from '../../broker/flights'
import { lanes } from '../../broker/follow'
import { recordsOf, type Topic } from '../../broker/topics'
import { DeleteTopic } from '../topic/delete-topic'

interface Props {
  topic: Topic
  onClose: () => void
}

export default function ClearFlights({ topic, onClose }: Props) {
  const close = () => {
    loading.value = { state: 'idle' }
    onClose()
  }
  // What was read is newer than what was asked.
  const records = recordsOf(lanes.value.length > 0 ? lanes.value : topic.partitions)
  return <DeleteTopic topic={topic} records={records} onClose={close} />
}

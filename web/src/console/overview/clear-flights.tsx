/** Deletes the flights, so that they can be loaded again. */

import { loading } from '../../broker/flights'
import type { Topic } from '../../broker/topics'
import { DeleteTopic } from '../topic/delete-topic'

interface Props {
  topic: Topic
  records: number
  onClose: () => void
}

export function ClearFlights(props: Props) {
  const close = () => {
    loading.value = { state: 'idle' }
    props.onClose()
  }
  return <DeleteTopic {...props} onClose={close} />
}

/** Asks before a topic is deleted, and says what is lost with it. */

import { stop, TOPIC } from '../../broker/flights'
import { without } from '../../broker/follow'
import { remove, type Topic } from '../../broker/topics'
import { counted } from '../../format'
import { useAction } from '../../ui/action'
import { Dialog } from '../../ui/dialog'
import { DialogForm } from '../../ui/dialog-form'

interface Props {
  topic: Topic
  records: number
  onClose: () => void
  onDeleted?: () => void
}

export function DeleteTopic({ topic: { name, partitions }, records, onClose, onDeleted }: Props) {
  const action = useAction()
  const confirm = async () => {
    const removed = await action.run(async () => {
      if (name === TOPIC) await stop()
      await without(name, () => remove(name))
    })
    if (!removed) return
    onClose()
    onDeleted?.()
  }
  return (
    <Dialog title={`Delete ${name}?`} testid="delete-topic-dialog" onClose={onClose}>
      <DialogForm
        action={action}
        label={`Delete ${counted(records, 'record')}`}
        testid="confirm-delete"
        isFinal
        otherwise="Keep the topic"
        onSubmit={confirm}
        onClose={onClose}
      >
        <p>
          This deletes the topic <b>{name}</b> with its {counted(partitions.length, 'partition')} and all{' '}
          <b>{counted(records, 'record')}</b> in them, and its configuration. It cannot be undone. A new topic
          of the same name begins empty, at offset 0.
        </p>
      </DialogForm>
    </Dialog>
  )
}

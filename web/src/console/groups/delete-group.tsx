/** Asks before a group is deleted, and says what is lost with it. */

import { deleteGroup, type Group, topicsOf } from '../../broker/groups'
import { counted } from '../../format'
import { useAction } from '../../ui/action'
import { Dialog } from '../../ui/dialog'
import { DialogForm } from '../../ui/dialog-form'

interface Props {
  group: Group
  onClose: () => void
  onDeleted?: () => void
}

export function DeleteGroup({ group, onClose, onDeleted }: Props) {
  const action = useAction()
  const committed = group.progress.filter(({ committed }) => committed !== undefined).length
  const confirm = async () => {
    if (!(await action.run(() => deleteGroup(group.id)))) return
    onClose()
    onDeleted?.()
  }
  return (
    <Dialog title={`Delete ${group.id}?`} testid="delete-group-dialog" onClose={onClose}>
      <DialogForm
        action={action}
        label="Delete the group"
        testid="confirm-delete-group"
        isFinal
        otherwise="Keep it"
        onSubmit={confirm}
        onClose={onClose}
      >
        <p>
          This deletes the group <b>{group.id}</b> and the offsets that it has committed for{' '}
          <b>{counted(committed, 'partition')}</b> of {topicsOf(group).join(', ') || 'no topic'}. No record is lost. A
          group of the same name begins where its consumers say, at the start or the end.
        </p>
      </DialogForm>
    </Dialog>
  )
}

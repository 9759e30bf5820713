/** Sets where a group goes on in a topic, after showing what that means for each partition. */

import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { type Group, offsetsAt, type Progress, setOffsets, type Target } from '../../broker/groups'
import { count, counted, fromField, toField } from '../../format'
import { natural } from '../../route'
import { useAction } from '../../ui/action'
import { Dialog } from '../../ui/dialog'
import { DialogForm } from '../../ui/dialog-form'
import { TimeField } from '../../ui/time-field'

type To = 'start' | 'end' | 'time' | 'exact'

const ways: { value: To; label: string }[] = [
  { value: 'start', label: 'the start: read everything again' },
  { value: 'end', label: 'the end: skip what is there' },
  { value: 'time', label: 'a time' },
  { value: 'exact', label: 'an offset for each partition' },
]

interface Props {
  group: Group
  topic: string
  onClose: () => void
}

export function ResetOffsets({ group, topic, onClose }: Props) {
  const to = useSignal<To>('start')
  const time = useSignal(toField(Date.now() - 3_600_000))
  const typed = useSignal<ReadonlyMap<number, string>>(new Map())
  const found = useSignal<readonly Target[]>([])
  const looking = useAction()
  const action = useAction()
  const progress = group.progress.filter((each) => each.topic === topic)

  useEffect(() => {
    const timestamp_ms = fromField(time.value)
    if (to.value !== 'time' || timestamp_ms === undefined) return
    void looking.run(async () => {
      found.value = await offsetsAt(topic, timestamp_ms)
    })
  }, [to.value, time.value])

  /** Where a partition is to go on; undefined where that is not said. */
  const target = ({ partition, low, high, committed }: Progress): number | undefined => {
    switch (to.value) {
      case 'start':
        return low
      case 'end':
        return high
      case 'time':
        return found.value.find((each) => each.partition === partition)?.offset
      case 'exact':
        return natural(typed.value.get(partition) ?? String(committed ?? low))
    }
  }
  const targets = progress.flatMap((each): Target[] => {
    const offset = target(each)
    return offset === undefined ? [] : [{ partition: each.partition, offset }]
  })
  const submit = async () => {
    if (await action.run(() => setOffsets(group.id, topic, targets))) onClose()
  }
  return (
    <Dialog title={`Where ${group.id} goes on in ${topic}`} testid="reset-dialog" onClose={onClose}>
      <DialogForm
        action={action}
        problem={looking.problem}
        label="Set the offsets"
        testid="confirm-reset"
        isDisabled={looking.busy || targets.length < progress.length}
        onSubmit={submit}
        onClose={onClose}
      >
        <fieldset class="choices">
          <legend>From</legend>
          {ways.map(({ value, label }) => (
            <label key={value}>
              <input type="radio" name="to" checked={to.value === value} onChange={() => (to.value = value)} />
              <span>{label}</span>
            </label>
          ))}
        </fieldset>
        {to.value === 'time' && <TimeField value={time.value} onInput={(value) => (time.value = value)} />}
        <div class="routes-scroll" tabIndex={0} role="region" aria-label="Offsets by partition">
          <table>
            <thead>
              <tr>
                <th scope="col">Partition</th>
                <th scope="col" class="number">Now</th>
                <th scope="col" class="number">Then</th>
                <th scope="col" class="number">To read</th>
              </tr>
            </thead>
            <tbody>
              {progress.map((each) => (
                <Line key={each.partition} progress={each} then={target(each)}>
                  {to.value === 'exact' && (
                    <input
                      class="offset-field"
                      inputMode="numeric"
                      pattern="\d{1,15}"
                      required
                      aria-label={`Offset of partition ${each.partition}, ${each.low} to ${each.high}`}
                      value={typed.value.get(each.partition) ?? String(each.committed ?? each.low)}
                      onInput={({ currentTarget }) => {
                        typed.value = new Map(typed.value).set(each.partition, currentTarget.value.trim())
                      }}
                    />
                  )}
                </Line>
              ))}
            </tbody>
          </table>
        </div>
        <p data-testid="reset-meaning">{meaning(progress, target)}</p>
      </DialogForm>
    </Dialog>
  )
}

interface LineProps {
  progress: Progress
  then: number | undefined
  /** A field, in the place of the number. */
  children: ComponentChildren
}

function Line({ progress: { partition, high, committed }, then, children }: LineProps) {
  return (
    <tr>
      <th scope="row">
        <span class="chip" data-hue={partition % 6}>
          {partition}
        </span>
      </th>
      <td class="number">{committed === undefined ? <span class="quiet">none</span> : count(committed)}</td>
      <td class="number">{children || (then === undefined ? '…' : count(then))}</td>
      <td class="number">{then === undefined ? '…' : count(Math.max(0, high - then))}</td>
    </tr>
  )
}

/** How many records are read again, and how many never, compared with going on as it is. */
function meaning(progress: Progress[], target: (of: Progress) => number | undefined): string {
  let again = 0
  let skipped = 0
  for (const each of progress) {
    const then = target(each)
    if (then === undefined) return 'Looking …'
    const before = each.committed ?? each.low
    again += Math.max(0, before - Math.max(then, each.low))
    skipped += Math.max(0, Math.min(then, each.high) - before)
  }
  const parts = [
    again > 0 && `${counted(again, 'record')} will be read again`,
    skipped > 0 && `${counted(skipped, 'record')} will be skipped`,
  ].filter((part) => part !== false)
  return parts.length === 0 ? 'Nothing changes.' : `${parts.join(', ')}.`
}

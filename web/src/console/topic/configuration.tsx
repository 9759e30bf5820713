/** The configuration of a topic, as the broker tells it. */

import { useSignal } from '@preact/signals'
import type { ConfigEntries } from 'ottla'
import { useEffect } from 'preact/hooks'
import { configs, type Topic } from '../../broker/topics'
import { useAction } from '../../ui/action'
import { Note } from '../../ui/note'
import { Part } from '../../ui/part'
import { Trouble } from '../../ui/trouble'

const note = (
  <Note title="What is configured?">
    <p>
      Each topic can override the broker’s defaults: how long its records are kept, whether it is compacted to
      the newest record of each key, how large a batch may be. <code>ottla.durability</code> is our own: when a
      record counts as stored.
    </p>
    <p>
      The flights’ topic is made with <code>retention.ms=-1</code>: by the default of seven days, flights of
      2001 would be due for deletion at once.
    </p>
  </Note>
)

export default function Configuration({ topic }: { topic: Topic }) {
  const entries = useSignal<ConfigEntries[] | undefined>(undefined)
  const all = useSignal(false)
  const action = useAction()
  useEffect(() => {
    void action.run(async () => {
      entries.value = await configs(topic.name)
    })
  }, [topic.name])
  const isShown = ({ isDefault, configName }: ConfigEntries) =>
    all.value || !isDefault || configName === 'ottla.durability'
  const shown = entries.value?.filter(isShown) ?? []
  const toggle = (
    <label class="check">
      <input type="checkbox" checked={all.value} onChange={() => (all.value = !all.value)} />
      <span>Show defaults, too</span>
    </label>
  )
  return (
    <Part id="configuration" title="Configuration" aside={toggle} note={note}>
      <Trouble problem={action.problem} />
      <table class="configs">
        <caption class="hidden">Configuration of {topic.name}</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Value</th>
            <th scope="col">Set by</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ configName, configValue, isDefault }) => (
            <tr>
              <th scope="row">
                <code>{configName}</code>
              </th>
              <td>
                <code>{configValue || '(empty)'}</code>
              </td>
              <td class="quiet">{isDefault ? 'default' : 'this topic'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Part>
  )
}

/** The configuration of a topic: what each does, what it is, and a way to change it. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type Config, configs, configure, topicResource } from '../../broker/configs'
import type { Topic } from '../../broker/topics'
import '../../styles/configs.css'
import { useAction } from '../../ui/action'
import { Part } from '../../ui/part'
import { Trouble } from '../../ui/trouble'
import { ofTopics } from '../configs/documentation'
import { ConfigTable } from '../configs/table'

export default function Configuration({ topic: { name } }: { topic: Topic }) {
  const entries = useSignal<Config[] | undefined>(undefined)
  const action = useAction()
  const read = async () => {
    entries.value = await configs(topicResource(name))
  }
  useEffect(() => void action.run(read), [name])
  return (
    <Part id="configuration" title="Configuration">
      <Trouble problem={action.problem} />
      {entries.value && (
        <ConfigTable
          label={`Configuration of ${name}`}
          configs={entries.value}
          documentation={ofTopics}
          onChange={async (config, value) => {
            await configure(name, config, value)
            await read()
          }}
        />
      )}
    </Part>
  )
}

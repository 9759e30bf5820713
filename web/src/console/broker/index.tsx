/** The broker: where it runs, what it keeps and how safely, other databases, its configuration. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { brokerResource, type Config, configs } from '../../broker/configs'
import { connection } from '../../broker/connection'
import '../../styles/broker.css'
import '../../styles/configs.css'
import { useAction } from '../../ui/action'
import { Part } from '../../ui/part'
import { Title } from '../../ui/title'
import { Trouble } from '../../ui/trouble'
import { ofBroker } from '../configs/documentation'
import { ConfigTable } from '../configs/table'
import { Databases } from './databases'
import { Leadership } from './leadership'
import { Storage } from './storage'

export default function Broker() {
  const address = connection.value.state === 'open' ? connection.value.broker.address : connection.value.address
  return (
    <>
      <Title about={<code>{address}</code>}>Broker</Title>
      <div class="cards">
        <Storage />
        <Leadership />
        <Databases />
      </div>
      <Configuration />
    </>
  )
}

function Configuration() {
  const entries = useSignal<Config[] | undefined>(undefined)
  const action = useAction()
  useEffect(() => {
    void action.run(async () => {
      entries.value = await configs(await brokerResource())
    })
  }, [])
  return (
    <Part id="configuration" title="Configuration">
      <p class="quiet">
        What the broker was started with. It is changed where the broker is started; a topic’s own configuration
        goes before what is said here for all.
      </p>
      <Trouble problem={action.problem} />
      {entries.value && (
        <ConfigTable label="Configuration of the broker" configs={entries.value} documentation={ofBroker} />
      )}
    </Part>
  )
}

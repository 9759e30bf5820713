/** Where one can go from here. */

import { TOPIC } from '../../broker/flights'
import { href } from '../../route'

interface Props {
  /** Whether the flights are here, or some of them. */
  hasFlights: boolean
}

export function Next({ hasFlights }: Props) {
  const ways = [
    { to: href(['learn']), name: 'Learn Kafka by doing', about: 'Eight lessons of one screen each, on real records.' },
    hasFlights
      ? { to: href(['topics', TOPIC, 'messages']), name: 'Look into the messages', about: 'Filter them in JavaScript, or watch them come in live.' }
      : { to: href(['topics']), name: 'Make a topic of your own', about: 'Send records, read them back, set what is kept.' },
    { to: href(['guide']), name: 'Put it into your app', about: 'Ten minutes to a work queue for all its tabs.' },
  ]
  return (
    <nav class="next" aria-label="Where to go from here">
      {ways.map(({ to, name, about }) => (
        <a key={to} href={to}>
          <b>{name} →</b>
          <span>{about}</span>
        </a>
      ))}
    </nav>
  )
}

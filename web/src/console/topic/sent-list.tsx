/** Where the records went that were sent from here. */

import type { Sent } from '../../broker/produce'
import { count, duration } from '../../format'
import { href } from '../../route'

export function SentList({ sent }: { sent: Sent[] }) {
  return (
    <div aria-live="polite">
      {sent.length > 0 && (
        <ol class="sent" aria-label="Records sent from here, the newest first" data-testid="sent">
          {sent.map((each) => (
            <li data-partition={each.partition} data-offset={each.offset}>
              <p>
                Stored in <b>partition {each.partition}</b> at <b>offset {count(each.offset)}</b>, confirmed in{' '}
                {duration(each.elapsed_ms)}. <span class="quiet">{why(each)}</span>
              </p>
              <a href={href(['topics', each.topic, 'messages'], { partition: each.partition, offset: each.offset })}>
                Look at it
              </a>
            </li>
          ))}
        </ol>
      )}
    </div>
  )
}

function why({ chosen, key, partition, of }: Sent): string {
  switch (chosen) {
    case 'by you':
      return 'You named the partition.'
    case 'by the key':
      return `The hash of “${key}” modulo ${of} is ${partition}.`
    case 'by the producer':
      return 'Without a key, the producer chose.'
  }
}

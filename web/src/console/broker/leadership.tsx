/** Which of the site's tabs runs the broker, and how this one reaches it. */

import { connection, leadership } from '../../broker/connection'
import { count } from '../../format'
import { Note } from '../../ui/note'
import { Part } from '../../ui/part'

const ways: Record<string, string> = {
  worker: 'the worker of this tab',
  port: 'a port to the other tab’s worker',
  channel: 'a channel to the other tab, as there is no SharedWorker',
}

const note = (
  <Note title="What does a leader do?">
    <p>
      All tabs of a site share one broker, which runs in a worker of one of them. When that tab is closed, crashes or
      freezes, another takes over. The epoch rises each time, and what an earlier leader still tries to write is
      refused.
    </p>
  </Note>
)

export function Leadership() {
  const known = leadership.value
  const { value } = connection
  if (value.state === 'open' && value.broker.mode === 'memory') {
    return (
      <Part id="leadership" title="Leadership">
        <p>A broker in memory belongs to this tab alone.</p>
      </Part>
    )
  }
  if (!known) {
    return (
      <Part id="leadership" title="Leadership">
        <p role="status">Another tab takes over …</p>
      </Part>
    )
  }
  const { isLeader, leader, tab, epoch, since, via } = known
  return (
    <Part id="leadership" title="Leadership" note={note}>
      <dl class="facts" data-leads={isLeader}>
        <div>
          <dt>The broker runs in</dt>
          <dd>{isLeader ? 'this tab' : `tab ${leader.slice(0, 8)}`}</dd>
        </div>
        <div>
          <dt>Epoch</dt>
          <dd data-testid="epoch">{count(epoch)}</dd>
        </div>
        <div>
          <dt>Since</dt>
          <dd>{since.toLocaleString()}</dd>
        </div>
        <div>
          <dt>Reached through</dt>
          <dd>{via === undefined ? 'nothing yet' : ways[via]}</dd>
        </div>
        <div>
          <dt>This tab</dt>
          <dd>
            <code>{tab.slice(0, 8)}</code>
          </dd>
        </div>
      </dl>
    </Part>
  )
}

// A tab's worker: stands by to run the broker, runs it while it leads, and keeps the page's time,
// which browsers slow down in tabs that nobody sees.

/// <reference lib="webworker" />

import { leadWith } from './tabs/leader.js'
import type { FromWorker, ToWorker } from './tabs/messages.js'
import { failureOf, Participant } from './tabs/participant.js'
import { keepTime } from './tabs/timers.js'

const scope = self as unknown as DedicatedWorkerGlobalScope
const timers = new Map<number, ReturnType<typeof setTimeout>>()
let participant: Participant | undefined

function tell(message: FromWorker): void {
  scope.postMessage(message)
}

scope.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case 'open':
      participant = new Participant(data, tell, leadWith(data))
      participant.open().catch((error: unknown) => tell({ type: 'failed', failure: failureOf(error) }))
      break
    case 'switchboard':
      participant?.rejoin(data.port)
      break
    case 'connect':
      participant?.connect(data.link, data.port)
      break
    case 'watch':
      participant?.watch(data.on)
      break
    case 'timer':
      keepTime(timers, data, tell)
      break
    case 'close':
      participant?.close()
      tell({ type: 'closed' })
      break
  }
}

/** Who leads, how long each write took, and what was found in the end. */

import { count, duration } from '../../format'
import type { ViewProps } from '../engine/lesson'
import type { Leader, Write } from './world'

export function View({ world }: ViewProps<Leader>) {
  const now = world.leadership.value
  return (
    <>
      <ul class="hosts" aria-label="Who stands by" data-testid="hosts" data-epoch={now?.epoch}>
        {world.hosts.map(({ name, tab, state }) => (
          <HostCard
            key={name}
            name={`Worker ${name}`}
            leads={state.value === 'here' && tab.value === now?.leader}
            state={state.value}
            epoch={now?.epoch}
          />
        ))}
        <HostCard name="This page" leads={now?.isLeader === true} state="here" epoch={now?.epoch} />
      </ul>
      <Waits writes={world.writes.value} />
      <Counts world={world} />
    </>
  )
}

interface HostProps {
  name: string
  leads: boolean
  state: 'here' | 'left' | 'killed'
  epoch: number | undefined
}

function HostCard({ name, leads, state, epoch }: HostProps) {
  const words = leads ? `leads, epoch ${epoch}` : state === 'here' ? 'stands by' : state
  return (
    <li class="host" data-leads={leads} data-state={state} data-testid="host">
      <b>{name}</b>
      <span>{words}</span>
    </li>
  )
}

/** Of many writes only the newest are drawn. */
const DRAWN = 150

function Waits({ writes }: { writes: readonly Write[] }) {
  const drawn = [...writes].sort((a, b) => a.number - b.number).slice(-DRAWN)
  const longest = Math.max(0, ...drawn.map(({ wait_ms }) => wait_ms))
  const scale = Math.max(100, Math.ceil(longest / 100) * 100)
  return (
    <section class="waits" aria-labelledby="waits-title">
      <h3 id="waits-title">How long each write waited</h3>
      <div
        class="bars"
        role="img"
        aria-label={`${writes.length} writes, the longest wait ${duration(longest)}`}
        data-testid="bars"
        data-writes={writes.length}
      >
        {drawn.map(({ number, wait_ms, during }) => (
          <span key={number} data-during={during} style={{ height: `${Math.max(2, (wait_ms / scale) * 100)}%` }} />
        ))}
      </div>
      <p class="quiet bars-scale">
        <span>top: {duration(scale)}</span>
        <span>one bar is one record, the newest at the right</span>
      </p>
    </section>
  )
}

function Counts({ world }: { world: Leader }) {
  const writes = world.writes.value
  const worst = (during: Write['during']) => {
    const waits = writes.filter((write) => write.during === during).map(({ wait_ms }) => wait_ms)
    return waits.length === 0 ? '–' : duration(Math.round(Math.max(...waits)))
  }
  const found = world.count.value
  return (
    <dl class="counts" data-testid="counts" data-confirmed={found?.confirmed} data-found={found?.found} data-doubled={found?.doubled} data-ordered={found?.inOrder}>
      <Figure name="confirmed" value={count(writes.length)} />
      <Figure name="longest wait, killed" value={worst('kill')} />
      <Figure name="longest wait, handed over" value={worst('handover')} />
      <Figure name="found in the log" value={found ? count(found.found) : '–'} />
      <Figure name="twice" value={found ? count(found.doubled) : '–'} />
      <Figure name="in order" value={found ? (found.inOrder ? 'yes' : 'no') : '–'} />
    </dl>
  )
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

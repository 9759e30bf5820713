import type { Durability, Peer, Scan } from './peer'
import { batches, makeRecords, touch } from './records'

export interface Question {
  peer: string
  /** The database. */
  name: string
  durability: Durability
  records: number
  batch: number
}

/** How many milliseconds it takes to append the records batch by batch, each awaited. */
export async function measureAppend(peer: Peer, question: Question): Promise<number> {
  const todo = batches(makeRecords(0, question.records), question.batch)
  await peer.open(question.name, question.durability)
  const start = performance.now()
  for (const batch of todo) await peer.append(batch)
  const elapsed_ms = performance.now() - start
  await peer.close()
  return elapsed_ms
}

/** The same with none of them awaited before all are sent. */
export async function measureUnawaited(peer: Peer, question: Question): Promise<number> {
  const todo = batches(makeRecords(0, question.records), question.batch)
  await peer.open(question.name, question.durability)
  const start = performance.now()
  await Promise.all(todo.map((batch) => peer.append(batch)))
  const elapsed_ms = performance.now() - start
  await peer.close()
  return elapsed_ms
}

/** How many milliseconds it takes to read them all back. */
export async function measureScan(peer: Peer, question: Question): Promise<number> {
  await peer.open(question.name, question.durability)
  const start = performance.now()
  const scan = await peer.scan(question.records)
  const elapsed_ms = performance.now() - start
  await peer.close()
  check(scan, question.records)
  return elapsed_ms
}

/** Nobody is fast by bringing less. */
function check(scan: Scan, count: number): void {
  let sum = 0
  for (const { value } of makeRecords(0, count)) sum += touch(value)
  if (scan.records !== count || scan.sum !== sum) {
    throw new Error(`read ${scan.records} records of sum ${scan.sum}, not ${count} of ${sum}`)
  }
}

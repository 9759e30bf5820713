/** What `tests/bench/run.mjs` calls in the page, one call a page. */

import { Bare } from './bare'
import { DexiePeer } from './dexie'
import * as keep from './keep'
import { measureAppend, measureScan, measureUnawaited, type Question } from './measure'
import { Ottla, openToFirstRecord, openToOffsets } from './ottla'
import type { Peer } from './peer'
import { SqlitePeer, sqliteInWorker } from './sqlite'

const peers: Record<string, () => Peer> = {
  ottla: () => new Ottla('by key'),
  'ottla-by-partition': () => new Ottla('by batch'),
  bare: () => new Bare(),
  // Pieces of some 60 KB, which Chromium keeps in its database, not in files of their own.
  'bare-pieces': () => new Bare(480),
  dexie: () => new DexiePeer(),
  sqlite: () => new SqlitePeer(),
}

function peer(question: Question): Peer {
  const make = peers[question.peer]
  if (!make) throw new Error(`no such peer: ${question.peer}`)
  return make()
}

const bench = {
  keep,
  append(question: Question): Promise<number> {
    if (question.peer === 'sqlite-in-worker') return sqliteInWorker.append(question)
    return measureAppend(peer(question), question)
  },
  unawaited: (question: Question) => measureUnawaited(peer(question), question),
  scan(question: Question): Promise<number> {
    if (question.peer === 'sqlite-in-worker') return sqliteInWorker.scan(question)
    return measureScan(peer(question), question)
  },
  openToOffsets: ({ name }: Question) => openToOffsets(name),
  openToFirstRecord: ({ name }: Question) => openToFirstRecord(name),
}

declare global {
  interface Window {
    bench: typeof bench
  }
}
window.bench = bench

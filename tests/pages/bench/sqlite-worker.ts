/** Where SQLite lives: its file system on OPFS exists in workers only. */

import { measureAppend, measureScan, type Question } from './measure'
import type { Durability } from './peer'
import type { Message } from './records'
import { Sqlite } from './sqlite-database'

export type Asked =
  | { open: { name: string; durability: Durability } }
  | { append: Message[] }
  | { scan: { batch: number } }
  | { close: true }
  /** Measure here, without a page that asks. */
  | { measureAppend: Question }
  | { measureScan: Question }

export type Answered = { rows: Message[] } | { done: number } | { failed: string }

const sqlite = new Sqlite()

async function answer(asked: Asked): Promise<number> {
  if ('open' in asked) await sqlite.open(asked.open.name, asked.open.durability)
  else if ('append' in asked) await sqlite.append(asked.append)
  else if ('scan' in asked) sendRows(asked.scan.batch)
  else if ('close' in asked) await sqlite.close()
  else if ('measureAppend' in asked) return measureAppend(new Sqlite(), asked.measureAppend)
  else return measureScan(new Sqlite(), asked.measureScan)
  return 0
}

function sendRows(batch: number): void {
  let rows: Message[] = []
  for (const row of sqlite.rows()) {
    if (rows.push(row) === batch) {
      send({ rows })
      rows = []
    }
  }
  send({ rows })
}

function send(answered: Answered): void {
  self.postMessage(answered)
}

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  answer(data).then(
    (done) => send({ done }),
    (error: unknown) => send({ failed: String(error) }),
  )
}

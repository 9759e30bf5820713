/** SQLite as a page uses it: by asking the worker that it needs. */

import type { Question } from './measure'
import type { Durability, Peer, Scan } from './peer'
import { touch, type Message } from './records'
import type { Answered, Asked } from './sqlite-worker'

const rowsPerMessage = 1000

export class SqlitePeer implements Peer {
  private worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), { type: 'module' })

  async open(name: string, durability: Durability): Promise<void> {
    await this.ask({ open: { name, durability } })
  }

  async append(batch: Message[]): Promise<void> {
    await this.ask({ append: batch })
  }

  async scan(): Promise<Scan> {
    const scan = { records: 0, sum: 0 }
    await this.ask({ scan: { batch: rowsPerMessage } }, (rows) => {
      for (const { value } of rows) {
        scan.records++
        scan.sum += touch(value)
      }
    })
    return scan
  }

  async close(): Promise<void> {
    await this.ask({ close: true })
    this.worker.terminate()
  }

  ask(asked: Asked, onRows?: (rows: Message[]) => void): Promise<number> {
    return new Promise((resolve, reject) => {
      this.worker.onerror = (event) => reject(new Error(event.message))
      this.worker.onmessage = ({ data }: MessageEvent<Answered>) => {
        if ('rows' in data) onRows?.(data.rows)
        else if ('failed' in data) reject(new Error(data.failed))
        else resolve(data.done)
      }
      this.worker.postMessage(asked)
    })
  }
}

/** The same, measured in the worker: what asking costs a page is not counted. */
export const sqliteInWorker = {
  append: (question: Question) => new SqlitePeer().ask({ measureAppend: question }),
  scan: (question: Question) => new SqlitePeer().ask({ measureScan: question }),
}

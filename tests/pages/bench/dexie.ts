/** Dexie, a record an object: `bulkAdd` of each batch. */

import Dexie, { type Table } from 'dexie'
import type { Durability, Peer, Scan } from './peer'
import { touch, type Message } from './records'

export class DexiePeer implements Peer {
  private db!: Dexie
  private records!: Table<Message, number>

  async open(name: string, durability: Durability): Promise<void> {
    this.db = new Dexie(name, { chromeTransactionDurability: durability })
    this.db.version(1).stores({ records: '++' })
    this.records = this.db.table('records')
    await this.db.open()
  }

  append(batch: Message[]): Promise<unknown> {
    return this.records.bulkAdd(batch)
  }

  async scan(): Promise<Scan> {
    const scan = { records: 0, sum: 0 }
    for (const { value } of await this.records.toArray()) {
      scan.records++
      scan.sum += touch(value)
    }
    return scan
  }

  async close(): Promise<void> {
    this.db.close()
  }
}

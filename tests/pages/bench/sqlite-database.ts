import sqlite3InitModule, {
  type OpfsSAHPoolDatabase,
  type PreparedStatement,
  type SAHPoolUtil,
} from '@sqlite.org/sqlite-wasm'
import type { Durability, Peer, Scan } from './peer'
import { touch, type Message } from './records'

/** SQLite compiled to WebAssembly on OPFS (SAH pool): a row a record, a transaction a batch. */
export class Sqlite implements Peer {
  private pool!: SAHPoolUtil
  private db!: OpfsSAHPoolDatabase
  private insert!: PreparedStatement

  async open(name: string, durability: Durability): Promise<void> {
    const sqlite3 = await sqlite3InitModule()
    this.pool = await sqlite3.installOpfsSAHPoolVfs({ name, directory: `/${name}` })
    this.db = new this.pool.OpfsSAHPoolDb('/records.db')
    // Relaxed IndexedDB leaves it to the operating system when to write, and so does this.
    this.db.exec(`pragma synchronous = ${durability === 'relaxed' ? 'off' : 'full'}`)
    this.db.exec('pragma locking_mode = exclusive')
    this.db.exec('pragma journal_mode = truncate')
    this.db.exec(`create table if not exists records
      (id integer primary key, key blob not null, value blob not null)`)
    this.insert = this.db.prepare('insert into records (key, value) values (?, ?)')
  }

  async append(batch: Message[]): Promise<void> {
    this.db.exec('begin')
    for (const { key, value } of batch) {
      this.insert.bind(1, key)
      this.insert.bind(2, value)
      this.insert.stepReset()
    }
    this.db.exec('commit')
  }

  *rows(): Generator<Message> {
    const select = this.db.prepare('select key, value from records order by id')
    while (select.step()) yield { key: select.getBlob(0)!, value: select.getBlob(1)! }
    select.finalize()
  }

  async scan(): Promise<Scan> {
    const scan = { records: 0, sum: 0 }
    for (const { value } of this.rows()) {
      scan.records++
      scan.sum += touch(value)
    }
    return scan
  }

  async close(): Promise<void> {
    this.insert.finalize()
    this.db.close()
  }
}

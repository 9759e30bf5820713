/** Bare IndexedDB: a batch is one packed ArrayBuffer, or a few, put in one transaction. */

import type { Durability, Peer, Scan } from './peer'
import { batches, touch, type Message } from './records'

const store = 'batches'
/** Brings about 8 MB at a time. */
const batchesPerRead = 64

export class Bare implements Peer {
  private db!: IDBDatabase
  private durability!: Durability
  private next = 0

  /** `pieceRecords`: batches are cut into buffers of at most so many records. */
  constructor(private pieceRecords = Number.MAX_SAFE_INTEGER) {}

  async open(name: string, durability: Durability): Promise<void> {
    this.durability = durability
    const request = indexedDB.open(name)
    request.onupgradeneeded = () => request.result.createObjectStore(store)
    this.db = await done(request)
    this.next = await done(this.db.transaction(store).objectStore(store).count())
  }

  append(batch: Message[]): Promise<void> {
    const pieces = batches(batch, this.pieceRecords).map(pack)
    return new Promise((resolve, reject) => {
      const transaction = this.db.transaction(store, 'readwrite', { durability: this.durability })
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error)
      const objects = transaction.objectStore(store)
      for (const piece of pieces) objects.put(piece, this.next++)
      transaction.commit()
    })
  }

  async scan(): Promise<Scan> {
    const scan = { records: 0, sum: 0 }
    for (let at = 0; at < this.next; at += batchesPerRead) {
      const objects = this.db.transaction(store).objectStore(store)
      const range = IDBKeyRange.bound(at, at + batchesPerRead, false, true)
      for (const packed of await done<ArrayBuffer[]>(objects.getAll(range))) unpack(packed, scan)
    }
    return scan
  }

  async close(): Promise<void> {
    this.db.close()
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** Each record as its key and its value, both with their lengths before them. */
function pack(batch: Message[]): ArrayBuffer {
  let length = 0
  for (const { key, value } of batch) length += 8 + key.length + value.length
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const { key, value } of batch) {
    view.setUint32(at, key.length)
    bytes.set(key, at + 4)
    at += 4 + key.length
    view.setUint32(at, value.length)
    bytes.set(value, at + 4)
    at += 4 + value.length
  }
  return bytes.buffer
}

function unpack(packed: ArrayBuffer, scan: Scan): void {
  const bytes = new Uint8Array(packed)
  const view = new DataView(packed)
  let at = 0
  while (at < packed.byteLength) {
    const keyEnd = at + 4 + view.getUint32(at)
    const valueEnd = keyEnd + 4 + view.getUint32(keyEnd)
    const message: Message = {
      key: bytes.subarray(at + 4, keyEnd),
      value: bytes.subarray(keyEnd + 4, valueEnd),
    }
    scan.records++
    scan.sum += touch(message.value)
    at = valueEnd
  }
}

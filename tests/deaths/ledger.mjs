// What the tabs of a run did, in the order in which the test heard of it. A tab goes on with a record
// only when it is written down here, so that whatever it commits stands before the commit.

export class Ledger {
  /** @type {Array<{tab: string, type: string, [field: string]: any}>} */
  entries = []
  /** The values of records whose send was acknowledged, with the time at which that was known. */
  acknowledged = new Map()
  /** The values of records that were handed out. */
  consumed = new Set()

  add(tab, entry) {
    this.entries.push({ ...entry, tab, at: Math.round(performance.now()) })
    if (entry.type === 'sent') this.acknowledged.set(entry.value, performance.now())
    if (entry.type === 'consumed') for (const [, , value] of entry.records) this.consumed.add(value)
  }

  /** Records that were acknowledged up to a time and that nobody has consumed. */
  unconsumed(until = Infinity) {
    return [...this.acknowledged].flatMap(([value, at]) =>
      at > until || this.consumed.has(value) ? [] : [value],
    )
  }
}

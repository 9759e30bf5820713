// Whether what happened in a run is what is promised: of the log, and of at-least-once delivery in
// order. Gives what is wrong, in words; nothing where nothing is.

/**
 * @param {import('./ledger.mjs').Ledger['entries']} entries
 * @param {Array<[partition: number, offset: number, key: string, value: string]>} stored all of the topic
 */
export function check(entries, stored) {
  return [...checkLog(entries, stored), ...checkDelivery(entries, stored), ...checkOwners(entries)]
}

/** What was acknowledged is stored where that was said, once, and each producer's keys are in order. */
export function checkLog(entries, stored) {
  const wrong = []
  const where = new Map()
  const last = new Map()
  for (const [partition, offset, key, value] of stored) {
    const place = `${partition}@${offset}`
    if (where.has(value)) wrong.push(`${value} is stored twice: at ${where.get(value)} and ${place}`)
    where.set(value, place)
    const [producer, number] = value.split(/-(?=\d+$)/)
    const stream = `${producer} ${key}`
    const earlier = last.get(stream)
    if (earlier && (earlier.number >= Number(number) || earlier.partition !== partition)) {
      wrong.push(`${value} of ${key} is stored behind ${producer}-${earlier.number}, at ${place}`)
    }
    last.set(stream, { number: Number(number), partition })
  }
  for (const { type, value, partition, offset } of entries) {
    if (type !== 'sent') continue
    const place = where.get(value)
    // A batch that was stored before its leader died is known as a duplicate, without its offset.
    if (!place) wrong.push(`${value} was acknowledged and is not stored`)
    else if (offset >= 0 && place !== `${partition}@${offset}`) {
      wrong.push(`${value} was acknowledged at ${partition}@${offset} and is at ${place}`)
    }
  }
  return wrong
}

/** One partition, as all its readers together have read it. */
class Reading {
  /** Everything before it was handed out. */
  frontier = 0
  committed = 0
  /** What was committed, by generation. */
  commits = new Map()
  /** By tab: the offset that comes next, and how often the group had moved. */
  tabs = new Map()

  commit(offset, generation) {
    this.committed = Math.max(this.committed, offset)
    this.commits.set(generation, Math.max(this.commits.get(generation) ?? 0, offset))
  }

  /** What was committed up to a generation: who has the partition in it begins there, or behind it. */
  committedUpTo(generation) {
    const known = [...this.commits].filter(([of]) => of <= generation)
    return Math.max(0, ...known.map(([, offset]) => offset))
  }
}

/**
 * Everything stored is handed out, in order; a reader begins at the committed offset, and goes back to
 * it only when the group moved; nothing is committed that was not handed out before.
 */
export function checkDelivery(entries, stored) {
  const wrong = []
  const values = new Map(stored.map(([partition, offset, , value]) => [`${partition}@${offset}`, value]))
  const partitions = new Map()
  const reading = (partition) => {
    if (!partitions.has(partition)) partitions.set(partition, new Reading())
    return partitions.get(partition)
  }
  /** How often each tab heard of a rebalance. */
  const moves = new Map()
  /** The generation that each tab joined last, and the last that any of them did. */
  const generations = new Map()
  let newest = -1
  /**
   * Those that slept, and of which it is not known that the group has heard since: what they have in
   * hand may be of long ago, and the group have gone on without them. A tab may have joined just before
   * it fell asleep, and be heard only when it wakes, so it is not any `joined` that ends this.
   */
  const asleep = new Set()

  for (const entry of entries) {
    const { type, tab } = entry
    if (type === 'failed') wrong.push(`${tab}: ${entry.what}`)
    if (type === 'rebalancing' || type === 'joined') moves.set(tab, (moves.get(tab) ?? 0) + 1)
    if (type === 'joined') {
      generations.set(tab, entry.generation)
      if (entry.generation >= newest) asleep.delete(tab)
      newest = Math.max(newest, entry.generation)
    }
    if (type === 'slept') asleep.add(tab)
    if (type === 'committed') {
      for (const [partition, offset] of entry.offsets) {
        const read = reading(partition)
        if (offset > read.frontier) {
          wrong.push(`${tab} committed ${partition}@${offset}, handed out is up to ${read.frontier}`)
        }
        read.commit(offset, entry.generation)
      }
    }
    if (type !== 'consumed') continue
    const { partition, records } = entry
    const read = reading(partition)
    const begun = read.tabs.get(tab)
    const moved = moves.get(tab) ?? 0
    const [[first]] = records
    if (first !== begun?.next) {
      const what = `${tab} goes on at ${partition}@${first} (before: ${begun?.next}, committed: ${read.committed}, handed out: ${read.frontier})`
      if (begun && begun.moved === moved) wrong.push(`${what}, and the group had not moved`)
      if (first > read.frontier) wrong.push(`${what}: records are left out`)
      const known = asleep.has(tab) ? read.committedUpTo(generations.get(tab) ?? -1) : read.committed
      if (first < known) wrong.push(`${what}: it was committed`)
    }
    records.forEach(([offset, , value], at) => {
      if (offset !== first + at) wrong.push(`${tab}: ${partition}@${offset} follows ${first + at - 1}`)
      const place = `${partition}@${offset}`
      if (values.get(place) !== value) wrong.push(`${tab} read ${value} at ${place}, not ${values.get(place)}`)
      if (offset === read.frontier) read.frontier++
    })
    read.tabs.set(tab, { next: first + records.length, moved })
  }
  const ends = new Map()
  for (const [partition, offset] of stored) ends.set(partition, Math.max(ends.get(partition) ?? 0, offset + 1))
  for (const [partition, end] of ends) {
    const { frontier } = reading(partition)
    if (frontier < end) wrong.push(`of partition ${partition}, ${frontier} to ${end - 1} were never handed out in order`)
  }
  return wrong
}

/** No partition belongs to two members of one generation. */
export function checkOwners(entries) {
  const wrong = []
  const owners = new Map()
  for (const { type, partitions, generation, member, tab } of entries) {
    if (type !== 'joined') continue
    for (const partition of partitions) {
      const key = `${generation} ${partition}`
      const other = owners.get(key)
      if (other && other !== member) {
        wrong.push(`in generation ${generation}, partition ${partition} is ${other}'s and ${member}'s (${tab})`)
      }
      owners.set(key, member)
    }
  }
  return wrong
}

/** How many records were handed out, and how many of them again. */
export function counts(entries) {
  let deliveries = 0
  const places = new Set()
  for (const { type, partition, records } of entries) {
    if (type !== 'consumed') continue
    for (const [offset] of records) {
      deliveries++
      places.add(`${partition}@${offset}`)
    }
  }
  return { deliveries, again: deliveries - places.size }
}

// What must hold of the records that are found after a kill. `stored` has, of each partition, the
// numbers of its records in the order of their offsets.

import assert from 'node:assert/strict'

/** The records of each round are numbered from a multiple of this. */
export const numbersPerRound = 10_000_000

/** Every acknowledged record is there, and where it was said to be. */
export function checkAcknowledged(acknowledged, stored) {
  const places = new Map()
  stored.forEach((numbers, partition) => {
    numbers.forEach((number, offset) => {
      assert.ok(!places.has(number), `record ${number} is there twice`)
      places.set(number, { partition, offset })
    })
  })
  for (const { first, count, where } of acknowledged) {
    const next = new Map(where.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]))
    for (let number = first; number < first + count; number++) {
      const place = places.get(number)
      assert.ok(place, `record ${number} was acknowledged and is lost`)
      const { partition, offset } = place
      assert.equal(offset, next.get(partition), `record ${number}, offset in partition ${partition}`)
      next.set(partition, offset + 1)
    }
  }
}

/** Of what was sent to a partition in one round, the first so many are there, in the order sent. */
export function checkPrefixes(stored, origins) {
  const originOf = (number) => origins[number % origins.length]
  const partitionOf = new Map()
  stored.forEach((numbers, partition) => {
    for (const number of numbers) {
      const origin = originOf(number)
      const known = partitionOf.get(origin) ?? partition
      assert.equal(known, partition, `${origin} has one partition`)
      partitionOf.set(origin, partition)
    }
  })
  stored.forEach((numbers, partition) => {
    let expected = -1
    for (const number of numbers) {
      const isNewRound = Math.floor(number / numbersPerRound) > Math.floor(expected / numbersPerRound)
      if (isNewRound) expected = Math.floor(number / numbersPerRound) * numbersPerRound
      while (expected < number && partitionOf.get(originOf(expected)) !== partition) expected++
      assert.equal(number, expected, `the next record of partition ${partition}`)
      expected++
    }
  })
}

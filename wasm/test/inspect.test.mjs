// What tools are told: sizes, depth, lag, members, and how safe the data is.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { persistence } from 'ottla'
import { shop } from './helpers.mjs'

test('a look at all there is', async (t) => {
  const { kafka, admin, producer } = await shop(t, { topics: [{ topic: 'jobs', numPartitions: 2 }] })
  for (let at = 0; at < 10; at++) {
    await producer.send({ topic: 'jobs', messages: [{ value: 'x'.repeat(100), partition: at % 2 }] })
  }
  await admin.deleteTopicRecords({ topic: 'jobs', partitions: [{ partition: 1, offset: '2' }] })
  const worker = kafka.consumer({ groupId: 'printers' })
  await worker.connect()
  await worker.subscribe({ topics: ['jobs'], fromBeginning: true })
  let seen = 0
  await new Promise((resolve) => {
    worker.run({ autoCommit: false, eachMessage: () => void (++seen === 8 && resolve()) })
  })
  await worker.commitOffsets([{ topic: 'jobs', partition: 0, offset: '3' }])
  const found = await kafka.inspect()
  await worker.disconnect()

  assert.match(found.address, /^memory:/)
  assert.equal(found.clusterId, (await admin.describeCluster()).clusterId)
  const jobs = found.topics.find(({ name }) => name === 'jobs')
  assert.deepEqual(
    jobs.partitions.map(({ partition, low, high, depth }) => [partition, low, high, depth]),
    [
      [0, '0', '5', 5],
      [1, '2', '5', 3],
    ],
  )
  assert.equal(jobs.depth, 8)
  assert.ok(jobs.partitions.every(({ bytes }) => bytes > 500), 'a hundred bytes in each of five batches')
  assert.equal(jobs.bytes, jobs.partitions[0].bytes + jobs.partitions[1].bytes)
  assert.ok(found.topics.some(({ isInternal }) => isInternal))
  assert.equal(found.storage.recordBytes, found.topics.reduce((sum, { bytes }) => sum + bytes, 0))
  assert.deepEqual(found.storage.vanished, [])
  const [printers] = found.groups
  assert.equal(printers.groupId, 'printers')
  assert.equal(printers.state, 'Stable')
  assert.deepEqual(printers.members[0].assignment.jobs?.toSorted(), [0, 1])
  assert.deepEqual(printers.partitions, [
    { topic: 'jobs', partition: 0, offset: '3', high: '5', lag: 2, metadata: printers.partitions[0].metadata },
  ])
  assert.equal(printers.lag, 2)

  const [dir] = await admin.describeLogDirs()
  const sizes = dir.topics.find(({ topic }) => topic === 'jobs').partitions
  assert.deepEqual(
    sizes.toSorted((a, b) => a.partition - b.partition).map(({ size }) => size),
    jobs.partitions.map(({ bytes }) => bytes),
  )
})

test('the version is that of the package', async (t) => {
  const { kafka } = await shop(t)
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
  assert.equal((await kafka.inspect()).version, version)
})

test('where there is nothing to ask, persistence says so', async () => {
  const found = await persistence()
  assert.equal(found.persisted, false)
})

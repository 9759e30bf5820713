// A look at all that a broker has, for tools.

import type { Admin } from '../admin/admin.js'
import type { GroupOverview, LogDirDescription } from '../admin/types.js'
import { AssignerProtocol } from '../assigner-protocol.js'
import type { Endpoint } from '../endpoint.js'
import { persistence } from '../persistence.js'
import { version } from '../version.js'
import type {
  GroupLag,
  InspectedGroup,
  InspectedStorage,
  InspectedTopic,
  Inspection,
} from './types.js'
import { vanishedClusters } from './witness.js'

export async function inspect(
  admin: Admin,
  endpoint: Endpoint,
  address: string,
): Promise<Inspection> {
  await admin.connect()
  try {
    const [{ clusterId }, { groups }, dirs] = await Promise.all([
      admin.describeCluster(),
      admin.listGroups(),
      admin.describeLogDirs(),
    ])
    const topics = await inspectTopics(admin, dirs)
    return {
      at: new Date(),
      address,
      clusterId,
      version,
      leadership: endpoint.leadership(),
      storage: await inspectStorage(address, topics, dirs),
      topics,
      groups: await inspectGroups(admin, groups, topics),
    }
  } finally {
    await admin.disconnect()
  }
}

async function inspectStorage(
  address: string,
  topics: InspectedTopic[],
  dirs: LogDirDescription[],
): Promise<InspectedStorage> {
  const [, name = ''] = /^idb:\/\/([^/]*)/.exec(address) ?? []
  return {
    ...(await persistence({ request: false })),
    recordBytes: sum(topics, ({ bytes }) => bytes),
    usableBytes: dirs[0]?.usableBytes,
    vanished: name ? await vanishedClusters(decodeURIComponent(name)) : [],
  }
}

async function inspectTopics(admin: Admin, dirs: LogDirDescription[]): Promise<InspectedTopic[]> {
  const sizes = new Map<string, number>()
  for (const { topics } of dirs) {
    for (const { topic, partitions } of topics) {
      for (const { partition, size } of partitions) sizes.set(`${topic}\0${partition}`, size)
    }
  }
  const { topics } = await admin.fetchTopicMetadata()
  const inspected = topics.map(async ({ name, partitions }): Promise<InspectedTopic> => {
    const offsets = await admin.fetchTopicOffsets(name)
    const found = partitions.map(({ partitionId, leader }) => {
      const ends = offsets.find(({ partition }) => partition === partitionId)
      const { low = '0', high = '0' } = ends ?? {}
      const bytes = sizes.get(`${name}\0${partitionId}`) ?? 0
      return { partition: partitionId, leader, low, high, depth: Number(high) - Number(low), bytes }
    })
    found.sort((a, b) => a.partition - b.partition)
    return {
      name,
      isInternal: name.startsWith('__'),
      bytes: sum(found, ({ bytes }) => bytes),
      depth: sum(found, ({ depth }) => depth),
      partitions: found,
    }
  })
  return (await Promise.all(inspected)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function inspectGroups(
  admin: Admin,
  groups: GroupOverview[],
  topics: InspectedTopic[],
): Promise<InspectedGroup[]> {
  const ends = new Map<string, string>()
  for (const { name, partitions } of topics) {
    for (const { partition, high } of partitions) ends.set(`${name}\0${partition}`, high)
  }
  const inspected = groups.map(async ({ groupId, type }): Promise<InspectedGroup> => {
    const [{ groups }, committed] = await Promise.all([
      admin.describeGroups([groupId]),
      admin.fetchOffsets({ groupId }),
    ])
    const members = (groups[0]?.members ?? []).map((member) => ({
      memberId: member.memberId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      assignment: AssignerProtocol.MemberAssignment.decode(member.memberAssignment)?.assignment ?? {},
    }))
    const partitions = committed.flatMap(({ topic, partitions }) =>
      partitions.flatMap(({ partition, offset, metadata }): GroupLag[] => {
        if (Number(offset) < 0) return []
        const high = ends.get(`${topic}\0${partition}`) ?? offset
        const lag = Math.max(Number(high) - Number(offset), 0)
        return [{ topic, partition, offset, high, lag, metadata }]
      }),
    )
    partitions.sort((a, b) =>
      a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
    )
    const lag = sum(partitions, ({ lag }) => lag)
    return { groupId, state: groups[0]?.state ?? '', type, members, lag, partitions }
  })
  return (await Promise.all(inspected)).sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
}

function sum<T>(items: T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

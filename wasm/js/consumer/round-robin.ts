import { AssignerProtocol } from '../assigner-protocol.js'
import type { PartitionAssigner } from './types.js'

const NAME = 'RoundRobinAssigner'
const VERSION = 0

/** Deals out all partitions of all topics in turn, to the members by their ids: KafkaJS's default. */
const roundRobin: PartitionAssigner = ({ cluster }) => ({
  name: NAME,
  version: VERSION,
  async assign({ members, topics }) {
    const shares = members
      .map(({ memberId }) => ({ memberId, assignment: {} as Record<string, number[]> }))
      .sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
    let turn = 0
    for (const topic of topics) {
      for (const { partitionId } of cluster.findTopicPartitionMetadata(topic)) {
        const { assignment } = shares[turn++ % shares.length] ?? { assignment: {} as Record<string, number[]> }
        assignment[topic] = [...(assignment[topic] ?? []), partitionId]
      }
    }
    return shares.map(({ memberId, assignment }) => ({
      memberId,
      memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: VERSION, assignment }),
    }))
  },
  protocol: ({ topics }) => ({
    name: NAME,
    metadata: AssignerProtocol.MemberMetadata.encode({ version: VERSION, topics }),
  }),
})

/** What there is to share partitions out by, beside {@link ConsumerConfig.assignors}. */
export const PartitionAssigners = { roundRobin }

import { KafkaJSNonRetriableError } from '../errors.js'
import type { Call } from '../admin/groups.js'
import type { Logger } from '../logger.js'
import type { Client } from '../pkg/ottla_wasm.js'
import type { Cluster } from './cluster.js'
import type { Assigner, GroupMember, GroupMemberAssignment, PartitionAssigner } from './types.js'

/** The assigners of the application's own, if there are any: `partitionAssigners`. */
export class Assigners {
  readonly #create: readonly PartitionAssigner[]
  readonly #groupId: string
  readonly #logger: Logger
  readonly #call: Call
  #cluster: Cluster | undefined
  #all: Assigner[] = []

  constructor(create: readonly PartitionAssigner[] = [], groupId: string, logger: Logger, call: Call) {
    if (!Array.isArray(create) || create.some((each) => typeof each !== 'function')) {
      throw new KafkaJSNonRetriableError(
        'partitionAssigners must be a list of functions that return assigners',
      )
    }
    this.#create = create
    this.#groupId = groupId
    this.#logger = logger
    this.#call = call
  }

  /** Makes them: with what they are told of the cluster, which is loaded only where there are any. */
  async load(): Promise<void> {
    if (this.#create.length === 0 || this.#cluster) return
    const { KnownCluster } = await import('./cluster.js')
    const cluster = new KnownCluster(this.#call)
    this.#cluster = cluster
    const about = { cluster, groupId: this.#groupId, logger: this.#logger }
    this.#all = this.#create.map((create) => create(about))
  }

  get names(): { name: string }[] {
    return this.#all.map(({ name }) => ({ name }))
  }

  /** Says what the group's leader shall know of this member. */
  announce(client: Client, topics: string[]): void {
    for (const assigner of this.#all) {
      client.setAssignorMetadata(assigner.name, assigner.protocol({ topics }).metadata)
    }
  }

  /** Shares out what the group has to share, as its leader. */
  async assign(name: string, members: GroupMember[], topics: string[]): Promise<GroupMemberAssignment[]> {
    const assigner = this.#all.find((each) => each.name === name)
    if (!assigner) {
      throw new KafkaJSNonRetriableError(`The group agreed on the assigner "${name}", which is unknown here.`)
    }
    await this.#cluster?.addMultipleTargetTopics(topics)
    return assigner.assign({ members, topics })
  }
}

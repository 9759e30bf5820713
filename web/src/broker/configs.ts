/** Configurations of topics and of the broker, and what becomes of a topic's when it is reset. */

import { type ConfigEntries, ConfigResourceTypes, ConfigSource } from 'ottla'
import { broker } from './connection'

export interface Config {
  name: string
  value: string
  /** Whether it was set for this very topic. */
  isOwn: boolean
  /** The value that it has where the topic does not set it. */
  inherited: string
  /** Whether that was set for the broker, and is not Kafka's default. */
  isFromBroker: boolean
  readOnly: boolean
}

export type Resource = { type: ConfigResourceTypes.TOPIC | ConfigResourceTypes.BROKER; name: string }

export const topicResource = (name: string): Resource => ({ type: ConfigResourceTypes.TOPIC, name })

/** The broker that answers: in a browser there is one. */
export async function brokerResource(): Promise<Resource> {
  const { brokers } = await broker().admin.describeCluster()
  return { type: ConfigResourceTypes.BROKER, name: String(brokers[0]?.nodeId ?? 0) }
}

function config({ configName, configValue, configSource, configSynonyms, readOnly }: ConfigEntries): Config {
  const isOwn = configSource === ConfigSource.TOPIC_CONFIG
  const behind = configSynonyms.filter((each) => each.configSource !== ConfigSource.TOPIC_CONFIG)[0]
  return {
    name: configName,
    value: configValue ?? '',
    isOwn,
    inherited: (isOwn ? behind?.configValue : configValue) ?? '',
    isFromBroker: (behind?.configSource ?? configSource) === ConfigSource.STATIC_BROKER_CONFIG,
    readOnly,
  }
}

/** All configurations of a topic or a broker, by name. */
export async function configs(resource: Resource): Promise<Config[]> {
  const { resources } = await broker().admin.describeConfigs({ resources: [resource], includeSynonyms: true })
  const entries = resources[0]?.configEntries ?? []
  return entries.map(config).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Some configurations of several topics, by topic. */
export async function configsOf(topics: readonly string[], names: string[]): Promise<Map<string, Map<string, string>>> {
  if (topics.length === 0) return new Map()
  const { resources } = await broker().admin.describeConfigs({
    resources: topics.map((name) => ({ ...topicResource(name), configNames: names })),
  })
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  )
}

/** Sets a configuration of a topic, or with `undefined` lets it go back to what it is without. */
export async function configure(topic: string, name: string, value: string | undefined): Promise<void> {
  // What is not named goes back to its default: everything else that is set here is named again.
  const kept = (await configs(topicResource(topic))).filter((each) => each.isOwn && each.name !== name)
  const wanted = value === undefined ? kept : [...kept, { name, value }]
  await broker().admin.alterConfigs({
    resources: [
      { ...topicResource(topic), configEntries: wanted.map(({ name, value }) => ({ name, value })) },
    ],
  })
}

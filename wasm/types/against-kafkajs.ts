// Compile-time assertions: KafkaJS's own declarations are met. `prepare.mjs` writes what they are held
// against; test/kafkajs-table.test.mjs sees to it that no export of KafkaJS is left out here.

import * as KafkaJS from '../../target/types/kafkajs.js'
import * as Ottla from '../js/index.js'

/** What Ottla gives can be used where KafkaJS's is expected. */
type Gives<Ours extends Theirs, Theirs> = [Ours, Theirs]
/** What was written for KafkaJS is taken. */
type Takes<Theirs extends Ours, Ours> = [Ours, Theirs]
/** Both. */
type Same<Ours extends Theirs, Theirs extends Also, Also = Ours> = [Ours, Theirs, Also]
/** No member is missing, not even one that may be left out. */
type Whole<Theirs extends Keys<Ours>, Ours> = [Ours, Theirs]
type Keys<T> = T extends T ? keyof T : never

// ---- Exceptions: what of KafkaJS's declarations is not met. KAFKAJS.md lists what is absent.

/** `unknownPartitions` is a number in KafkaJS's declarations, and a list in its code. */
type Contradictory = 'KafkaJSStaleTopicMetadataAssignment'
/** Of records as they were before Kafka 0.11, which had no headers. */
type Ancient = 'size'

// ---- What there is to import: classes, enums and objects, but those of KafkaJS’s that are types alone

export const values: Omit<typeof KafkaJS, Contradictory> = Ottla

// ---- What is given

export type GivesAdmin = Gives<Ottla.Admin, KafkaJS.Admin>
export type GivesAdminEvents = Gives<Ottla.AdminEvents, KafkaJS.AdminEvents>
export type GivesAuthenticationProviderArgs = Gives<Ottla.AuthenticationProviderArgs, KafkaJS.AuthenticationProviderArgs>
export type GivesBatch = Gives<Ottla.Batch, KafkaJS.Batch>
export type GivesBrokerMetadata = Gives<Ottla.BrokerMetadata, KafkaJS.BrokerMetadata>
export type GivesCluster = Gives<Ottla.Cluster, KafkaJS.Cluster>
export type GivesConfigEntries = Gives<Ottla.ConfigEntries, KafkaJS.ConfigEntries>
export type GivesConfigSynonyms = Gives<Ottla.ConfigSynonyms, KafkaJS.ConfigSynonyms>
export type GivesConnectEvent = Gives<Ottla.ConnectEvent, KafkaJS.ConnectEvent>
export type GivesConsumer = Gives<Ottla.Consumer, KafkaJS.Consumer>
export type GivesConsumerCommitOffsetsEvent = Gives<Ottla.ConsumerCommitOffsetsEvent, KafkaJS.ConsumerCommitOffsetsEvent>
export type GivesConsumerCrashEvent = Gives<Ottla.ConsumerCrashEvent, KafkaJS.ConsumerCrashEvent>
export type GivesConsumerEachBatchPayload = Gives<Ottla.ConsumerEachBatchPayload, KafkaJS.ConsumerEachBatchPayload>
export type GivesConsumerEachMessagePayload = Gives<Ottla.ConsumerEachMessagePayload, KafkaJS.ConsumerEachMessagePayload>
export type GivesConsumerEndBatchProcessEvent = Gives<Ottla.ConsumerEndBatchProcessEvent, KafkaJS.ConsumerEndBatchProcessEvent>
export type GivesConsumerEvents = Gives<Ottla.ConsumerEvents, KafkaJS.ConsumerEvents>
export type GivesConsumerFetchEvent = Gives<Ottla.ConsumerFetchEvent, KafkaJS.ConsumerFetchEvent>
export type GivesConsumerFetchStartEvent = Gives<Ottla.ConsumerFetchStartEvent, KafkaJS.ConsumerFetchStartEvent>
export type GivesConsumerGroupJoinEvent = Gives<Ottla.ConsumerGroupJoinEvent, KafkaJS.ConsumerGroupJoinEvent>
export type GivesConsumerGroupState = Gives<Ottla.ConsumerGroupState, KafkaJS.ConsumerGroupState>
export type GivesConsumerHeartbeatEvent = Gives<Ottla.ConsumerHeartbeatEvent, KafkaJS.ConsumerHeartbeatEvent>
export type GivesConsumerRebalancingEvent = Gives<Ottla.ConsumerRebalancingEvent, KafkaJS.ConsumerRebalancingEvent>
export type GivesConsumerReceivedUnsubcribedTopicsEvent = Gives<Ottla.ConsumerReceivedUnsubcribedTopicsEvent, KafkaJS.ConsumerReceivedUnsubcribedTopicsEvent>
export type GivesConsumerStartBatchProcessEvent = Gives<Ottla.ConsumerStartBatchProcessEvent, KafkaJS.ConsumerStartBatchProcessEvent>
export type GivesDeleteGroupsResult = Gives<Ottla.DeleteGroupsResult, KafkaJS.DeleteGroupsResult>
export type GivesDescribeConfigResponse = Gives<Ottla.DescribeConfigResponse, KafkaJS.DescribeConfigResponse>
export type GivesDisconnectEvent = Gives<Ottla.DisconnectEvent, KafkaJS.DisconnectEvent>
export type GivesEachBatchPayload = Gives<Ottla.EachBatchPayload, KafkaJS.EachBatchPayload>
export type GivesEachMessagePayload = Gives<Ottla.EachMessagePayload, KafkaJS.EachMessagePayload>
export type GivesGroupDescription = Gives<Ottla.GroupDescription, KafkaJS.GroupDescription>
export type GivesGroupDescriptions = Gives<Ottla.GroupDescriptions, KafkaJS.GroupDescriptions>
export type GivesGroupMember = Gives<Ottla.GroupMember, KafkaJS.GroupMember>
export type GivesGroupOverview = Gives<Ottla.GroupOverview, KafkaJS.GroupOverview>
export type GivesKafkaMessage = Gives<Ottla.KafkaMessage, KafkaJS.KafkaMessage>
export type GivesLogEntry = Gives<Ottla.LogEntry, KafkaJS.LogEntry>
export type GivesLogger = Gives<Ottla.Logger, KafkaJS.Logger>
export type GivesLoggerEntryContent = Gives<Ottla.LoggerEntryContent, KafkaJS.LoggerEntryContent>
export type GivesMemberDescription = Gives<Ottla.MemberDescription, KafkaJS.MemberDescription>
export type GivesProducer = Gives<Ottla.Producer, KafkaJS.Producer>
export type GivesProducerEvents = Gives<Ottla.ProducerEvents, KafkaJS.ProducerEvents>
export type GivesRecordMetadata = Gives<Ottla.RecordMetadata, KafkaJS.RecordMetadata>
export type GivesRequestEvent = Gives<Ottla.RequestEvent, KafkaJS.RequestEvent>
export type GivesRequestQueueSizeEvent = Gives<Ottla.RequestQueueSizeEvent, KafkaJS.RequestQueueSizeEvent>
export type GivesRequestTimeoutEvent = Gives<Ottla.RequestTimeoutEvent, KafkaJS.RequestTimeoutEvent>
export type GivesTransaction = Gives<Ottla.Transaction, KafkaJS.Transaction>

// ---- What is taken

export type TakesAdminConfig = Takes<KafkaJS.AdminConfig, Ottla.AdminConfig>
export type TakesAssigner = Takes<KafkaJS.Assigner, Ottla.Assigner>
export type TakesAuthenticator = Takes<KafkaJS.Authenticator, Ottla.Authenticator>
export type TakesBrokersFunction = Takes<KafkaJS.BrokersFunction, Ottla.BrokersFunction>
export type TakesConsumerConfig = Takes<KafkaJS.ConsumerConfig, Ottla.ConsumerConfig>
export type TakesConsumerRunConfig = Takes<KafkaJS.ConsumerRunConfig, Ottla.ConsumerRunConfig>
export type TakesConsumerSubscribeTopic = Takes<KafkaJS.ConsumerSubscribeTopic, Ottla.ConsumerSubscribeTopic>
export type TakesConsumerSubscribeTopics = Takes<KafkaJS.ConsumerSubscribeTopics, Ottla.ConsumerSubscribeTopics>
export type TakesDefaultPartitioner = Takes<KafkaJS.DefaultPartitioner, Ottla.DefaultPartitioner>
export type TakesEachBatchHandler = Takes<KafkaJS.EachBatchHandler, Ottla.EachBatchHandler>
export type TakesEachMessageHandler = Takes<KafkaJS.EachMessageHandler, Ottla.EachMessageHandler>
export type TakesICustomPartitioner = Takes<KafkaJS.ICustomPartitioner, Ottla.ICustomPartitioner>
export type TakesIHeaders = Takes<KafkaJS.IHeaders, Ottla.IHeaders>
export type TakesIResourceConfig = Takes<KafkaJS.IResourceConfig, Ottla.IResourceConfig>
export type TakesIResourceConfigEntry = Takes<KafkaJS.IResourceConfigEntry, Ottla.IResourceConfigEntry>
export type TakesITopicConfig = Takes<KafkaJS.ITopicConfig, Ottla.ITopicConfig>
export type TakesITopicPartitionConfig = Takes<KafkaJS.ITopicPartitionConfig, Ottla.ITopicPartitionConfig>
export type TakesKafkaConfig = Takes<KafkaJS.KafkaConfig, Ottla.KafkaConfig>
export type TakesLegacyPartitioner = Takes<KafkaJS.LegacyPartitioner, Ottla.LegacyPartitioner>
export type TakesMechanism = Takes<KafkaJS.Mechanism, Ottla.Mechanism>
export type TakesMessage = Takes<KafkaJS.Message, Ottla.Message>
export type TakesOauthbearerProviderResponse = Takes<KafkaJS.OauthbearerProviderResponse, Ottla.OauthbearerProviderResponse>
export type TakesPartitionAssigner = Takes<KafkaJS.PartitionAssigner, Ottla.PartitionAssigner>
export type TakesPartitionerArgs = Takes<KafkaJS.PartitionerArgs, Ottla.PartitionerArgs>
export type TakesProducerBatch = Takes<KafkaJS.ProducerBatch, Ottla.ProducerBatch>
export type TakesProducerConfig = Takes<KafkaJS.ProducerConfig, Ottla.ProducerConfig>
export type TakesProducerRecord = Takes<KafkaJS.ProducerRecord, Ottla.ProducerRecord>
export type TakesResourceConfigQuery = Takes<KafkaJS.ResourceConfigQuery, Ottla.ResourceConfigQuery>
export type TakesRetryOptions = Takes<KafkaJS.RetryOptions, Ottla.RetryOptions>
export type TakesSASLOptions = Takes<KafkaJS.SASLOptions, Ottla.SASLOptions>
export type TakesSaslAuthenticateArgs = Takes<KafkaJS.SaslAuthenticateArgs<string>, Ottla.SaslAuthenticateArgs<string>>
export type TakesTopicMessages = Takes<KafkaJS.TopicMessages, Ottla.TopicMessages>
export type SameSASLMechanism = Same<Ottla.SASLMechanism, KafkaJS.SASLMechanism>
export type TakeslogCreator = Takes<KafkaJS.logCreator, Ottla.logCreator>

// ---- What goes both ways

export type SameAcl = Same<Ottla.Acl, KafkaJS.Acl>
export type SameAclEntry = Same<Ottla.AclEntry, KafkaJS.AclEntry>
export type SameAclFilter = Same<Ottla.AclFilter, KafkaJS.AclFilter>
export type SameAclOperationTypes = Same<Ottla.AclOperationTypes, KafkaJS.AclOperationTypes>
export type SameAclPermissionTypes = Same<Ottla.AclPermissionTypes, KafkaJS.AclPermissionTypes>
export type SameAclResource = Same<Ottla.AclResource, KafkaJS.AclResource>
export type SameAclResourceTypes = Same<Ottla.AclResourceTypes, KafkaJS.AclResourceTypes>
export type SameAssignment = Same<Ottla.Assignment, KafkaJS.Assignment>
export type SameCompressionTypes = Same<Ottla.CompressionTypes, KafkaJS.CompressionTypes>
export type SameConfigResourceTypes = Same<Ottla.ConfigResourceTypes, KafkaJS.ConfigResourceTypes>
export type SameConfigSource = Same<Ottla.ConfigSource, KafkaJS.ConfigSource>
export type SameDeleteAclFilterResponses = Same<Ottla.DeleteAclFilterResponses, KafkaJS.DeleteAclFilterResponses>
export type SameDeleteAclResponse = Same<Ottla.DeleteAclResponse, KafkaJS.DeleteAclResponse>
export type SameDescribeAclResource = Same<Ottla.DescribeAclResource, KafkaJS.DescribeAclResource>
export type SameDescribeAclResponse = Same<Ottla.DescribeAclResponse, KafkaJS.DescribeAclResponse>
export type SameFetchOffsetsPartition = Same<Ottla.FetchOffsetsPartition, KafkaJS.FetchOffsetsPartition>
export type SameGroupMemberAssignment = Same<Ottla.GroupMemberAssignment, KafkaJS.GroupMemberAssignment>
export type SameGroupState = Same<Ottla.GroupState, KafkaJS.GroupState>
export type SameIMemberAssignment = Same<Ottla.IMemberAssignment, KafkaJS.IMemberAssignment>
export type SameISerializer = Same<Ottla.ISerializer<string>, KafkaJS.ISerializer<string>>
export type SameITopicMetadata = Same<Ottla.ITopicMetadata, KafkaJS.ITopicMetadata>
export type SameInstrumentationEvent = Same<Ottla.InstrumentationEvent<string>, KafkaJS.InstrumentationEvent<string>>
export type SameKafkaJSConnectionErrorMetadata = Same<Ottla.KafkaJSConnectionErrorMetadata, KafkaJS.KafkaJSConnectionErrorMetadata>
export type SameKafkaJSDeleteGroupsErrorGroups = Same<Ottla.KafkaJSDeleteGroupsErrorGroups, KafkaJS.KafkaJSDeleteGroupsErrorGroups>
export type SameKafkaJSDeleteTopicRecordsErrorPartition = Same<Ottla.KafkaJSDeleteTopicRecordsErrorPartition, KafkaJS.KafkaJSDeleteTopicRecordsErrorPartition>
export type SameKafkaJSDeleteTopicRecordsErrorTopic = Same<Ottla.KafkaJSDeleteTopicRecordsErrorTopic, KafkaJS.KafkaJSDeleteTopicRecordsErrorTopic>
export type SameKafkaJSErrorMetadata = Same<Ottla.KafkaJSErrorMetadata, KafkaJS.KafkaJSErrorMetadata>
export type SameKafkaJSNumberOfRetriesExceededMetadata = Same<Ottla.KafkaJSNumberOfRetriesExceededMetadata, KafkaJS.KafkaJSNumberOfRetriesExceededMetadata>
export type SameKafkaJSOffsetOutOfRangeMetadata = Same<Ottla.KafkaJSOffsetOutOfRangeMetadata, KafkaJS.KafkaJSOffsetOutOfRangeMetadata>
export type SameKafkaJSRequestTimeoutErrorMetadata = Same<Ottla.KafkaJSRequestTimeoutErrorMetadata, KafkaJS.KafkaJSRequestTimeoutErrorMetadata>
export type SameKafkaJSServerDoesNotSupportApiKeyMetadata = Same<Ottla.KafkaJSServerDoesNotSupportApiKeyMetadata, KafkaJS.KafkaJSServerDoesNotSupportApiKeyMetadata>
export type SameKafkaJSStaleTopicMetadataAssignmentMetadata = Same<Ottla.KafkaJSStaleTopicMetadataAssignmentMetadata, KafkaJS.KafkaJSStaleTopicMetadataAssignmentMetadata>
export type SameKafkaJSTopicMetadataNotLoadedMetadata = Same<Ottla.KafkaJSTopicMetadataNotLoadedMetadata, KafkaJS.KafkaJSTopicMetadataNotLoadedMetadata>
export type SameListPartitionReassignmentsResponse = Same<Ottla.ListPartitionReassignmentsResponse, KafkaJS.ListPartitionReassignmentsResponse>
export type SameMatchingAcl = Same<Ottla.MatchingAcl, KafkaJS.MatchingAcl>
export type SameMemberAssignment = Same<Ottla.MemberAssignment, KafkaJS.MemberAssignment>
export type SameMemberMetadata = Same<Ottla.MemberMetadata, KafkaJS.MemberMetadata>
export type SameOffsets = Same<Ottla.Offsets, KafkaJS.Offsets>
export type SameOffsetsByTopicPartition = Same<Ottla.OffsetsByTopicPartition, KafkaJS.OffsetsByTopicPartition>
export type SameOngoingPartitionReassignment = Same<Ottla.OngoingPartitionReassignment, KafkaJS.OngoingPartitionReassignment>
export type SameOngoingTopicReassignment = Same<Ottla.OngoingTopicReassignment, KafkaJS.OngoingTopicReassignment>
export type SamePartitionMetadata = Same<Ottla.PartitionMetadata, KafkaJS.PartitionMetadata>
export type SamePartitionOffset = Same<Ottla.PartitionOffset, KafkaJS.PartitionOffset>
export type SamePartitionReassignment = Same<Ottla.PartitionReassignment, KafkaJS.PartitionReassignment>
export type SameRemoveInstrumentationEventListener = Same<Ottla.RemoveInstrumentationEventListener<string>, KafkaJS.RemoveInstrumentationEventListener<string>>
export type SameReplicaAssignment = Same<Ottla.ReplicaAssignment, KafkaJS.ReplicaAssignment>
export type SameResourcePatternTypes = Same<Ottla.ResourcePatternTypes, KafkaJS.ResourcePatternTypes>
export type SameSeekEntry = Same<Ottla.SeekEntry, KafkaJS.SeekEntry>
export type SameTopicOffsets = Same<Ottla.TopicOffsets, KafkaJS.TopicOffsets>
export type SameTopicPartition = Same<Ottla.TopicPartition, KafkaJS.TopicPartition>
export type SameTopicPartitionOffset = Same<Ottla.TopicPartitionOffset, KafkaJS.TopicPartitionOffset>
export type SameTopicPartitionOffsetAndMetadata = Same<Ottla.TopicPartitionOffsetAndMetadata, KafkaJS.TopicPartitionOffsetAndMetadata>
export type SameTopicPartitions = Same<Ottla.TopicPartitions, KafkaJS.TopicPartitions>
export type SamelogLevel = Same<Ottla.logLevel, KafkaJS.logLevel>

// ---- Members that may be left out are known, too

export type WholeAcl = Whole<Keys<KafkaJS.Acl>, Ottla.Acl>
export type WholeAclEntry = Whole<Keys<KafkaJS.AclEntry>, Ottla.AclEntry>
export type WholeAclFilter = Whole<Keys<KafkaJS.AclFilter>, Ottla.AclFilter>
export type WholeAclOperationTypes = Whole<Keys<KafkaJS.AclOperationTypes>, Ottla.AclOperationTypes>
export type WholeAclPermissionTypes = Whole<Keys<KafkaJS.AclPermissionTypes>, Ottla.AclPermissionTypes>
export type WholeAclResource = Whole<Keys<KafkaJS.AclResource>, Ottla.AclResource>
export type WholeAclResourceTypes = Whole<Keys<KafkaJS.AclResourceTypes>, Ottla.AclResourceTypes>
export type WholeAdmin = Whole<Keys<KafkaJS.Admin>, Ottla.Admin>
export type WholeAdminConfig = Whole<Keys<KafkaJS.AdminConfig>, Ottla.AdminConfig>
export type WholeAdminEvents = Whole<Keys<KafkaJS.AdminEvents>, Ottla.AdminEvents>
export type WholeAssigner = Whole<Keys<KafkaJS.Assigner>, Ottla.Assigner>
export type WholeAssignment = Whole<Keys<KafkaJS.Assignment>, Ottla.Assignment>
export type WholeBatch = Whole<Keys<KafkaJS.Batch>, Ottla.Batch>
export type WholeBrokerMetadata = Whole<Keys<KafkaJS.BrokerMetadata>, Ottla.BrokerMetadata>
export type WholeBrokersFunction = Whole<Keys<KafkaJS.BrokersFunction>, Ottla.BrokersFunction>
export type WholeCluster = Whole<Keys<KafkaJS.Cluster>, Ottla.Cluster>
export type WholeCompressionTypes = Whole<Keys<KafkaJS.CompressionTypes>, Ottla.CompressionTypes>
export type WholeConfigEntries = Whole<Keys<KafkaJS.ConfigEntries>, Ottla.ConfigEntries>
export type WholeConfigResourceTypes = Whole<Keys<KafkaJS.ConfigResourceTypes>, Ottla.ConfigResourceTypes>
export type WholeConfigSource = Whole<Keys<KafkaJS.ConfigSource>, Ottla.ConfigSource>
export type WholeConfigSynonyms = Whole<Keys<KafkaJS.ConfigSynonyms>, Ottla.ConfigSynonyms>
export type WholeConnectEvent = Whole<Keys<KafkaJS.ConnectEvent>, Ottla.ConnectEvent>
export type WholeConsumer = Whole<Keys<KafkaJS.Consumer>, Ottla.Consumer>
export type WholeConsumerCommitOffsetsEvent = Whole<Keys<KafkaJS.ConsumerCommitOffsetsEvent>, Ottla.ConsumerCommitOffsetsEvent>
export type WholeConsumerConfig = Whole<Keys<KafkaJS.ConsumerConfig>, Ottla.ConsumerConfig>
export type WholeConsumerCrashEvent = Whole<Keys<KafkaJS.ConsumerCrashEvent>, Ottla.ConsumerCrashEvent>
export type WholeConsumerEachBatchPayload = Whole<Keys<KafkaJS.ConsumerEachBatchPayload>, Ottla.ConsumerEachBatchPayload>
export type WholeConsumerEachMessagePayload = Whole<Keys<KafkaJS.ConsumerEachMessagePayload>, Ottla.ConsumerEachMessagePayload>
export type WholeConsumerEndBatchProcessEvent = Whole<Keys<KafkaJS.ConsumerEndBatchProcessEvent>, Ottla.ConsumerEndBatchProcessEvent>
export type WholeConsumerEvents = Whole<Keys<KafkaJS.ConsumerEvents>, Ottla.ConsumerEvents>
export type WholeConsumerFetchEvent = Whole<Keys<KafkaJS.ConsumerFetchEvent>, Ottla.ConsumerFetchEvent>
export type WholeConsumerFetchStartEvent = Whole<Keys<KafkaJS.ConsumerFetchStartEvent>, Ottla.ConsumerFetchStartEvent>
export type WholeConsumerGroupJoinEvent = Whole<Keys<KafkaJS.ConsumerGroupJoinEvent>, Ottla.ConsumerGroupJoinEvent>
export type WholeConsumerGroupState = Whole<Keys<KafkaJS.ConsumerGroupState>, Ottla.ConsumerGroupState>
export type WholeConsumerHeartbeatEvent = Whole<Keys<KafkaJS.ConsumerHeartbeatEvent>, Ottla.ConsumerHeartbeatEvent>
export type WholeConsumerRebalancingEvent = Whole<Keys<KafkaJS.ConsumerRebalancingEvent>, Ottla.ConsumerRebalancingEvent>
export type WholeConsumerReceivedUnsubcribedTopicsEvent = Whole<Keys<KafkaJS.ConsumerReceivedUnsubcribedTopicsEvent>, Ottla.ConsumerReceivedUnsubcribedTopicsEvent>
export type WholeConsumerRunConfig = Whole<Keys<KafkaJS.ConsumerRunConfig>, Ottla.ConsumerRunConfig>
export type WholeConsumerStartBatchProcessEvent = Whole<Keys<KafkaJS.ConsumerStartBatchProcessEvent>, Ottla.ConsumerStartBatchProcessEvent>
export type WholeConsumerSubscribeTopic = Whole<Keys<KafkaJS.ConsumerSubscribeTopic>, Ottla.ConsumerSubscribeTopic>
export type WholeConsumerSubscribeTopics = Whole<Keys<KafkaJS.ConsumerSubscribeTopics>, Ottla.ConsumerSubscribeTopics>
export type WholeDefaultPartitioner = Whole<Keys<KafkaJS.DefaultPartitioner>, Ottla.DefaultPartitioner>
export type WholeDeleteAclFilterResponses = Whole<Keys<KafkaJS.DeleteAclFilterResponses>, Ottla.DeleteAclFilterResponses>
export type WholeDeleteAclResponse = Whole<Keys<KafkaJS.DeleteAclResponse>, Ottla.DeleteAclResponse>
export type WholeDeleteGroupsResult = Whole<Keys<KafkaJS.DeleteGroupsResult>, Ottla.DeleteGroupsResult>
export type WholeDescribeAclResource = Whole<Keys<KafkaJS.DescribeAclResource>, Ottla.DescribeAclResource>
export type WholeDescribeAclResponse = Whole<Keys<KafkaJS.DescribeAclResponse>, Ottla.DescribeAclResponse>
export type WholeDescribeConfigResponse = Whole<Keys<KafkaJS.DescribeConfigResponse>, Ottla.DescribeConfigResponse>
export type WholeDisconnectEvent = Whole<Keys<KafkaJS.DisconnectEvent>, Ottla.DisconnectEvent>
export type WholeEachBatchHandler = Whole<Keys<KafkaJS.EachBatchHandler>, Ottla.EachBatchHandler>
export type WholeEachBatchPayload = Whole<Keys<KafkaJS.EachBatchPayload>, Ottla.EachBatchPayload>
export type WholeEachMessageHandler = Whole<Keys<KafkaJS.EachMessageHandler>, Ottla.EachMessageHandler>
export type WholeEachMessagePayload = Whole<Keys<KafkaJS.EachMessagePayload>, Ottla.EachMessagePayload>
export type WholeFetchOffsetsPartition = Whole<Keys<KafkaJS.FetchOffsetsPartition>, Ottla.FetchOffsetsPartition>
export type WholeGroupDescription = Whole<Keys<KafkaJS.GroupDescription>, Ottla.GroupDescription>
export type WholeGroupDescriptions = Whole<Keys<KafkaJS.GroupDescriptions>, Ottla.GroupDescriptions>
export type WholeGroupMember = Whole<Keys<KafkaJS.GroupMember>, Ottla.GroupMember>
export type WholeGroupMemberAssignment = Whole<Keys<KafkaJS.GroupMemberAssignment>, Ottla.GroupMemberAssignment>
export type WholeGroupOverview = Whole<Keys<KafkaJS.GroupOverview>, Ottla.GroupOverview>
export type WholeGroupState = Whole<Keys<KafkaJS.GroupState>, Ottla.GroupState>
export type WholeICustomPartitioner = Whole<Keys<KafkaJS.ICustomPartitioner>, Ottla.ICustomPartitioner>
export type WholeIHeaders = Whole<Keys<KafkaJS.IHeaders>, Ottla.IHeaders>
export type WholeIMemberAssignment = Whole<Keys<KafkaJS.IMemberAssignment>, Ottla.IMemberAssignment>
export type WholeIResourceConfig = Whole<Keys<KafkaJS.IResourceConfig>, Ottla.IResourceConfig>
export type WholeIResourceConfigEntry = Whole<Keys<KafkaJS.IResourceConfigEntry>, Ottla.IResourceConfigEntry>
export type WholeITopicConfig = Whole<Keys<KafkaJS.ITopicConfig>, Ottla.ITopicConfig>
export type WholeITopicMetadata = Whole<Keys<KafkaJS.ITopicMetadata>, Ottla.ITopicMetadata>
export type WholeITopicPartitionConfig = Whole<Keys<KafkaJS.ITopicPartitionConfig>, Ottla.ITopicPartitionConfig>
export type WholeKafkaConfig = Whole<Keys<KafkaJS.KafkaConfig>, Ottla.KafkaConfig>
export type WholeKafkaJSConnectionErrorMetadata = Whole<Keys<KafkaJS.KafkaJSConnectionErrorMetadata>, Ottla.KafkaJSConnectionErrorMetadata>
export type WholeKafkaJSDeleteGroupsErrorGroups = Whole<Keys<KafkaJS.KafkaJSDeleteGroupsErrorGroups>, Ottla.KafkaJSDeleteGroupsErrorGroups>
export type WholeKafkaJSDeleteTopicRecordsErrorPartition = Whole<Keys<KafkaJS.KafkaJSDeleteTopicRecordsErrorPartition>, Ottla.KafkaJSDeleteTopicRecordsErrorPartition>
export type WholeKafkaJSDeleteTopicRecordsErrorTopic = Whole<Keys<KafkaJS.KafkaJSDeleteTopicRecordsErrorTopic>, Ottla.KafkaJSDeleteTopicRecordsErrorTopic>
export type WholeKafkaJSErrorMetadata = Whole<Keys<KafkaJS.KafkaJSErrorMetadata>, Ottla.KafkaJSErrorMetadata>
export type WholeKafkaJSNumberOfRetriesExceededMetadata = Whole<Keys<KafkaJS.KafkaJSNumberOfRetriesExceededMetadata>, Ottla.KafkaJSNumberOfRetriesExceededMetadata>
export type WholeKafkaJSOffsetOutOfRangeMetadata = Whole<Keys<KafkaJS.KafkaJSOffsetOutOfRangeMetadata>, Ottla.KafkaJSOffsetOutOfRangeMetadata>
export type WholeKafkaJSRequestTimeoutErrorMetadata = Whole<Keys<KafkaJS.KafkaJSRequestTimeoutErrorMetadata>, Ottla.KafkaJSRequestTimeoutErrorMetadata>
export type WholeKafkaJSServerDoesNotSupportApiKeyMetadata = Whole<Keys<KafkaJS.KafkaJSServerDoesNotSupportApiKeyMetadata>, Ottla.KafkaJSServerDoesNotSupportApiKeyMetadata>
export type WholeKafkaJSStaleTopicMetadataAssignmentMetadata = Whole<Keys<KafkaJS.KafkaJSStaleTopicMetadataAssignmentMetadata>, Ottla.KafkaJSStaleTopicMetadataAssignmentMetadata>
export type WholeKafkaJSTopicMetadataNotLoadedMetadata = Whole<Keys<KafkaJS.KafkaJSTopicMetadataNotLoadedMetadata>, Ottla.KafkaJSTopicMetadataNotLoadedMetadata>
export type WholeKafkaMessage = Whole<Exclude<Keys<KafkaJS.KafkaMessage>, Ancient>, Ottla.KafkaMessage>
export type WholeLegacyPartitioner = Whole<Keys<KafkaJS.LegacyPartitioner>, Ottla.LegacyPartitioner>
export type WholeListPartitionReassignmentsResponse = Whole<Keys<KafkaJS.ListPartitionReassignmentsResponse>, Ottla.ListPartitionReassignmentsResponse>
export type WholeLogEntry = Whole<Keys<KafkaJS.LogEntry>, Ottla.LogEntry>
export type WholeLogger = Whole<Keys<KafkaJS.Logger>, Ottla.Logger>
export type WholeLoggerEntryContent = Whole<Keys<KafkaJS.LoggerEntryContent>, Ottla.LoggerEntryContent>
export type WholeMatchingAcl = Whole<Keys<KafkaJS.MatchingAcl>, Ottla.MatchingAcl>
export type WholeMemberAssignment = Whole<Keys<KafkaJS.MemberAssignment>, Ottla.MemberAssignment>
export type WholeMemberDescription = Whole<Keys<KafkaJS.MemberDescription>, Ottla.MemberDescription>
export type WholeMemberMetadata = Whole<Keys<KafkaJS.MemberMetadata>, Ottla.MemberMetadata>
export type WholeMessage = Whole<Keys<KafkaJS.Message>, Ottla.Message>
export type WholeOffsets = Whole<Keys<KafkaJS.Offsets>, Ottla.Offsets>
export type WholeOffsetsByTopicPartition = Whole<Keys<KafkaJS.OffsetsByTopicPartition>, Ottla.OffsetsByTopicPartition>
export type WholeOngoingPartitionReassignment = Whole<Keys<KafkaJS.OngoingPartitionReassignment>, Ottla.OngoingPartitionReassignment>
export type WholeOngoingTopicReassignment = Whole<Keys<KafkaJS.OngoingTopicReassignment>, Ottla.OngoingTopicReassignment>
export type WholePartitionAssigner = Whole<Keys<KafkaJS.PartitionAssigner>, Ottla.PartitionAssigner>
export type WholePartitionMetadata = Whole<Keys<KafkaJS.PartitionMetadata>, Ottla.PartitionMetadata>
export type WholePartitionOffset = Whole<Keys<KafkaJS.PartitionOffset>, Ottla.PartitionOffset>
export type WholePartitionReassignment = Whole<Keys<KafkaJS.PartitionReassignment>, Ottla.PartitionReassignment>
export type WholePartitionerArgs = Whole<Keys<KafkaJS.PartitionerArgs>, Ottla.PartitionerArgs>
export type WholeProducer = Whole<Keys<KafkaJS.Producer>, Ottla.Producer>
export type WholeProducerBatch = Whole<Keys<KafkaJS.ProducerBatch>, Ottla.ProducerBatch>
export type WholeProducerConfig = Whole<Keys<KafkaJS.ProducerConfig>, Ottla.ProducerConfig>
export type WholeProducerEvents = Whole<Keys<KafkaJS.ProducerEvents>, Ottla.ProducerEvents>
export type WholeProducerRecord = Whole<Keys<KafkaJS.ProducerRecord>, Ottla.ProducerRecord>
export type WholeRecordMetadata = Whole<Keys<KafkaJS.RecordMetadata>, Ottla.RecordMetadata>
export type WholeReplicaAssignment = Whole<Keys<KafkaJS.ReplicaAssignment>, Ottla.ReplicaAssignment>
export type WholeRequestEvent = Whole<Keys<KafkaJS.RequestEvent>, Ottla.RequestEvent>
export type WholeRequestQueueSizeEvent = Whole<Keys<KafkaJS.RequestQueueSizeEvent>, Ottla.RequestQueueSizeEvent>
export type WholeRequestTimeoutEvent = Whole<Keys<KafkaJS.RequestTimeoutEvent>, Ottla.RequestTimeoutEvent>
export type WholeResourceConfigQuery = Whole<Keys<KafkaJS.ResourceConfigQuery>, Ottla.ResourceConfigQuery>
export type WholeResourcePatternTypes = Whole<Keys<KafkaJS.ResourcePatternTypes>, Ottla.ResourcePatternTypes>
export type WholeRetryOptions = Whole<Keys<KafkaJS.RetryOptions>, Ottla.RetryOptions>
export type WholeSeekEntry = Whole<Keys<KafkaJS.SeekEntry>, Ottla.SeekEntry>
export type WholeTopicMessages = Whole<Keys<KafkaJS.TopicMessages>, Ottla.TopicMessages>
export type WholeTopicOffsets = Whole<Keys<KafkaJS.TopicOffsets>, Ottla.TopicOffsets>
export type WholeTopicPartition = Whole<Keys<KafkaJS.TopicPartition>, Ottla.TopicPartition>
export type WholeTopicPartitionOffset = Whole<Keys<KafkaJS.TopicPartitionOffset>, Ottla.TopicPartitionOffset>
export type WholeTopicPartitionOffsetAndMetadata = Whole<Keys<KafkaJS.TopicPartitionOffsetAndMetadata>, Ottla.TopicPartitionOffsetAndMetadata>
export type WholeTopicPartitions = Whole<Keys<KafkaJS.TopicPartitions>, Ottla.TopicPartitions>
export type WholeTransaction = Whole<Keys<KafkaJS.Transaction>, Ottla.Transaction>
export type WholelogCreator = Whole<Keys<KafkaJS.logCreator>, Ottla.logCreator>
export type WholelogLevel = Whole<Keys<KafkaJS.logLevel>, Ottla.logLevel>

// ---- Errors and the class Kafka

export type GivesKafka = Gives<Ottla.Kafka, KafkaJS.Kafka>
export type GivesKafkaJSError = Gives<Ottla.KafkaJSError, KafkaJS.KafkaJSError>
export type GivesKafkaJSNonRetriableError = Gives<Ottla.KafkaJSNonRetriableError, KafkaJS.KafkaJSNonRetriableError>
export type GivesKafkaJSProtocolError = Gives<Ottla.KafkaJSProtocolError, KafkaJS.KafkaJSProtocolError>
export type GivesKafkaJSAggregateError = Gives<Ottla.KafkaJSAggregateError, KafkaJS.KafkaJSAggregateError>
export type GivesKafkaJSOffsetOutOfRange = Gives<Ottla.KafkaJSOffsetOutOfRange, KafkaJS.KafkaJSOffsetOutOfRange>
export type GivesKafkaJSAlterPartitionReassignmentsError = Gives<Ottla.KafkaJSAlterPartitionReassignmentsError, KafkaJS.KafkaJSAlterPartitionReassignmentsError>
export type GivesKafkaJSNumberOfRetriesExceeded = Gives<Ottla.KafkaJSNumberOfRetriesExceeded, KafkaJS.KafkaJSNumberOfRetriesExceeded>
export type GivesKafkaJSConnectionError = Gives<Ottla.KafkaJSConnectionError, KafkaJS.KafkaJSConnectionError>
export type GivesKafkaJSRequestTimeoutError = Gives<Ottla.KafkaJSRequestTimeoutError, KafkaJS.KafkaJSRequestTimeoutError>
export type GivesKafkaJSMetadataNotLoaded = Gives<Ottla.KafkaJSMetadataNotLoaded, KafkaJS.KafkaJSMetadataNotLoaded>
export type GivesKafkaJSTopicMetadataNotLoaded = Gives<Ottla.KafkaJSTopicMetadataNotLoaded, KafkaJS.KafkaJSTopicMetadataNotLoaded>
export type GivesKafkaJSStaleTopicMetadataAssignment = Gives<
  Ottla.KafkaJSStaleTopicMetadataAssignment,
  Omit<KafkaJS.KafkaJSStaleTopicMetadataAssignment, 'unknownPartitions'>
>
export type GivesKafkaJSServerDoesNotSupportApiKey = Gives<Ottla.KafkaJSServerDoesNotSupportApiKey, KafkaJS.KafkaJSServerDoesNotSupportApiKey>
export type GivesKafkaJSBrokerNotFound = Gives<Ottla.KafkaJSBrokerNotFound, KafkaJS.KafkaJSBrokerNotFound>
export type GivesKafkaJSPartialMessageError = Gives<Ottla.KafkaJSPartialMessageError, KafkaJS.KafkaJSPartialMessageError>
export type GivesKafkaJSSASLAuthenticationError = Gives<Ottla.KafkaJSSASLAuthenticationError, KafkaJS.KafkaJSSASLAuthenticationError>
export type GivesKafkaJSGroupCoordinatorNotFound = Gives<Ottla.KafkaJSGroupCoordinatorNotFound, KafkaJS.KafkaJSGroupCoordinatorNotFound>
export type GivesKafkaJSNotImplemented = Gives<Ottla.KafkaJSNotImplemented, KafkaJS.KafkaJSNotImplemented>
export type GivesKafkaJSTimeout = Gives<Ottla.KafkaJSTimeout, KafkaJS.KafkaJSTimeout>
export type GivesKafkaJSLockTimeout = Gives<Ottla.KafkaJSLockTimeout, KafkaJS.KafkaJSLockTimeout>
export type GivesKafkaJSUnsupportedMagicByteInMessageSet = Gives<Ottla.KafkaJSUnsupportedMagicByteInMessageSet, KafkaJS.KafkaJSUnsupportedMagicByteInMessageSet>
export type GivesKafkaJSDeleteGroupsError = Gives<Ottla.KafkaJSDeleteGroupsError, KafkaJS.KafkaJSDeleteGroupsError>
export type GivesKafkaJSDeleteTopicRecordsError = Gives<Ottla.KafkaJSDeleteTopicRecordsError, KafkaJS.KafkaJSDeleteTopicRecordsError>

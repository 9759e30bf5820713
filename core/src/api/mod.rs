//! The APIs: one file each, with what the broker does with the request.

mod alter_configs;
mod api_versions;
mod clients;
mod cluster;
mod config;
mod consumer_group_describe;
mod consumer_group_heartbeat;
mod coordinator;
mod create_partitions;
mod create_topics;
mod delete_groups;
mod delete_records;
mod delete_topics;
mod describe_configs;
mod describe_groups;
mod describe_log_dirs;
mod fetch;
mod find_coordinator;
mod gate;
mod heartbeat;
mod init_producer_id;
mod join_group;
mod leader;
mod leave_group;
mod list_groups;
mod list_offsets;
mod metadata;
mod node;
mod offset_commit;
mod offset_delete;
mod offset_fetch;
mod offset_for_leader_epoch;
mod produce;
mod random;
mod replay;
mod reply;
mod room;
mod settings;
mod sync_group;

pub(crate) use api_versions::unsupported as unsupported_api_versions;
pub use config::{BROKER_CONFIGS, BrokerConfig, broker_config};
pub(crate) use fetch::FetchSessions;
pub(crate) use node::Node;
pub(crate) use replay::Replay;
pub(crate) use reply::{LoadedPart, Parked, Progress, Reply};

use crate::protocol::{ApiKey, DecodeError, Reader, RequestHeader, decode_request};
use crate::{ConnectionId, Now};

/// One request of one connection, and how its response is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    /// From whom: `node.clients` tells more.
    pub connection: ConnectionId,
    /// Which of the brokers that this one is shown as was asked.
    pub node_id: i32,
    /// The request's place on its connection: responses leave in this order.
    pub sequence: u64,
    pub version: i16,
    pub correlation_id: i32,
}

macro_rules! served {
    ($($api:ident $versions:expr => $handler:path,)*) => {
        /// The APIs that are served, with the first and last version that ApiVersions tells.
        pub(crate) const SERVED: &[(ApiKey, i16, i16)] =
            &[$((ApiKey::$api, *$versions.start(), *$versions.end()),)*];

        /// Does what a request asks for. An error means that its bytes make no sense.
        pub(crate) fn serve(
            node: &mut Node,
            now: Now,
            call: Call,
            header: &RequestHeader,
            body: Reader,
        ) -> Result<Reply, DecodeError> {
            match ApiKey::try_from(header.api_key)? {
                $(ApiKey::$api => Ok($handler(node, now, call, decode_request(header, body)?)),)*
                _ => Err(DecodeError::UnknownApi(header.api_key)),
            }
        }
    };
}

// Produce below 3 is told and not served: librdkafka stops compressing where its range does not
// start at 0 (KIP-896). Decoding such a version fails, which closes the connection, as in Kafka.
served! {
    Produce 0..=13 => produce::produce,
    Fetch 4..=18 => fetch::fetch,
    ListOffsets 1..=11 => list_offsets::list_offsets,
    Metadata 0..=13 => metadata::metadata,
    OffsetCommit 2..=10 => offset_commit::offset_commit,
    OffsetFetch 1..=10 => offset_fetch::offset_fetch,
    FindCoordinator 0..=6 => find_coordinator::find_coordinator,
    JoinGroup 0..=9 => join_group::join_group,
    Heartbeat 0..=4 => heartbeat::heartbeat,
    LeaveGroup 0..=5 => leave_group::leave_group,
    SyncGroup 0..=5 => sync_group::sync_group,
    DescribeGroups 0..=6 => describe_groups::describe_groups,
    ListGroups 0..=5 => list_groups::list_groups,
    ApiVersions 0..=4 => api_versions::api_versions,
    CreateTopics 2..=7 => create_topics::create_topics,
    DeleteTopics 1..=6 => delete_topics::delete_topics,
    DeleteRecords 0..=2 => delete_records::delete_records,
    InitProducerId 0..=5 => init_producer_id::init_producer_id,
    OffsetForLeaderEpoch 2..=4 => offset_for_leader_epoch::offset_for_leader_epoch,
    DescribeConfigs 1..=4 => describe_configs::describe_configs,
    AlterConfigs 0..=2 => alter_configs::alter_configs,
    DescribeLogDirs 1..=4 => describe_log_dirs::describe_log_dirs,
    CreatePartitions 0..=3 => create_partitions::create_partitions,
    DeleteGroups 0..=2 => delete_groups::delete_groups,
    IncrementalAlterConfigs 0..=1 => alter_configs::incremental_alter_configs,
    OffsetDelete 0..=0 => offset_delete::offset_delete,
    DescribeCluster 0..=2 => cluster::describe_cluster,
    ConsumerGroupHeartbeat 0..=1 => consumer_group_heartbeat::consumer_group_heartbeat,
    ConsumerGroupDescribe 0..=1 => consumer_group_describe::consumer_group_describe,
    DescribeTopicPartitions 0..=0 => metadata::describe_topic_partitions,
}

/// Whether an API has to do with groups, so that it waits until they have been read.
pub(crate) fn is_of_groups(api_key: i16) -> bool {
    use ApiKey::*;
    let Ok(api) = ApiKey::try_from(api_key) else { return false };
    // With a topic its committed offsets go.
    matches!(
        api,
        OffsetCommit
            | OffsetFetch
            | JoinGroup
            | Heartbeat
            | LeaveGroup
            | SyncGroup
            | DescribeGroups
            | ListGroups
            | DeleteTopics
            | DeleteGroups
            | OffsetDelete
            | ConsumerGroupHeartbeat
            | ConsumerGroupDescribe
    )
}

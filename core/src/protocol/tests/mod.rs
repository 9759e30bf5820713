//! Every message in every version, against the crate `kafka-protocol` and against hostile bytes.

mod consumer_protocol;
mod golden;
mod hostile;
mod oracle;
pub(crate) mod samples;
mod tree;
mod wire;

use super::{ApiKey, Message};

/// Calls `$check::<Request, the oracle's request, the oracle's response>(…)` for each API, or, as
/// `message $check`, `$check::<Message>(…)` for each request and each response.
macro_rules! for_each {
    (api $check:ident $arguments:tt) => {
        $crate::protocol::tests::for_each!(@list api $check $arguments)
    };
    (message $check:ident $arguments:tt) => {
        $crate::protocol::tests::for_each!(@list message $check $arguments)
    };
    (@list $kind:ident $check:ident $arguments:tt) => {
        $crate::protocol::tests::for_each! { @call $kind $check $arguments
            ProduceRequest ProduceResponse
            FetchRequest FetchResponse
            ListOffsetsRequest ListOffsetsResponse
            MetadataRequest MetadataResponse
            OffsetCommitRequest OffsetCommitResponse
            OffsetFetchRequest OffsetFetchResponse
            FindCoordinatorRequest FindCoordinatorResponse
            JoinGroupRequest JoinGroupResponse
            HeartbeatRequest HeartbeatResponse
            LeaveGroupRequest LeaveGroupResponse
            SyncGroupRequest SyncGroupResponse
            DescribeGroupsRequest DescribeGroupsResponse
            ListGroupsRequest ListGroupsResponse
            ApiVersionsRequest ApiVersionsResponse
            CreateTopicsRequest CreateTopicsResponse
            DeleteTopicsRequest DeleteTopicsResponse
            DeleteRecordsRequest DeleteRecordsResponse
            InitProducerIdRequest InitProducerIdResponse
            OffsetForLeaderEpochRequest OffsetForLeaderEpochResponse
            DescribeConfigsRequest DescribeConfigsResponse
            AlterConfigsRequest AlterConfigsResponse
            DescribeLogDirsRequest DescribeLogDirsResponse
            CreatePartitionsRequest CreatePartitionsResponse
            DeleteGroupsRequest DeleteGroupsResponse
            IncrementalAlterConfigsRequest IncrementalAlterConfigsResponse
            OffsetDeleteRequest OffsetDeleteResponse
            DescribeClusterRequest DescribeClusterResponse
            ConsumerGroupHeartbeatRequest ConsumerGroupHeartbeatResponse
            ConsumerGroupDescribeRequest ConsumerGroupDescribeResponse
            DescribeTopicPartitionsRequest DescribeTopicPartitionsResponse
        }
    };
    (@call api $check:ident $arguments:tt $($request:ident $response:ident)*) => { $(
        $check::<
            $crate::protocol::messages::$request,
            kafka_protocol::messages::$request,
            kafka_protocol::messages::$response,
        >$arguments;
    )* };
    (@call message $check:ident $arguments:tt $($message:ident)*) => { $(
        $check::<$crate::protocol::messages::$message>$arguments;
    )* };
}
pub(crate) use for_each;

/// The versions of a message, each with whether it is flexible.
fn versions<M: Message>() -> impl Iterator<Item = (i16, bool)> {
    M::VERSIONS.map(|version| (version, version >= M::FLEXIBLE_FROM))
}

#[test]
fn each_described_message_is_tested_once() {
    fn note<M: Message>(seen: &mut Vec<(ApiKey, i16, i16)>) {
        seen.push((M::API, *M::VERSIONS.start(), *M::VERSIONS.end()));
    }
    let mut seen = Vec::new();
    for_each!(message note(&mut seen));
    seen.sort();
    // As Apache Kafka 4.3 serves them; of Produce, versions 0 to 2 have no description there.
    use ApiKey::*;
    let expected = [
        (Produce, 3, 13),
        (Fetch, 4, 18),
        (ListOffsets, 1, 11),
        (Metadata, 0, 13),
        (OffsetCommit, 2, 10),
        (OffsetFetch, 1, 10),
        (FindCoordinator, 0, 6),
        (JoinGroup, 0, 9),
        (Heartbeat, 0, 4),
        (LeaveGroup, 0, 5),
        (SyncGroup, 0, 5),
        (DescribeGroups, 0, 6),
        (ListGroups, 0, 5),
        (ApiVersions, 0, 4),
        (CreateTopics, 2, 7),
        (DeleteTopics, 1, 6),
        (DeleteRecords, 0, 2),
        (InitProducerId, 0, 5),
        (OffsetForLeaderEpoch, 2, 4),
        (DescribeConfigs, 1, 4),
        (AlterConfigs, 0, 2),
        // 5, of Kafka 4.2, is not served: it tells of cordoned directories.
        (DescribeLogDirs, 1, 4),
        (CreatePartitions, 0, 3),
        (DeleteGroups, 0, 2),
        (IncrementalAlterConfigs, 0, 1),
        (OffsetDelete, 0, 0),
        (DescribeCluster, 0, 2),
        (ConsumerGroupHeartbeat, 0, 1),
        (ConsumerGroupDescribe, 0, 1),
        (DescribeTopicPartitions, 0, 0),
    ];
    // A request and a response each.
    assert_eq!(seen, expected.map(|row| [row, row]).concat());
}

//! The requests of all APIs.

/// Calls a macro with the names of all requests.
#[macro_export]
macro_rules! with_requests {
    ($call:ident) => {
        $call! {
            AlterConfigsRequest, ApiVersionsRequest, ConsumerGroupDescribeRequest,
            ConsumerGroupHeartbeatRequest, CreatePartitionsRequest, CreateTopicsRequest,
            DeleteGroupsRequest, DeleteRecordsRequest, DeleteTopicsRequest,
            DescribeClusterRequest, DescribeConfigsRequest, DescribeGroupsRequest,
            DescribeLogDirsRequest, DescribeTopicPartitionsRequest, FetchRequest, FindCoordinatorRequest,
            HeartbeatRequest, IncrementalAlterConfigsRequest, InitProducerIdRequest,
            JoinGroupRequest, LeaveGroupRequest, ListGroupsRequest, ListOffsetsRequest,
            MetadataRequest, OffsetCommitRequest, OffsetDeleteRequest, OffsetFetchRequest,
            OffsetForLeaderEpochRequest, ProduceRequest, SyncGroupRequest
        }
    };
}

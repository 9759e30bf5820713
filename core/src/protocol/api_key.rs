//! The keys of Kafka's APIs.

macro_rules! api_keys {
    ($($name:ident = $key:literal),* $(,)?) => {
        /// An API of Kafka's, by its key.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(i16)]
        #[allow(missing_docs)] // The names are the protocol's own.
        pub enum ApiKey {
            $($name = $key,)*
        }

        impl ApiKey {
            /// The protocol's name for it, such as `CreateTopics`.
            pub fn name(self) -> &'static str {
                match self {
                    $(ApiKey::$name => stringify!($name),)*
                }
            }
        }

        impl TryFrom<i16> for ApiKey {
            type Error = super::DecodeError;

            fn try_from(key: i16) -> Result<ApiKey, super::DecodeError> {
                match key {
                    $($key => Ok(ApiKey::$name),)*
                    _ => Err(super::DecodeError::UnknownApi(key)),
                }
            }
        }
    };
}

api_keys! {
    Produce = 0, Fetch = 1, ListOffsets = 2, Metadata = 3, OffsetCommit = 8, OffsetFetch = 9,
    FindCoordinator = 10, JoinGroup = 11, Heartbeat = 12, LeaveGroup = 13, SyncGroup = 14,
    DescribeGroups = 15, ListGroups = 16, SaslHandshake = 17, ApiVersions = 18, CreateTopics = 19,
    DeleteTopics = 20, DeleteRecords = 21, InitProducerId = 22, OffsetForLeaderEpoch = 23,
    AddPartitionsToTxn = 24, AddOffsetsToTxn = 25, EndTxn = 26, WriteTxnMarkers = 27,
    TxnOffsetCommit = 28, DescribeAcls = 29, CreateAcls = 30, DeleteAcls = 31,
    DescribeConfigs = 32, AlterConfigs = 33, DescribeLogDirs = 35, SaslAuthenticate = 36,
    CreatePartitions = 37, DeleteGroups = 42, ElectLeaders = 43, IncrementalAlterConfigs = 44,
    AlterPartitionReassignments = 45, ListPartitionReassignments = 46, OffsetDelete = 47,
    DescribeClientQuotas = 48, AlterClientQuotas = 49, DescribeCluster = 60,
    DescribeProducers = 61, DescribeTransactions = 65, ListTransactions = 66,
    ConsumerGroupHeartbeat = 68, ConsumerGroupDescribe = 69, DescribeTopicPartitions = 75,
    ShareGroupHeartbeat = 76, ShareGroupDescribe = 77, ShareFetch = 78, ShareAcknowledge = 79,
}

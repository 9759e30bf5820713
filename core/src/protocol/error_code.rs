//! Kafka's error codes: their numbers, names, whether Java's client retries them
//! (`RetriableException`), and what we say of them.

macro_rules! error_codes {
    ($($name:ident = $code:literal $text:literal $retry:ident $message:literal;)*) => {
        /// An error that the protocol can express. Responses carry it as a number.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(i16)]
        pub enum ErrorCode {
            $(#[doc = $message] $name = $code,)*
        }

        impl ErrorCode {
            /// Every code, in the order of their numbers.
            pub const ALL: &[ErrorCode] = &[$(ErrorCode::$name,)*];

            /// The error with this number; `UnknownServerError` for a number that nobody knows.
            pub fn from_code(code: i16) -> ErrorCode {
                match code {
                    $($code => ErrorCode::$name,)*
                    _ => ErrorCode::UnknownServerError,
                }
            }

            /// The protocol's name for it, such as `UNKNOWN_TOPIC_OR_PARTITION`.
            pub fn name(self) -> &'static str {
                match self {
                    $(ErrorCode::$name => $text,)*
                }
            }

            /// What happened and, where there is something to do, what to do: one sentence, for
            /// people.
            pub fn message(self) -> &'static str {
                match self {
                    $(ErrorCode::$name => $message,)*
                }
            }

            /// Whether a client may send the same request again and expect it to succeed.
            pub fn is_retriable(self) -> bool {
                match self {
                    $(ErrorCode::$name => error_codes!(@$retry),)*
                }
            }
        }
    };
    (@retry) => { true };
    (@stop) => { false };
}

impl ErrorCode {
    /// Its number.
    pub fn code(self) -> i16 {
        self as i16
    }
}

error_codes! {
    UnknownServerError = -1 "UNKNOWN_SERVER_ERROR" stop
        "The broker met an error that it has no code for; its log tells more.";
    None = 0 "NONE" stop
        "There is no error.";
    OffsetOutOfRange = 1 "OFFSET_OUT_OF_RANGE" stop
        "The offset is not within the partition's log; seek to an offset that it holds.";
    CorruptMessage = 2 "CORRUPT_MESSAGE" retry
        "A record batch is damaged: its checksum, its size or its layout is wrong.";
    UnknownTopicOrPartition = 3 "UNKNOWN_TOPIC_OR_PARTITION" retry
        "The broker has no such topic or partition; create it, or check its name.";
    InvalidFetchSize = 4 "INVALID_FETCH_SIZE" stop
        "The number of bytes to fetch is not valid; ask for more than zero.";
    LeaderNotAvailable = 5 "LEADER_NOT_AVAILABLE" retry
        "The partition has no leader at the moment; try again shortly.";
    NotLeaderOrFollower = 6 "NOT_LEADER_OR_FOLLOWER" retry
        "This broker does not hold the partition; refresh the metadata and ask its leader.";
    RequestTimedOut = 7 "REQUEST_TIMED_OUT" retry
        "The request was not done within its time; try again, or allow it more.";
    BrokerNotAvailable = 8 "BROKER_NOT_AVAILABLE" stop
        "The broker cannot be reached.";
    ReplicaNotAvailable = 9 "REPLICA_NOT_AVAILABLE" retry
        "The broker's copy of the partition cannot be read now; try again.";
    MessageTooLarge = 10 "MESSAGE_TOO_LARGE" stop
        "The record batch is larger than the topic's max.message.bytes; send less, or raise it.";
    StaleControllerEpoch = 11 "STALE_CONTROLLER_EPOCH" stop
        "Another controller has taken over since.";
    OffsetMetadataTooLarge = 12 "OFFSET_METADATA_TOO_LARGE" stop
        "The text committed with an offset is too long; shorten it.";
    NetworkException = 13 "NETWORK_EXCEPTION" retry
        "The connection broke before the response came; whether the request was done is unknown.";
    CoordinatorLoadInProgress = 14 "COORDINATOR_LOAD_IN_PROGRESS" retry
        "The coordinator is still loading its state; try again shortly.";
    CoordinatorNotAvailable = 15 "COORDINATOR_NOT_AVAILABLE" retry
        "There is no coordinator at the moment; try again shortly.";
    NotCoordinator = 16 "NOT_COORDINATOR" retry
        "This broker is not the coordinator; look the coordinator up again.";
    InvalidTopicException = 17 "INVALID_TOPIC_EXCEPTION" stop
        "The topic's name is not valid: use 1 to 249 letters, digits, '.', '_' and '-'.";
    RecordListTooLarge = 18 "RECORD_LIST_TOO_LARGE" stop
        "The request holds more records than the broker takes at once; send smaller batches.";
    NotEnoughReplicas = 19 "NOT_ENOUGH_REPLICAS" retry
        "Fewer replicas are in sync than min.insync.replicas asks for; nothing was written.";
    NotEnoughReplicasAfterAppend = 20 "NOT_ENOUGH_REPLICAS_AFTER_APPEND" retry
        "The records were written, but to fewer replicas than min.insync.replicas asks for.";
    InvalidRequiredAcks = 21 "INVALID_REQUIRED_ACKS" stop
        "acks is not valid; use -1 (all), 0 or 1.";
    IllegalGeneration = 22 "ILLEGAL_GENERATION" stop
        "The group has moved on to another generation; rejoin it.";
    InconsistentGroupProtocol = 23 "INCONSISTENT_GROUP_PROTOCOL" stop
        "The group's members share no assignor of this member's; configure one that they have.";
    InvalidGroupId = 24 "INVALID_GROUP_ID" stop
        "The group id is not valid; it must not be empty.";
    UnknownMemberId = 25 "UNKNOWN_MEMBER_ID" stop
        "The group does not know this member, who was removed or never joined; rejoin it.";
    InvalidSessionTimeout = 26 "INVALID_SESSION_TIMEOUT" stop
        "The session timeout is outside the range that the broker allows.";
    RebalanceInProgress = 27 "REBALANCE_IN_PROGRESS" stop
        "The group is being rebalanced; rejoin it.";
    InvalidCommitOffsetSize = 28 "INVALID_COMMIT_OFFSET_SIZE" stop
        "The commit is too large to be stored; commit fewer offsets at once.";
    TopicAuthorizationFailed = 29 "TOPIC_AUTHORIZATION_FAILED" stop
        "The client may not use this topic.";
    GroupAuthorizationFailed = 30 "GROUP_AUTHORIZATION_FAILED" stop
        "The client may not use this group.";
    ClusterAuthorizationFailed = 31 "CLUSTER_AUTHORIZATION_FAILED" stop
        "The client may not do this to the cluster.";
    InvalidTimestamp = 32 "INVALID_TIMESTAMP" stop
        "A record's timestamp is further from the broker's time than the topic allows.";
    UnsupportedSaslMechanism = 33 "UNSUPPORTED_SASL_MECHANISM" stop
        "The broker does not offer this SASL mechanism; choose one that it lists.";
    IllegalSaslState = 34 "ILLEGAL_SASL_STATE" stop
        "The request does not fit the state of the SASL exchange.";
    UnsupportedVersion = 35 "UNSUPPORTED_VERSION" stop
        "The broker does not serve this version of the request.";
    TopicAlreadyExists = 36 "TOPIC_ALREADY_EXISTS" stop
        "There is a topic of this name already.";
    InvalidPartitions = 37 "INVALID_PARTITIONS" stop
        "The number of partitions is not valid: it must be above zero, and can only grow.";
    InvalidReplicationFactor = 38 "INVALID_REPLICATION_FACTOR" stop
        "The replication factor must be above zero and at most the number of brokers.";
    InvalidReplicaAssignment = 39 "INVALID_REPLICA_ASSIGNMENT" stop
        "The assignment of replicas is not valid.";
    InvalidConfig = 40 "INVALID_CONFIG" stop
        "A configuration's name or value is not valid.";
    NotController = 41 "NOT_CONTROLLER" retry
        "This broker is not the controller; look the controller up again.";
    InvalidRequest = 42 "INVALID_REQUEST" stop
        "The request contradicts itself or lacks something; the broker's log tells more.";
    UnsupportedForMessageFormat = 43 "UNSUPPORTED_FOR_MESSAGE_FORMAT" stop
        "The partition's record format is too old for this.";
    PolicyViolation = 44 "POLICY_VIOLATION" stop
        "The broker's policy forbids this.";
    OutOfOrderSequenceNumber = 45 "OUT_OF_ORDER_SEQUENCE_NUMBER" stop
        "The producer's batches are not in sequence: one before this has been lost.";
    DuplicateSequenceNumber = 46 "DUPLICATE_SEQUENCE_NUMBER" stop
        "The producer's batch was written before.";
    InvalidProducerEpoch = 47 "INVALID_PRODUCER_EPOCH" stop
        "The producer's epoch is old: another producer with its id has taken over.";
    InvalidTxnState = 48 "INVALID_TXN_STATE" stop
        "The transaction's state does not allow this.";
    InvalidProducerIdMapping = 49 "INVALID_PRODUCER_ID_MAPPING" stop
        "The producer id does not belong to this transactional id; initialize the producer again.";
    InvalidTransactionTimeout = 50 "INVALID_TRANSACTION_TIMEOUT" stop
        "The transaction timeout exceeds the broker's transaction.max.timeout.ms; lower it.";
    ConcurrentTransactions = 51 "CONCURRENT_TRANSACTIONS" retry
        "The producer's previous transaction is still being completed; try again shortly.";
    TransactionCoordinatorFenced = 52 "TRANSACTION_COORDINATOR_FENCED" stop
        "Another transaction coordinator has taken over from the one that sent this.";
    TransactionalIdAuthorizationFailed = 53 "TRANSACTIONAL_ID_AUTHORIZATION_FAILED" stop
        "The client may not use this transactional id.";
    SecurityDisabled = 54 "SECURITY_DISABLED" stop
        "The broker has no security features in use.";
    OperationNotAttempted = 55 "OPERATION_NOT_ATTEMPTED" stop
        "This was not tried, because another part of the same request failed.";
    KafkaStorageError = 56 "KAFKA_STORAGE_ERROR" retry
        "The broker could not write to its storage or read from it.";
    LogDirNotFound = 57 "LOG_DIR_NOT_FOUND" stop
        "The broker's configuration has no such log directory.";
    SaslAuthenticationFailed = 58 "SASL_AUTHENTICATION_FAILED" stop
        "The credentials were refused.";
    UnknownProducerId = 59 "UNKNOWN_PRODUCER_ID" stop
        "The partition knows nothing of this producer id any more: its records have expired.";
    ReassignmentInProgress = 60 "REASSIGNMENT_IN_PROGRESS" stop
        "The partition is being moved; wait until that is done.";
    DelegationTokenAuthDisabled = 61 "DELEGATION_TOKEN_AUTH_DISABLED" stop
        "The broker does not have delegation tokens in use.";
    DelegationTokenNotFound = 62 "DELEGATION_TOKEN_NOT_FOUND" stop
        "The broker has no such delegation token.";
    DelegationTokenOwnerMismatch = 63 "DELEGATION_TOKEN_OWNER_MISMATCH" stop
        "The delegation token belongs to somebody else.";
    DelegationTokenRequestNotAllowed = 64 "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED" stop
        "Delegation tokens cannot be managed over this kind of connection.";
    DelegationTokenAuthorizationFailed = 65 "DELEGATION_TOKEN_AUTHORIZATION_FAILED" stop
        "The client may not use this delegation token.";
    DelegationTokenExpired = 66 "DELEGATION_TOKEN_EXPIRED" stop
        "The delegation token has expired; obtain another.";
    InvalidPrincipalType = 67 "INVALID_PRINCIPAL_TYPE" stop
        "The broker does not know this type of principal.";
    NonEmptyGroup = 68 "NON_EMPTY_GROUP" stop
        "The group still has members; stop them first.";
    GroupIdNotFound = 69 "GROUP_ID_NOT_FOUND" stop
        "There is no such group.";
    FetchSessionIdNotFound = 70 "FETCH_SESSION_ID_NOT_FOUND" retry
        "The broker does not have this fetch session any more; start another.";
    InvalidFetchSessionEpoch = 71 "INVALID_FETCH_SESSION_EPOCH" retry
        "The fetch request is out of turn in its session; start another session.";
    ListenerNotFound = 72 "LISTENER_NOT_FOUND" retry
        "The partition's leader has no listener like the one that was asked.";
    TopicDeletionDisabled = 73 "TOPIC_DELETION_DISABLED" stop
        "The broker's delete.topic.enable forbids deleting topics.";
    FencedLeaderEpoch = 74 "FENCED_LEADER_EPOCH" retry
        "The partition has a newer leader than the client knows; refresh the metadata.";
    UnknownLeaderEpoch = 75 "UNKNOWN_LEADER_EPOCH" retry
        "The client knows of a newer leader than this broker does; try again shortly.";
    UnsupportedCompressionType = 76 "UNSUPPORTED_COMPRESSION_TYPE" stop
        "The compression is not possible with this version of the request; use another.";
    StaleBrokerEpoch = 77 "STALE_BROKER_EPOCH" stop
        "The broker has registered again since.";
    OffsetNotAvailable = 78 "OFFSET_NOT_AVAILABLE" retry
        "The new leader does not know the end of its log yet; try again shortly.";
    MemberIdRequired = 79 "MEMBER_ID_REQUIRED" stop
        "Join the group again with the member id that came with this error.";
    PreferredLeaderNotAvailable = 80 "PREFERRED_LEADER_NOT_AVAILABLE" retry
        "The partition's preferred leader is not available.";
    GroupMaxSizeReached = 81 "GROUP_MAX_SIZE_REACHED" stop
        "The group has as many members as the broker's group.max.size allows.";
    FencedInstanceId = 82 "FENCED_INSTANCE_ID" stop
        "Another consumer has joined with the same group.instance.id; give each its own.";
    EligibleLeadersNotAvailable = 83 "ELIGIBLE_LEADERS_NOT_AVAILABLE" retry
        "No replica of the partition may become its leader now.";
    ElectionNotNeeded = 84 "ELECTION_NOT_NEEDED" retry
        "The partition has the leader that it should have; no election was held.";
    NoReassignmentInProgress = 85 "NO_REASSIGNMENT_IN_PROGRESS" stop
        "The partition is not being moved.";
    GroupSubscribedToTopic = 86 "GROUP_SUBSCRIBED_TO_TOPIC" stop
        "The group is reading the topic, so its offsets cannot be deleted; unsubscribe first.";
    InvalidRecord = 87 "INVALID_RECORD" stop
        "A record is not valid for this topic, such as one without a key where it is compacted.";
    UnstableOffsetCommit = 88 "UNSTABLE_OFFSET_COMMIT" retry
        "An open transaction is about to commit these offsets; try again shortly.";
    ThrottlingQuotaExceeded = 89 "THROTTLING_QUOTA_EXCEEDED" retry
        "The client's quota is used up; wait as long as the response says.";
    ProducerFenced = 90 "PRODUCER_FENCED" stop
        "A newer producer with the same transactional id has taken over; close this one.";
    ResourceNotFound = 91 "RESOURCE_NOT_FOUND" stop
        "What the request refers to does not exist.";
    DuplicateResource = 92 "DUPLICATE_RESOURCE" stop
        "The request names the same thing twice.";
    UnacceptableCredential = 93 "UNACCEPTABLE_CREDENTIAL" stop
        "The credential does not meet the broker's rules.";
    InconsistentVoterSet = 94 "INCONSISTENT_VOTER_SET" stop
        "Only one of the two is a voter of the quorum.";
    InvalidUpdateVersion = 95 "INVALID_UPDATE_VERSION" stop
        "The version to update to is not valid.";
    FeatureUpdateFailed = 96 "FEATURE_UPDATE_FAILED" stop
        "The finalized features could not be updated.";
    PrincipalDeserializationFailure = 97 "PRINCIPAL_DESERIALIZATION_FAILURE" stop
        "The principal of a forwarded request could not be read.";
    SnapshotNotFound = 98 "SNAPSHOT_NOT_FOUND" stop
        "There is no such snapshot.";
    PositionOutOfRange = 99 "POSITION_OUT_OF_RANGE" stop
        "The position is not within the snapshot.";
    UnknownTopicId = 100 "UNKNOWN_TOPIC_ID" retry
        "The broker has no topic with this id; refresh the metadata.";
    DuplicateBrokerRegistration = 101 "DUPLICATE_BROKER_REGISTRATION" stop
        "Another broker has this node id.";
    BrokerIdNotRegistered = 102 "BROKER_ID_NOT_REGISTERED" stop
        "No broker is registered with this node id.";
    InconsistentTopicId = 103 "INCONSISTENT_TOPIC_ID" retry
        "The topic has another id than the request says, as when it was made anew; refresh the \
         metadata.";
    InconsistentClusterId = 104 "INCONSISTENT_CLUSTER_ID" stop
        "The cluster has another id than the request says.";
    TransactionalIdNotFound = 105 "TRANSACTIONAL_ID_NOT_FOUND" stop
        "There is no such transactional id.";
    FetchSessionTopicIdError = 106 "FETCH_SESSION_TOPIC_ID_ERROR" retry
        "The fetch session mixes topic names and topic ids; start another.";
    IneligibleReplica = 107 "INELIGIBLE_REPLICA" stop
        "A replica named as in sync may not be.";
    NewLeaderElected = 108 "NEW_LEADER_ELECTED" stop
        "The partition was altered, and its leader is another now.";
    OffsetMovedToTieredStorage = 109 "OFFSET_MOVED_TO_TIERED_STORAGE" stop
        "The offset is in tiered storage.";
    FencedMemberEpoch = 110 "FENCED_MEMBER_EPOCH" stop
        "The group has fenced this member; give up its partitions and rejoin.";
    UnreleasedInstanceId = 111 "UNRELEASED_INSTANCE_ID" stop
        "Another member of the group has this group.instance.id; it must leave first.";
    UnsupportedAssignor = 112 "UNSUPPORTED_ASSIGNOR" stop
        "The group does not offer this assignor; choose one that it has.";
    StaleMemberEpoch = 113 "STALE_MEMBER_EPOCH" stop
        "The member's epoch is old; wait for the next heartbeat's response and try again.";
    MismatchedEndpointType = 114 "MISMATCHED_ENDPOINT_TYPE" stop
        "The request went to a broker instead of a controller, or the other way round.";
    UnsupportedEndpointType = 115 "UNSUPPORTED_ENDPOINT_TYPE" stop
        "The broker cannot list this type of endpoint.";
    UnknownControllerId = 116 "UNKNOWN_CONTROLLER_ID" stop
        "There is no controller with this id.";
    UnknownSubscriptionId = 117 "UNKNOWN_SUBSCRIPTION_ID" stop
        "The subscription to the client's metrics is unknown or old; fetch it again.";
    TelemetryTooLarge = 118 "TELEMETRY_TOO_LARGE" stop
        "The client's metrics exceed what the broker takes at once.";
    InvalidRegistration = 119 "INVALID_REGISTRATION" stop
        "The controller refuses the broker's registration.";
    TransactionAbortable = 120 "TRANSACTION_ABORTABLE" stop
        "The transaction has failed; abort it, and go on with the next.";
    InvalidRecordState = 121 "INVALID_RECORD_STATE" stop
        "The record cannot be acknowledged: its lock has expired, or it was acknowledged before.";
    ShareSessionNotFound = 122 "SHARE_SESSION_NOT_FOUND" retry
        "The broker does not have this share session any more; start another.";
    InvalidShareSessionEpoch = 123 "INVALID_SHARE_SESSION_EPOCH" retry
        "The request is out of turn in its share session; start another session.";
    FencedStateEpoch = 124 "FENCED_STATE_EPOCH" stop
        "The state of the share group has moved on to another epoch.";
    InvalidVoterKey = 125 "INVALID_VOTER_KEY" stop
        "The voter's id and directory do not belong together.";
    DuplicateVoter = 126 "DUPLICATE_VOTER" stop
        "The quorum has this voter already.";
    VoterNotFound = 127 "VOTER_NOT_FOUND" stop
        "The quorum has no such voter.";
    InvalidRegularExpression = 128 "INVALID_REGULAR_EXPRESSION" stop
        "The regular expression is not valid in RE2's syntax.";
    RebootstrapRequired = 129 "REBOOTSTRAP_REQUIRED" stop
        "What the client knows of the cluster is old; connect anew by the bootstrap addresses.";
    StreamsInvalidTopology = 130 "STREAMS_INVALID_TOPOLOGY" stop
        "The streams application's topology is not valid.";
    StreamsInvalidTopologyEpoch = 131 "STREAMS_INVALID_TOPOLOGY_EPOCH" stop
        "The epoch of the streams application's topology is not valid.";
    StreamsTopologyFenced = 132 "STREAMS_TOPOLOGY_FENCED" stop
        "The streams application has a newer topology.";
    ShareSessionLimitReached = 133 "SHARE_SESSION_LIMIT_REACHED" retry
        "The broker has as many share sessions as it allows; try again later.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::ErrorCode;

    #[test]
    fn the_codes_follow_each_other() {
        let codes: Vec<i16> = ErrorCode::ALL.iter().map(|error| error.code()).collect();
        assert_eq!(codes, (-1..=133).collect::<Vec<_>>());
        for &error in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_code(error.code()), error);
        }
        assert_eq!(ErrorCode::from_code(134), ErrorCode::UnknownServerError);
        assert_eq!(ErrorCode::from_code(i16::MIN), ErrorCode::UnknownServerError);
    }

    #[test]
    fn the_names_are_the_variants_in_capitals() {
        for error in ErrorCode::ALL {
            assert_eq!(error.name().replace('_', ""), format!("{error:?}").to_uppercase());
        }
    }

    #[test]
    fn each_message_is_a_sentence_of_its_own() {
        let mut seen = HashSet::new();
        for error in ErrorCode::ALL {
            let message = error.message();
            assert!(message.ends_with('.') && message.len() <= 110, "{error:?}: {message}");
            assert!(seen.insert(message), "{error:?} says what another says");
        }
    }

    // The `RetriableException`s among `Errors.values()` of kafka-clients 4.3.0.
    #[test]
    fn retried_is_what_javas_client_retries() {
        let retried = [
            2, 3, 5, 6, 7, 9, 13, 14, 15, 16, 19, 20, 41, 51, 56, 70, 71, 72, 74, 75, 78, 80, 83,
            84, 88, 89, 100, 103, 106, 122, 123, 133,
        ];
        for error in ErrorCode::ALL {
            assert_eq!(error.is_retriable(), retried.contains(&error.code()), "{error:?}");
        }
    }
}

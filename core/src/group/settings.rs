//! What groups go by: broker configurations, read once.

/// The configurations of groups.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// `group.initial.rebalance.delay.ms`: how long an empty group waits for more members.
    pub initial_rebalance_delay_ms: u64,
    /// `group.min.session.timeout.ms`.
    pub min_session_timeout_ms: i32,
    /// `group.max.session.timeout.ms`.
    pub max_session_timeout_ms: i32,
    /// `group.max.size`: how many members a classic group has.
    pub max_size: usize,
    /// Whether `group.coordinator.rebalance.protocols` has `consumer`.
    pub consumer_protocol: bool,
    /// `group.consumer.heartbeat.interval.ms`: how often members are to send heartbeats.
    pub consumer_heartbeat_interval_ms: i32,
    /// `group.consumer.max.size`: how many members a consumer group has.
    pub consumer_max_size: usize,
    /// `group.consumer.session.timeout.ms`: after how long without a heartbeat a member is put out.
    pub consumer_session_timeout_ms: i32,
    /// Whether `group.consumer.migration.policy` lets a classic group with members become a
    /// consumer group.
    pub consumer_upgrade: bool,
    /// Whether it lets a consumer group become a classic one when only members of that protocol are
    /// left.
    pub consumer_downgrade: bool,
    /// `offset.metadata.max.bytes`.
    pub offset_metadata_max_bytes: usize,
    /// `offsets.retention.minutes`, in milliseconds.
    pub offsets_retention_ms: i64,
    /// `offsets.retention.check.interval.ms`.
    pub offsets_retention_check_interval_ms: u64,
}

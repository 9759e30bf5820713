//! The broker as the coordinator of groups: what an operation on groups has to do with logs and
//! connections.

use litemap::LiteMap;

use super::config::BrokerConfig;
use super::reply::Refusable;
use super::{Call, Node, Reply};
use crate::group::{
    Answer, Caller, Context, CoordinatorRecord, Effects, Groups, OFFSETS_TOPIC, Response, Settings,
    Ticket, partition_of,
};
use crate::protocol::{ErrorCode, messages as m};
use crate::record::{BatchBuilder, BatchOptions, batches};
use crate::{ConnectionId, LogLevel, Now, Output, map};

/// How large a batch of records of groups becomes before another one is begun.
const BATCH_BYTES: usize = 512 * 1024;

/// The groups, and who waits for them.
pub(crate) struct Coordinator {
    groups: Groups,
    /// Whether all that is stored of groups has been read.
    loaded: bool,
    last_ticket: u64,
    tickets: LiteMap<Ticket, Call>,
    /// Which hosts are alive, as that was told last. It counts again when groups are read anew: that a
    /// member has left may not have been stored.
    hosts: Option<Vec<String>>,
}

impl Coordinator {
    pub(crate) fn new(config: &BrokerConfig) -> Coordinator {
        Coordinator {
            groups: Groups::new(settings(config)),
            loaded: false,
            last_ticket: 0,
            tickets: LiteMap::new(),
            hosts: None,
        }
    }

    /// Whether groups can be asked for anything yet.
    pub(crate) fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// When groups have something to do, on the monotonic clock.
    pub(crate) fn deadline_ms(&self) -> Option<u64> {
        self.groups.deadline_ms().filter(|_| self.loaded)
    }

    /// Forgets who waits on a connection that is gone. The groups go on as if it were there: a member
    /// may come back on another one.
    pub(crate) fn drop_connection(&mut self, connection: ConnectionId) {
        self.tickets.retain(|_, call| call.connection != connection);
    }

    pub(crate) fn groups(&self) -> &Groups {
        &self.groups
    }

    /// The groups, for a replay.
    pub(crate) fn groups_mut(&mut self) -> &mut Groups {
        &mut self.groups
    }
}

/// The configurations of groups.
fn settings(config: &BrokerConfig) -> Settings {
    let number = |name: &str| config.number(name);
    let migration = config.value("group.consumer.migration.policy");
    Settings {
        initial_rebalance_delay_ms: number("group.initial.rebalance.delay.ms") as u64,
        min_session_timeout_ms: number("group.min.session.timeout.ms") as i32,
        max_session_timeout_ms: number("group.max.session.timeout.ms") as i32,
        max_size: number("group.max.size") as usize,
        consumer_protocol: config
            .value("group.coordinator.rebalance.protocols")
            .contains("consumer"),
        consumer_heartbeat_interval_ms: number("group.consumer.heartbeat.interval.ms") as i32,
        consumer_max_size: number("group.consumer.max.size") as usize,
        consumer_session_timeout_ms: number("group.consumer.session.timeout.ms") as i32,
        consumer_upgrade: matches!(migration, "upgrade" | "bidirectional"),
        consumer_downgrade: matches!(migration, "downgrade" | "bidirectional"),
        offset_metadata_max_bytes: number("offset.metadata.max.bytes") as usize,
        offsets_retention_ms: number("offsets.retention.minutes") * 60_000,
        offsets_retention_check_interval_ms: number("offsets.retention.check.interval.ms") as u64,
    }
}

impl Node {
    /// Runs an operation on groups, writes its records and sends the responses whose time has come.
    pub(crate) fn on_groups<T>(
        &mut self,
        now: Now,
        operation: impl FnOnce(&mut Groups, &Context, &mut Effects) -> T,
    ) -> T {
        let mut effects = Effects::default();
        let context = Context { now, topics: &self.topics };
        let outcome = operation(&mut self.coordinator.groups, &context, &mut effects);
        self.append_group_records(now, effects.records);
        self.send_answers(effects.answers);
        outcome
    }

    /// Runs an operation whose response groups may hold back.
    pub(crate) fn on_groups_for(
        &mut self,
        now: Now,
        call: Call,
        operation: impl FnOnce(&mut Groups, &Context, &Caller, &mut Effects),
    ) -> Reply {
        self.coordinator.last_ticket += 1;
        let ticket = Ticket(self.coordinator.last_ticket);
        self.coordinator.tickets.insert(ticket, call);
        self.on_groups_by(now, call, ticket, operation);
        Reply::Later
    }

    /// Runs an operation that has to know who asks for it.
    pub(crate) fn on_groups_by<T>(
        &mut self,
        now: Now,
        call: Call,
        ticket: Ticket,
        operation: impl FnOnce(&mut Groups, &Context, &Caller, &mut Effects) -> T,
    ) -> T {
        let client = self.clients.get(call.connection).clone();
        let random = u128::from(self.random.next()) << 64 | u128::from(self.random.next());
        let caller = Caller {
            ticket,
            version: call.version,
            client_id: client.id.as_deref().unwrap_or_default(),
            client_host: &client.host,
            random,
        };
        self.on_groups(now, |groups, context, effects| operation(groups, context, &caller, effects))
    }

    fn send_answers(&mut self, answers: Vec<Answer>) {
        for Answer { ticket, response, once_stored } in answers {
            let Some(call) = self.coordinator.tickets.remove(&ticket) else { continue };
            let reply = match response {
                Response::Join(response) => self.answer(call, response, once_stored),
                Response::Sync(response) => self.answer(call, response, once_stored),
            };
            self.answers.push((call, reply));
        }
    }

    fn answer<M: Refusable + 'static>(&self, call: Call, response: M, once_stored: bool) -> Reply {
        match once_stored {
            true => call.once_stored(self, response),
            false => call.now(&response),
        }
    }

    /// How many partitions `__consumer_offsets` has, or will have.
    fn offsets_partitions(&self) -> i32 {
        match self.topics.get(OFFSETS_TOPIC) {
            Some(topic) => topic.logs.len() as i32,
            None => self.config.number("offsets.topic.num.partitions") as i32,
        }
    }

    /// The number of the broker that coordinates a group.
    pub(crate) fn coordinator_of(&self, group: &str) -> i32 {
        self.leader(partition_of(group, self.offsets_partitions()))
    }

    /// Refuses what was asked of a broker that does not coordinate the group.
    pub(crate) fn check_coordinator(&self, call: Call, group: &str) -> Result<(), ErrorCode> {
        match self.coordinator_of(group) == call.node_id {
            true => Ok(()),
            false => Err(ErrorCode::NotCoordinator),
        }
    }

    /// Writes records to `__consumer_offsets`, and makes that topic where it is not there.
    fn append_group_records(&mut self, now: Now, records: Vec<CoordinatorRecord>) {
        if records.is_empty() {
            return;
        }
        let partitions = self.offsets_partitions();
        if self.topics.get(OFFSETS_TOPIC).is_none() {
            let configs = [
                ("cleanup.policy", "compact"),
                ("compression.type", "producer"),
                // A group is one record, however many members it has.
                ("max.message.bytes", "104857600"),
                ("segment.bytes", self.config.value("offsets.topic.segment.bytes")),
            ];
            let configs = configs.map(|(name, value)| (name.to_owned(), value.to_owned()));
            self.create_topic(OFFSETS_TOPIC, partitions, map::collect(configs));
        }
        for partition in 0..partitions {
            let mut batch = BatchBuilder::new();
            let mut bytes = 0;
            let own =
                |record: &&CoordinatorRecord| partition_of(&record.group, partitions) == partition;
            for record in records.iter().filter(own) {
                batch.append(now.wall_ms, Some(&record.key), record.value.as_deref(), &[]);
                bytes += record.key.len() + record.value.as_ref().map_or(0, |value| value.len());
                if bytes >= BATCH_BYTES {
                    self.append_group_batch(now, partition, std::mem::take(&mut batch));
                    bytes = 0;
                }
            }
            if bytes > 0 {
                self.append_group_batch(now, partition, batch);
            }
        }
    }

    fn append_group_batch(&mut self, now: Now, partition: i32, batch: BatchBuilder) {
        let append = || -> Result<(), String> {
            let bytes = batch.finish(&BatchOptions::default()).map_err(|e| e.to_string())?;
            for batch in batches(bytes) {
                let batch = batch.map_err(|error| error.to_string())?;
                let size = batch.bytes.len();
                let log = self.log(OFFSETS_TOPIC, partition).map_err(|code| code.message())?;
                log.append(batch, now.wall_ms).map_err(|error| error.to_string())?;
                let id = log.id();
                self.appended(id, size);
            }
            Ok(())
        };
        if let Err(error) = append() {
            let message = format!("{OFFSETS_TOPIC}-{partition} takes no records: {error}");
            self.notices.push_back(Output::Log { level: LogLevel::Error, message });
        }
    }

    /// Throws away what memory holds of groups, which may not be stored. Those who wait are sent to
    /// look for the coordinator again.
    pub(crate) fn unload_groups(&mut self) {
        let mut effects = Effects::default();
        self.coordinator.groups.unload(&mut effects);
        self.send_answers(effects.answers);
        self.coordinator.groups = Groups::new(settings(&self.config));
        self.coordinator.loaded = false;
    }

    /// All that is stored of groups has been read.
    pub(crate) fn groups_loaded(&mut self, now: Now) {
        self.coordinator.loaded = true;
        self.on_groups(now, |groups, context, effects| groups.loaded(context, effects));
        if let Some(mut hosts) = self.coordinator.hosts.take() {
            // Those that have come since then are alive, too.
            hosts.extend(self.clients.hosts().cloned());
            self.keep_hosts(now, hosts);
        }
    }

    /// Puts the members out whose hosts are not among these.
    pub(crate) fn keep_hosts(&mut self, now: Now, hosts: Vec<String>) {
        if self.coordinator.loaded {
            self.on_groups(now, |groups, context, effects| {
                groups.keep_hosts(context, &hosts, effects);
            });
        }
        self.coordinator.hosts = Some(hosts);
    }

    /// Does what is due for groups.
    pub(crate) fn advance_groups(&mut self, now: Now) {
        if self.coordinator.deadline_ms().is_some_and(|due| due <= now.monotonic_ms) {
            self.on_groups(now, |groups, context, effects| groups.advance(context, effects));
        }
    }
}

/// What storage's refusal means to the client of a group: that it should look for the coordinator
/// anew, as with Kafka.
fn refusal(code: ErrorCode) -> i16 {
    match code {
        ErrorCode::KafkaStorageError => ErrorCode::NotCoordinator.code(),
        other => other.code(),
    }
}

/// Responses in which nothing stays beside the error.
macro_rules! refusable {
    ($($response:ty),*) => { $(
        impl Refusable for $response {
            fn refuse(&mut self, code: ErrorCode, _: &str) {
                if self.error_code == 0 {
                    *self = Self { error_code: refusal(code), ..Default::default() };
                }
            }
        }
    )* };
}
refusable!(
    m::ConsumerGroupHeartbeatResponse,
    m::JoinGroupResponse,
    m::SyncGroupResponse,
    m::LeaveGroupResponse,
    m::OffsetDeleteResponse
);

impl Refusable for m::OffsetCommitResponse {
    fn refuse(&mut self, code: ErrorCode, _: &str) {
        let partitions = self.topics.iter_mut().flat_map(|topic| &mut topic.partitions);
        for partition in partitions.filter(|partition| partition.error_code == 0) {
            partition.error_code = refusal(code);
        }
    }
}

impl Refusable for m::OffsetFetchResponse {
    fn refuse(&mut self, code: ErrorCode, _: &str) {
        self.error_code = refusal(code);
        self.topics.clear();
        for group in &mut self.groups {
            group.error_code = refusal(code);
            group.topics.clear();
        }
    }
}

impl Refusable for m::DeleteGroupsResponse {
    fn refuse(&mut self, code: ErrorCode, _: &str) {
        for group in self.results.iter_mut().filter(|group| group.error_code == 0) {
            group.error_code = refusal(code);
        }
    }
}

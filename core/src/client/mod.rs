//! The client: producer, fetcher, group member and admin, as a state machine without I/O.
//!
//! ```
//! use ottla::Now;
//! use ottla::client::{Address, Client, ClientConfig, ClientOutput};
//!
//! let config = ClientConfig {
//!     bootstrap: vec![Address::new("localhost", 9092)],
//!     ..ClientConfig::default()
//! };
//! let mut client = Client::new(config, 1)?;
//! let _connected = client.load_metadata(Now::default(), &[])?;
//! let Some(ClientOutput::Connect { host, port, .. }) = client.poll_output() else { panic!() };
//! assert_eq!((&*host, port), ("localhost", 9092));
//! # Ok::<(), ottla::client::ClientError>(())
//! ```

mod admin;
mod cluster;
mod config;
mod connection;
mod coordinator;
mod error;
mod event;
mod fetcher;
mod group;
mod metadata;
mod partitioner;
mod producer;
mod rng;
mod split;
mod target;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

pub use config::{
    Acks, Address, AutoOffsetReset, ClientConfig, FetcherConfig, IsolationLevel, ProducerConfig,
    RetryConfig,
};
pub use error::ClientError;
pub use event::{
    CallId, ClientInput, ClientOutput, Event, Fetched, Link, ListedOffset, PartitionOutcome,
    RecordMetadata, Response, SendId,
};
pub use fetcher::StartPosition;
pub use group::{
    Assignor, CommittedOffset, CustomAssignor, GroupConfig, GroupEvent, GroupMember, GroupProtocol,
    MemberMetadata, Membership, OffsetToCommit, Strategy, Subscription, TopicPartition, assign,
};
pub use metadata::{PartitionInfo, TopicInfo};
pub use partitioner::{Partitioner, crc32_partition, murmur2, murmur2_partition};
pub use producer::ProduceRecord;
pub use target::Target;

use crate::Now;
use crate::protocol::Request;
use admin::{Calls, Origin};
use cluster::Cluster;
use connection::{Network, Owner, Reply};
use fetcher::Fetcher;
use group::Group;
use metadata::Metadata;
use producer::Producer;
use rng::Rng;

/// A client of a Kafka cluster: one producer, one fetcher, one member of a consumer group where one is
/// configured, and any number of admin calls, which share their connections.
///
/// It does no I/O and reads no clock. Its methods are of five kinds:
///
/// * **Input**: [`handle`](Client::handle) takes what happened: connections made and lost, frames
///   that came, time that passed. It never fails.
/// * **Commands**: [`produce`](Client::produce), [`assign`](Client::assign),
///   [`subscribe`](Client::subscribe), [`request`](Client::request), … start something. What is wrong with the arguments, or a bound
///   that is reached, they say at once; all else comes as an event.
/// * **Drained** until they are empty, after each input and each command:
///   [`poll_output`](Client::poll_output), what the host is to do; then
///   [`poll_event`](Client::poll_event), what became of the commands.
/// * **Taken** when the application wants it: [`poll_fetched`](Client::poll_fetched), records. This
///   makes room and so may lead to outputs: drain them afterwards.
/// * **Time**: [`poll_deadline`](Client::poll_deadline) says when to call
///   `handle` with [`ClientInput::Tick`], if nothing happens before. Ask again after each drain.
///
/// Connections are made when something needs them, and made again with growing pauses when they
/// fail. Each attempt has a [`Link`] of its own, so that late news of an old one does no harm. The
/// host reports every end of a connection that it was not told to make, and the client reports
/// everything that waited on it.
///
/// Memory is bounded: records by `buffer_memory_bytes` or one send, calls by `max_pending_calls`, fetched data
/// by `max_buffered_fetches` per partition, requests by `max_in_flight` and one fetch per node.
pub struct Client {
    cluster: Cluster,
    producer: Producer,
    fetcher: Fetcher,
    group: Option<Box<Group>>,
    calls: Calls,
    closed: bool,
}

impl Client {
    /// A client that has not connected yet. Clients with the same `seed` choose and vary alike.
    ///
    /// # Errors
    /// [`ClientError::BadArgument`] names the configuration value that cannot work.
    pub fn new(config: ClientConfig, seed: u64) -> Result<Client, ClientError> {
        config.validate()?;
        Ok(Client {
            group: config.group.clone().map(|group| Box::new(Group::new(group))),
            cluster: Cluster {
                net: Network::new(&config),
                config,
                metadata: Metadata::default(),
                events: VecDeque::new(),
                rng: Rng::new(seed),
                hopeless: None,
                hurry: false,
            },
            producer: Producer::default(),
            fetcher: Fetcher::default(),
            calls: Calls::default(),
            closed: false,
        })
    }

    /// Takes what happened.
    pub fn handle(&mut self, now: Now, input: ClientInput) {
        let Cluster { net, config, rng, .. } = &mut self.cluster;
        net.handle(now, input, config, rng);
        self.drive(now);
    }

    /// The next thing for the host to do.
    pub fn poll_output(&mut self) -> Option<ClientOutput> {
        self.cluster.net.outputs.pop_front()
    }

    /// The next thing for the caller to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.cluster.events.pop_front()
    }

    /// When to call [`Client::handle`] with a tick, as a reading of the monotonic clock.
    pub fn poll_deadline(&self, now: Now) -> Option<u64> {
        if self.closed {
            return None;
        }
        let max_age_ms = self.cluster.config.metadata_max_age_ms;
        let metadata = self.cluster.metadata.due_at(max_age_ms).filter(|&at| at > now.monotonic_ms);
        let all = [
            self.cluster.net.deadline(now),
            metadata,
            self.calls.deadline(now),
            self.producer.deadline(now, &self.cluster),
            self.fetcher.deadline(now),
            self.group.as_deref().and_then(|group| group.deadline(now)),
        ];
        all.into_iter().flatten().min()
    }

    // Producer

    /// Takes the records of one send, all or none. [`Event::Produced`] follows once, with the same
    /// id, when each of them is stored or failed. The timestamp of a record without one is now.
    ///
    /// # Errors
    /// [`ClientError::BufferFull`], [`ClientError::RecordTooLarge`], [`ClientError::BadArgument`]
    /// for no records or a negative partition, [`ClientError::Closed`]. No event follows then.
    pub fn produce<'a, I>(
        &mut self,
        now: Now,
        send: SendId,
        topic: &str,
        records: I,
    ) -> Result<(), ClientError>
    where
        I: IntoIterator<Item = ProduceRecord<'a>>,
        I::IntoIter: Clone,
    {
        self.open()?;
        let records = records.into_iter();
        self.producer.produce(now, &mut self.cluster, send, topic, records)?;
        self.cluster.drive_metadata(now);
        self.producer.drive(now, &mut self.cluster);
        Ok(())
    }

    /// Sends what lingers. Everything is stored when all the sends until now have had their events.
    pub fn flush(&mut self, now: Now) {
        self.producer.flush();
        self.drive(now);
    }

    /// How many bytes of records wait or are in flight: compare with `buffer_memory_bytes`.
    pub fn buffered_bytes(&self) -> usize {
        self.producer.buffered_bytes()
    }

    /// How many sends have not had their event.
    pub fn pending_sends(&self) -> usize {
        self.producer.pending_sends()
    }

    // Admin

    /// Asks a node, in the highest version that both sides know. [`Event::Response`] or
    /// [`Event::CallFailed`] follows. A request whose connection is lost is sent again; error codes
    /// inside an answer are left to the caller.
    ///
    /// # Errors
    /// [`ClientError::TooManyCalls`], [`ClientError::Closed`].
    pub fn request<R: Request + Send + 'static>(
        &mut self,
        now: Now,
        target: Target,
        request: R,
    ) -> Result<CallId, ClientError> {
        self.request_at_most(now, target, request, i16::MAX)
    }

    /// As [`Client::request`], in a version up to `max_version`: later ones may name things in other
    /// ways, such as topics by their ids.
    ///
    /// # Errors
    /// [`ClientError::TooManyCalls`], [`ClientError::Closed`].
    pub fn request_at_most<R: Request + Send + 'static>(
        &mut self,
        now: Now,
        target: Target,
        request: R,
        max_version: i16,
    ) -> Result<CallId, ClientError> {
        self.open()?;
        let call = self.calls.request(now, &self.cluster, target, request, max_version)?;
        self.drive(now);
        Ok(call)
    }

    /// Asks for the metadata of these topics, creating them where the configuration and the broker
    /// allow it; for no topics, it asks for the brokers, and so finds out whether there is a
    /// connection. [`Event::MetadataLoaded`] or [`Event::CallFailed`] follows; read the topics with
    /// [`Client::topic`] then.
    ///
    /// # Errors
    /// [`ClientError::TooManyCalls`], [`ClientError::Closed`].
    pub fn load_metadata(&mut self, now: Now, topics: &[&str]) -> Result<CallId, ClientError> {
        self.open()?;
        let topics = topics.iter().map(|&topic| topic.into()).collect();
        let call = self.calls.metadata(now, &self.cluster, topics)?;
        self.drive(now);
        Ok(call)
    }

    /// Finds offsets by time, each partition at its leader: a timestamp in milliseconds since 1970,
    /// or −1 for the end, −2 for the first offset, −3 for the record with the latest timestamp.
    /// [`Event::OffsetsListed`] follows.
    ///
    /// # Errors
    /// [`ClientError::TooManyCalls`], [`ClientError::Closed`].
    pub fn list_offsets(
        &mut self,
        now: Now,
        isolation_level: IsolationLevel,
        partitions: &[(&str, i32, i64)],
    ) -> Result<CallId, ClientError> {
        self.open()?;
        let partitions = owned(partitions);
        let origin = Origin::Caller;
        let call =
            self.calls.list_offsets(now, &self.cluster, origin, isolation_level, partitions)?;
        self.drive(now);
        Ok(call)
    }

    /// Deletes the records below an offset, each partition at its leader; −1 for all that are
    /// stored. [`Event::RecordsDeleted`] follows.
    ///
    /// # Errors
    /// [`ClientError::TooManyCalls`], [`ClientError::Closed`].
    pub fn delete_records(
        &mut self,
        now: Now,
        partitions: &[(&str, i32, i64)],
    ) -> Result<CallId, ClientError> {
        self.open()?;
        let call = self.calls.delete_records(now, &self.cluster, owned(partitions))?;
        self.drive(now);
        Ok(call)
    }

    /// What is known of a topic: complete after [`Client::load_metadata`], kept up to date while
    /// the topic is produced to or fetched from.
    pub fn topic(&self, name: &str) -> Option<&TopicInfo> {
        self.cluster.metadata.peek(name)
    }

    /// The brokers that are known, by node id.
    pub fn brokers(&self) -> impl Iterator<Item = (i32, &Address)> {
        self.cluster.metadata.brokers.iter().map(|(&id, address)| (id, address))
    }

    /// The controller's node id, where it is known.
    pub fn controller(&self) -> Option<i32> {
        self.cluster.metadata.controller
    }

    /// The cluster's id, where it is known.
    pub fn cluster_id(&self) -> Option<&str> {
        self.cluster.metadata.cluster_id.as_deref()
    }

    /// How many calls have not had their event.
    pub fn pending_calls(&self) -> usize {
        self.calls.len()
    }

    /// Whether the client is about to be closed, and so tries to reach each broker no more than once:
    /// where none can be reached, what waits fails, and a member that leaves is out of its group
    /// without a goodbye. Otherwise it is out `request_timeout_ms` from now at the latest.
    pub fn hurry(&mut self, now: Now, hurry: bool) {
        self.cluster.hurry = hurry;
        if let Some(group) = self.group.as_deref_mut().filter(|_| hurry) {
            group.leave_within(now, self.cluster.config.request_timeout_ms);
        }
        self.drive(now);
    }

    /// Closes every connection. Whatever waits fails with [`ClientError::Closed`]; to lose nothing,
    /// flush and wait for the sends first. Drain outputs and events once more.
    pub fn close(&mut self, now: Now) {
        self.closed = true;
        self.cluster.net.close();
        self.fetcher.assign(Vec::new());
        if let Some(mut group) = self.group.take() {
            let Client { cluster, fetcher, .. } = self;
            group.fail_waiting(now, cluster, fetcher, &ClientError::Closed);
        }
        self.producer.abandon(&mut self.cluster, &ClientError::Closed);
        self.calls.fail_all(&mut self.cluster, &ClientError::Closed);
        self.drive(now);
    }

    fn open(&self) -> Result<(), ClientError> {
        if self.closed { Err(ClientError::Closed) } else { Ok(()) }
    }

    /// Goes on with everything, until nothing more follows from anything.
    fn drive(&mut self, now: Now) {
        loop {
            let Cluster { net, config, rng, .. } = &mut self.cluster;
            net.expire(now, config, rng);
            while let Some(Reply { owner, result }) = self.cluster.net.replies.pop_front() {
                let cluster = &mut self.cluster;
                match owner {
                    Owner::Metadata => cluster.on_metadata(now, result),
                    Owner::InitProducerId => self.producer.on_identity(now, cluster, result),
                    Owner::Produce(request) => {
                        self.producer.on_reply(now, cluster, request, result);
                    }
                    Owner::Fetch(request) => self.fetcher.on_reply(now, cluster, request, result),
                    Owner::Group(request) => {
                        if let Some(group) = self.group.as_deref_mut() {
                            group.on_reply(now, cluster, &mut self.fetcher, request, result);
                        }
                    }
                    Owner::Call(request) => self.calls.on_reply(now, cluster, request, result),
                }
            }
            if self.closed {
                return;
            }
            let cluster = &mut self.cluster;
            if std::mem::take(&mut cluster.net.lost) && cluster.metadata.in_use() {
                cluster.metadata.want();
            }
            if let Some(error) = cluster.unreachable() {
                self.producer.fail_all(cluster, &error);
                self.calls.fail_all(cluster, &error);
                if let Some(group) = self.group.as_deref_mut() {
                    group.fail_waiting(now, cluster, &mut self.fetcher, &error);
                }
                cluster.events.push_back(Event::Unreachable { error });
            }
            while let Some((call, outcomes)) = self.calls.for_fetcher.pop_front() {
                self.fetcher.looked_up(now, cluster, call, outcomes);
            }
            self.producer.drive(now, cluster);
            if let Some(group) = self.group.as_deref_mut() {
                group.drive(now, cluster, &mut self.fetcher);
            }
            self.fetcher.drive(now, cluster, &mut self.calls);
            self.calls.drive(now, cluster);
            cluster.drive_metadata(now);
            if self.cluster.net.replies.is_empty() && self.calls.for_fetcher.is_empty() {
                return;
            }
        }
    }
}

fn owned(partitions: &[(&str, i32, i64)]) -> Vec<(Arc<str>, i32, i64)> {
    let owned = |&(topic, partition, at): &(&str, i32, i64)| (topic.into(), partition, at);
    partitions.iter().map(owned).collect()
}

//! The clients, and the applications around them: producers that number what they send, consumers
//! that look at what they get and commit how far they are.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla::client::{
    Acks, Address, AutoOffsetReset, Client, ClientConfig, Event, Fetched, GroupConfig, GroupEvent,
    Link, OffsetToCommit, ProduceRecord, SendId, StartPosition,
};
use ottla::record::Compression;
use ottla::{ConnectionId, Now};

use crate::book::{MARK, value_of};
use crate::random::Random;
use crate::world::World;

pub(crate) const GROUP: &str = "g";

/// A partition of a topic of this name.
type Place = (String, i32);

/// Where a consumer is in a partition.
#[derive(Default, Clone, Copy)]
struct Position {
    /// What comes next.
    next: i64,
    /// What was committed last, and how much the consumer has been told is there.
    committed: i64,
    high_watermark: i64,
}

enum Role {
    Producer { idempotent: bool },
    Consumer { positions: BTreeMap<Place, Position>, committing: bool },
}

/// A client with its application.
pub(crate) struct Actor {
    pub(crate) client: Client,
    role: Role,
    links: BTreeMap<Link, ConnectionId>,
    /// When the client has something to do.
    due_ms: Option<u64>,
    /// When the application has.
    step_ms: u64,
    /// How long it rests in between, at most.
    pub(crate) rest_ms: usize,
    /// What it does no more, as things come to their end.
    pub(crate) quiet: bool,
}

fn client(change: impl FnOnce(&mut ClientConfig), seed: u64) -> Client {
    let mut config = ClientConfig {
        bootstrap: vec![Address::new("localhost", 9092)],
        metadata_max_age_ms: 10_000,
        request_timeout_ms: 20_000,
        allow_auto_topic_creation: false,
        ..ClientConfig::default()
    };
    config.retry.retries = 10_000;
    config.retry.initial_retry_time_ms = 50;
    config.retry.max_retry_time_ms = 2_000;
    config.fetcher.max_wait_ms = 1_000;
    config.fetcher.auto_offset_reset = AutoOffsetReset::Earliest;
    change(&mut config);
    Client::new(config, seed).unwrap()
}

impl Actor {
    fn new(client: Client, role: Role, rest_ms: usize) -> Actor {
        let (links, due_ms, step_ms, quiet) = (BTreeMap::new(), None, 0, false);
        Actor { client, role, links, due_ms, step_ms, rest_ms, quiet }
    }

    /// Its batches have `most_bytes` at most, which the smallest segment holds: a batch that is refused
    /// for good has an idempotent producer number anew what is on its way, for better or worse.
    pub(crate) fn producer(
        random: &mut Random,
        idempotent: bool,
        rest_ms: usize,
        most_bytes: usize,
    ) -> Actor {
        let compression = match random.chance(3) {
            true => Compression::ALL[random.below(5)],
            false => Compression::None,
        };
        let (linger_ms, in_flight) = ([0, 0, 30][random.below(3)], 1 + random.below(5));
        let change = |config: &mut ClientConfig| {
            let own = &mut config.producer;
            own.idempotent = idempotent;
            own.batch_size_bytes = most_bytes;
            own.acks = if idempotent { Acks::All } else { Acks::Leader };
            own.linger_ms = linger_ms;
            own.max_in_flight = in_flight;
            own.max_partial_in_flight = in_flight;
            own.compression = compression;
            own.delivery_timeout_ms = 60_000;
        };
        let seed = random.below(1 << 30) as u64;
        Actor::new(client(change, seed), Role::Producer { idempotent }, rest_ms)
    }

    pub(crate) fn consumer(random: &mut Random, rest_ms: usize) -> Actor {
        let bytes = [500, 5_000, 1 << 20][random.below(3)];
        let change = |config: &mut ClientConfig| {
            config.fetcher.max_partition_fetch_bytes = bytes;
            config.group = Some(GroupConfig::new(GROUP));
        };
        let seed = random.below(1 << 30) as u64;
        let role = Role::Consumer { positions: BTreeMap::new(), committing: false };
        Actor::new(client(change, seed), role, rest_ms)
    }

    pub(crate) fn due_ms(&self) -> u64 {
        self.due_ms.map_or(self.step_ms, |due| due.min(self.step_ms))
    }

    pub(crate) fn plan(&mut self, now: Now) {
        self.due_ms = self.client.poll_deadline(now).map(|due| due.max(now.monotonic_ms));
    }

    pub(crate) fn linked(&mut self, link: Link, connection: ConnectionId) {
        self.links.insert(link, connection);
    }

    /// Says whether it was there.
    pub(crate) fn unlink(&mut self, link: Link) -> bool {
        self.links.remove(&link).is_some()
    }

    pub(crate) fn connection(&self, link: Link) -> Option<ConnectionId> {
        self.links.get(&link).copied()
    }

    pub(crate) fn link_of(&self, connection: ConnectionId) -> Option<Link> {
        self.links.iter().find(|(_, known)| **known == connection).map(|(link, _)| *link)
    }

    pub(crate) fn links(&self) -> Vec<(Link, ConnectionId)> {
        self.links.iter().map(|(link, connection)| (*link, *connection)).collect()
    }

    pub(crate) fn consumes(&self) -> bool {
        matches!(self.role, Role::Consumer { .. })
    }

    /// Whether all that it wanted to say is said and answered.
    pub(crate) fn is_done(&self) -> bool {
        match &self.role {
            Role::Producer { .. } => self.client.pending_sends() == 0,
            Role::Consumer { committing, .. } => !committing,
        }
    }

    /// Reads exactly these from now on; those that it knows it goes on with where it is.
    pub(crate) fn assign(&mut self, now: Now, wanted: &[(String, i32, StartPosition)]) {
        let Role::Consumer { positions, .. } = &mut self.role else { return };
        let names = |(topic, partition): &Place| {
            wanted.iter().any(|(name, index, _)| name == topic && index == partition)
        };
        positions.retain(|place, _| names(place));
        for (topic, partition, start) in wanted {
            let next = if let StartPosition::Offset(offset) = start { *offset } else { 0 };
            let fresh = Position { next, committed: next, high_watermark: 0 };
            positions.entry((topic.clone(), *partition)).or_insert(fresh);
        }
        let wanted: Vec<_> = wanted.iter().map(|(name, p, at)| (name.as_str(), *p, *at)).collect();
        self.client.assign(now, &wanted).unwrap();
    }

    /// What it was told of the ends of logs does not hold any more.
    pub(crate) fn power_lost(&mut self) {
        let Role::Consumer { positions, .. } = &mut self.role else { return };
        positions.values_mut().for_each(|position| position.high_watermark = 0);
    }
}

impl World {
    /// It is time for a client or its application.
    pub(crate) fn wake(&mut self, at: usize) {
        let now = self.now;
        let actor = &mut self.actors[at];
        if actor.due_ms.is_some_and(|due| due <= now.monotonic_ms) {
            actor.client.handle(now, ottla::client::ClientInput::Tick);
        }
        if actor.step_ms <= now.monotonic_ms {
            let rest_ms = 1 + self.random.below(actor.rest_ms) as u64;
            self.actors[at].step_ms = now.monotonic_ms + rest_ms;
            if !self.actors[at].quiet {
                self.act(at);
            }
        }
        self.tend(at);
    }

    fn act(&mut self, at: usize) {
        match &self.actors[at].role {
            Role::Producer { idempotent } => {
                let idempotent = *idempotent;
                self.produce(at, idempotent);
            }
            Role::Consumer { committing, .. } => {
                if !committing {
                    self.commit_of(at);
                }
            }
        }
    }

    fn produce(&mut self, at: usize, idempotent: bool) {
        let live = self.book.topics.iter().filter(|topic| topic.alive && !topic.leaving);
        let names: Vec<(String, usize, bool)> = live
            .map(|topic| (topic.name.clone(), topic.partitions.len(), topic.promise.compacted))
            .collect();
        if names.is_empty() || self.actors[at].client.pending_sends() > 12 {
            return;
        }
        let (topic, partitions, compacted) = names[self.random.below(names.len())].clone();
        let partition = self.random.below(partitions) as i32;
        for _ in 0..1 + self.random.below(4) {
            let key = (compacted || self.random.chance(2))
                .then(|| Bytes::from(format!("k{}", self.random.below(6))));
            let most = if self.random.chance(8) { self.large } else { 60 };
            let length = (!compacted || !self.random.chance(4)).then(|| self.random.below(most));
            let record = (key.clone(), length);
            let by = (at, idempotent);
            let number = self.book.sending((&topic, partition), by, record, self.now.wall_ms);
            let value = length.map(|length| value_of(number, length));
            let mark = (number as u32).to_le_bytes();
            let record = ProduceRecord {
                partition: Some(partition),
                key: key.as_deref(),
                value: value.as_deref(),
                headers: &[(MARK, Some(&mark))],
                timestamp: None,
            };
            let send = SendId(number as u64);
            self.tell(|| {
                format!(
                    "client {at} sends record {number} to {topic}-{partition}: {key:?} {length:?}"
                )
            });
            let client = &mut self.actors[at].client;
            client.produce(self.now, send, &topic, [record]).unwrap();
        }
    }

    fn commit_of(&mut self, at: usize) {
        let Role::Consumer { positions, committing } = &mut self.actors[at].role else { return };
        let mut offsets = Vec::new();
        for ((topic, partition), position) in positions.iter_mut() {
            if position.next != position.committed {
                position.committed = position.next;
                offsets.push(OffsetToCommit::new(topic.as_str(), *partition, position.next));
            }
        }
        if offsets.is_empty() {
            return;
        }
        *committing = true;
        for offset in &offsets {
            if let Some(topic) = self.book.live(&offset.topic) {
                self.book.committing(topic, offset.partition, offset.offset);
            }
        }
        self.tell(|| format!("client {at} commits {offsets:?}"));
        self.actors[at].client.commit(self.now, offsets).unwrap();
    }

    /// Takes a client's events and records; says whether there were any.
    pub(crate) fn attend(&mut self, at: usize) -> bool {
        let mut any = false;
        while let Some(event) = self.actors[at].client.poll_event() {
            any = true;
            self.heard(at, event);
        }
        while self.actors[at].consumes()
            && let Some(fetched) = self.actors[at].client.poll_fetched(self.now)
        {
            any = true;
            self.look_at(at, &fetched);
        }
        any
    }

    fn heard(&mut self, at: usize, event: Event) {
        match event {
            Event::Produced { send, partitions, error, .. } => {
                let number = send.0 as usize;
                let stored = partitions.first().filter(|_| error.is_none());
                self.tell(|| format!("client {at}: record {number}: {stored:?} {error:?}"));
                match stored {
                    Some(stored) => self.book.acknowledged(number, stored.base_offset),
                    None => self.book.given_up(number),
                }
            }
            Event::Group(GroupEvent::Committed { offsets, .. }) => {
                let Role::Consumer { positions, committing } = &mut self.actors[at].role else {
                    return;
                };
                *committing = false;
                for outcome in &offsets {
                    let place = (outcome.topic.clone(), outcome.partition);
                    let Some(position) = positions.get_mut(&place) else { continue };
                    match (&outcome.result, self.book.live(&outcome.topic)) {
                        (Ok(offset), Some(topic)) => {
                            self.book.committed(topic, outcome.partition, *offset);
                        }
                        // To be tried again.
                        _ => position.committed = -1,
                    }
                }
                self.tell(|| format!("client {at} has committed {offsets:?}"));
            }
            Event::FetchFailed { topic, partition, error } => {
                self.tell(|| format!("client {at}: {topic}-{partition}: {error}"));
                self.pass_damage(at, &topic, partition, &error);
            }
            _ => {}
        }
    }

    /// Damage stops a consumer until it seeks past it.
    fn pass_damage(
        &mut self,
        at: usize,
        topic: &str,
        partition: i32,
        error: &ottla::client::ClientError,
    ) {
        if error.is_retriable() {
            return;
        }
        let Role::Consumer { positions, .. } = &mut self.actors[at].role else { return };
        let Some(position) = positions.get_mut(&(topic.to_owned(), partition)) else { return };
        let known = self.book.live(topic).map(|live| &self.book.topics[live].partitions);
        let damaged = known.and_then(|known| known.get(partition as usize));
        let damaged = damaged.into_iter().flat_map(|known| &known.damaged);
        let behind = damaged.filter(|range| range.contains(&position.next)).map(|range| range.end);
        position.next = behind.max().unwrap_or(position.next + 1);
        let to = StartPosition::Offset(position.next);
        self.actors[at].client.seek(self.now, topic, partition, to).unwrap();
    }

    /// A consumer has got records.
    fn look_at(&mut self, at: usize, fetched: &Fetched) {
        let Role::Consumer { positions, .. } = &mut self.actors[at].role else { return };
        let (name, partition) = (&fetched.topic, fetched.partition);
        let Some(position) = positions.get_mut(&(name.to_string(), partition)) else { return };
        let Some(topic) = self.book.live(name) else { return };
        let before = std::mem::replace(
            position,
            Position {
                next: fetched.next_offset,
                committed: position.committed,
                high_watermark: fetched.high_watermark,
            },
        );
        let here = format!("client {at}: {name}-{partition}");
        let damaged = !self.book.topics[topic].partitions[partition as usize].damaged.is_empty();
        assert!(
            fetched.high_watermark >= before.high_watermark || damaged,
            "{here}: the high watermark goes back from {} to {}",
            before.high_watermark,
            fetched.high_watermark
        );
        self.book.told(topic, partition, fetched.high_watermark);
        let mut due = before.next;
        if fetched.first_offset > due && fetched.log_start_offset > due {
            due = fetched.first_offset;
        }
        let compacted = self.book.topics[topic].promise.compacted;
        for record in fetched.batches.iter().flat_map(|batch| batch.records(1 << 24).unwrap()) {
            if record.offset < fetched.first_offset {
                continue;
            }
            assert!(record.offset < fetched.high_watermark, "{here}: served what is not stored");
            let number = self.book.seen(topic, partition, &record);
            let known = &self.book.topics[topic].partitions[partition as usize];
            // A start that could not be stored goes back, when this one has passed it by.
            let taken = |offset: i64| {
                let next = known.at.range(offset..).next().map(|(at, number)| (*at, *number));
                let first = fetched.first_offset;
                offset < first
                    && next.is_some_and(|next| self.may_be_gone(topic, partition, next, first))
            };
            let gap = (due..record.offset).find(|at| !known.is_damaged(*at) && !taken(*at));
            assert!(compacted || gap.is_none(), "{here}: offset {gap:?} is passed over");
            due = record.offset + 1;
            self.tell(|| {
                format!("client {at} sees record {number} of {name}-{partition} at {}", due - 1)
            });
        }
    }
}

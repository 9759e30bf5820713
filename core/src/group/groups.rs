//! All groups, what is due next, and how they come back from storage.

use bytes::Bytes;
use litemap::LiteMap;

use super::classic::ClassicGroup;
use super::consumer::ConsumerGroup;
use super::offsets::Offsets;
use super::record::{self, RecordKey};
use super::{Context, Effects, Settings};
use crate::protocol::{DecodeError, ErrorCode};

/// A group, by the protocol that its members speak.
#[derive(Debug)]
pub(crate) enum Group {
    /// JoinGroup and SyncGroup: the leader among the members assigns. A group that only commits
    /// offsets, with no members, is one of these too.
    Classic(ClassicGroup),
    /// ConsumerGroupHeartbeat: the broker assigns.
    Consumer(ConsumerGroup),
}

impl Group {
    /// Kafka's name for its type.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Group::Classic(_) => "classic",
            Group::Consumer(_) => "consumer",
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Group::Classic(group) => group.is_empty(),
            Group::Consumer(group) => group.is_empty(),
        }
    }

    /// When the group has something to do, on the monotonic clock.
    fn deadline_ms(&self) -> Option<u64> {
        match self {
            Group::Classic(group) => group.deadline_ms(),
            Group::Consumer(group) => group.deadline_ms(),
        }
    }
}

/// How much later than it should the broker must be called to be taken for having slept: its page was
/// frozen, its machine suspended, its process stopped.
const LATE_MS: u64 = 1_000;
/// How long a broker that has slept waits for the heartbeats that were sent meanwhile, or that clients
/// which have slept too are about to send: a little more than a consumer's usual interval.
const PATIENCE_MS: u64 = 4_000;

/// All groups that the broker coordinates, and their offsets.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(super) settings: Settings,
    pub(super) groups: LiteMap<String, Group>,
    pub(super) offsets: Offsets,
    /// No group has anything to do before this: a lower bound, so that a heartbeat need not look for
    /// the next member in turn.
    due_ms: Option<u64>,
    /// Until when nothing is done that is due, as the broker has slept.
    patience_ms: Option<u64>,
    /// When offsets are looked through for old ones; `None` where there are no groups.
    expiry_due_ms: Option<u64>,
}

impl Groups {
    /// No groups.
    pub(crate) fn new(settings: Settings) -> Groups {
        Groups { settings, ..Groups::default() }
    }

    /// When [`Groups::advance`] must be called at the latest, on the monotonic clock.
    pub(crate) fn deadline_ms(&self) -> Option<u64> {
        let due = self.due_ms.map(|due| due.max(self.patience_ms.unwrap_or(0)));
        [due, self.expiry_due_ms].into_iter().flatten().min()
    }

    /// Does what is due: sessions that ended, rebalances whose time is up, offsets that are old.
    pub(crate) fn advance(&mut self, context: &Context, effects: &mut Effects) {
        let now = context.now.monotonic_ms;
        if self.due_ms.is_some_and(|due| due <= now && self.is_awake(now, due)) {
            let Groups { groups, settings, .. } = self;
            for (_, group) in groups.iter_mut() {
                match group {
                    Group::Classic(group) => group.advance(context, settings, effects),
                    Group::Consumer(group) => group.advance(context, settings, effects),
                }
            }
            self.downgrade_all(context, effects);
            self.due_ms = self.groups.values().filter_map(Group::deadline_ms).min();
        }
        if self.expiry_due_ms.is_some_and(|due| due <= now) {
            self.expire_offsets(context, effects);
            self.expiry_due_ms = None;
            self.schedule_expiry(context);
        }
    }

    /// Whether what was due at `due_ms` is to be done: a broker that has slept does not know who would
    /// have been heard meanwhile, and listens for a while before it puts members out.
    fn is_awake(&mut self, now_ms: u64, due_ms: u64) -> bool {
        match self.patience_ms {
            None if now_ms - due_ms > LATE_MS => {
                self.patience_ms = Some(now_ms.saturating_add(PATIENCE_MS));
                false
            }
            Some(until_ms) if until_ms > now_ms => false,
            _ => {
                self.patience_ms = None;
                true
            }
        }
    }

    /// Takes a group's next deadline into account. Due after every operation on a group.
    pub(super) fn schedule(&mut self, context: &Context, group: &str) {
        let deadline = self.groups.get(group).and_then(Group::deadline_ms);
        self.due_ms = [self.due_ms, deadline].into_iter().flatten().min();
        self.schedule_expiry(context);
    }

    fn schedule_expiry(&mut self, context: &Context) {
        if self.expiry_due_ms.is_none() && !self.groups.is_empty() {
            let interval = self.settings.offsets_retention_check_interval_ms;
            self.expiry_due_ms = Some(context.now.monotonic_ms.saturating_add(interval));
        }
    }

    /// Applies a record, as it is read back after opening. Operations of the KIP-848 protocol apply
    /// the records that they write in the same way.
    ///
    /// # Errors
    /// Where a record of a known type does not parse; it changes nothing.
    pub(crate) fn replay(&mut self, key: Bytes, value: Option<Bytes>) -> Result<(), DecodeError> {
        match RecordKey::decode(key)? {
            Some(RecordKey::OffsetCommit { group, topic, partition }) => match value {
                Some(value) => {
                    let value = record::decode_value(value)?;
                    self.classic(&group);
                    self.offsets.put(&group, &topic, partition, value);
                }
                None => self.offsets.remove(&group, &topic, partition),
            },
            Some(RecordKey::GroupMetadata { group }) => match value {
                Some(value) => {
                    let stored = ClassicGroup::from_record(&group, record::decode_value(value)?);
                    self.groups.insert(group, Group::Classic(stored));
                }
                // What was made a consumer group since goes on.
                None if matches!(self.groups.get(&group), Some(Group::Consumer(_))) => {}
                None => drop(self.groups.remove(&group)),
            },
            Some(key) => self.replay_consumer(key, value)?,
            None => {}
        }
        Ok(())
    }

    /// Makes sure that a group is there: a simple one, whose members only commit offsets, if none is.
    pub(super) fn classic(&mut self, id: &str) {
        if !self.groups.contains_key(id) {
            self.groups.insert(id.to_owned(), Group::Classic(ClassicGroup::stored_nowhere(id)));
        }
    }

    /// All that was stored has been replayed: members have their session timeouts from now on.
    pub(crate) fn loaded(&mut self, context: &Context, effects: &mut Effects) {
        let Groups { groups, settings, .. } = self;
        for (_, group) in groups.iter_mut() {
            match group {
                Group::Classic(group) => group.loaded(context, settings, effects),
                Group::Consumer(group) => group.loaded(context, settings),
            }
        }
        self.due_ms = self.groups.values().filter_map(Group::deadline_ms).min();
        self.schedule_expiry(context);
    }

    /// Answers everyone who waits: what memory holds is about to be thrown away.
    pub(crate) fn unload(&mut self, effects: &mut Effects) {
        for (_, group) in self.groups.iter_mut() {
            match group {
                Group::Classic(group) => group.refuse_waiting(ErrorCode::NotCoordinator, effects),
                Group::Consumer(_) => {}
            }
        }
    }

    /// Puts those members out, static ones too, whose hosts are not among `hosts`: the host of the
    /// broker knows that they are gone.
    pub(crate) fn keep_hosts(
        &mut self,
        context: &Context,
        hosts: &[String],
        effects: &mut Effects,
    ) {
        let Groups { groups, settings, .. } = self;
        for (_, group) in groups.iter_mut() {
            match group {
                Group::Classic(group) => group.keep_hosts(context, settings, hosts, effects),
                Group::Consumer(group) => group.keep_hosts(context, settings, hosts, effects),
            }
        }
        self.downgrade_all(context, effects);
        self.due_ms = self.groups.values().filter_map(Group::deadline_ms).min();
    }
}

//! Incremental fetch sessions: a consumer names its partitions once, and then only what changes.
//! KIP-227.

use litemap::LiteMap;

use crate::protocol::{ErrorCode, messages as m};
use crate::{Now, Uuid};

/// How long a session must have been idle before another one may take its place.
const EVICTION_MS: u64 = 120_000;

/// The epoch of a request that wants no session.
const FINAL_EPOCH: i32 = -1;

/// A partition, as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartitionKey {
    pub topic: String,
    pub topic_id: Uuid,
    pub partition: i32,
}

/// A partition that is fetched, and what the client was last told of it.
#[derive(Debug, Clone)]
pub(crate) struct FetchedPartition {
    pub key: PartitionKey,
    pub asked: m::FetchPartition,
    pub sent_high_watermark: i64,
    pub sent_log_start: i64,
}

#[derive(Debug)]
struct Session {
    epoch: i32,
    last_used_ms: u64,
    by_id: bool,
    partitions: Vec<FetchedPartition>,
}

/// How a fetch is to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// With all partitions.
    Full { session_id: i32 },
    /// With those that have something new.
    Incremental { session_id: i32 },
}

/// The sessions of one broker.
#[derive(Debug)]
pub(crate) struct FetchSessions {
    slots: usize,
    sessions: LiteMap<i32, Session>,
}

impl FetchSessions {
    pub(crate) fn new(slots: usize) -> FetchSessions {
        FetchSessions { slots, sessions: LiteMap::new() }
    }

    /// Takes a request in: which partitions it fetches, in which order, and how it is answered.
    /// `fresh_id` is the name that a new session gets.
    pub(crate) fn begin(
        &mut self,
        request: &mut m::FetchRequest,
        version: i16,
        fresh_id: i32,
        now: Now,
    ) -> Result<(Mode, Vec<FetchedPartition>), ErrorCode> {
        let by_id = version >= 13;
        let named = named(std::mem::take(&mut request.topics));
        let (id, epoch) = (request.session_id, request.session_epoch);
        if epoch == 0 || epoch == FINAL_EPOCH {
            self.sessions.remove(&id);
            if epoch == FINAL_EPOCH || !self.make_room(now) {
                return Ok((Mode::Full { session_id: 0 }, named));
            }
            let last_used_ms = now.monotonic_ms;
            let session = Session { epoch: 1, last_used_ms, by_id, partitions: named.clone() };
            self.sessions.insert(fresh_id, session);
            return Ok((Mode::Full { session_id: fresh_id }, named));
        }
        let session = self.sessions.get_mut(&id).ok_or(ErrorCode::FetchSessionIdNotFound)?;
        if session.epoch != epoch {
            return Err(ErrorCode::InvalidFetchSessionEpoch);
        }
        if session.by_id != by_id {
            return Err(ErrorCode::FetchSessionTopicIdError);
        }
        session.epoch = if epoch == i32::MAX { 1 } else { epoch + 1 };
        session.last_used_ms = now.monotonic_ms;
        for topic in &request.forgotten_topics_data {
            session.partitions.retain(|known| {
                let same = known.key.topic == topic.topic && known.key.topic_id == topic.topic_id;
                !(same && topic.partitions.contains(&known.key.partition))
            });
        }
        for new in named {
            match session.partitions.iter_mut().find(|known| known.key == new.key) {
                Some(known) => known.asked = new.asked,
                None => session.partitions.push(new),
            }
        }
        Ok((Mode::Incremental { session_id: id }, session.partitions.clone()))
    }

    /// Notes what the client is told. Partitions with records go to the back, so that the next
    /// fetch begins with the others.
    pub(crate) fn told(
        &mut self,
        session_id: i32,
        key: &PartitionKey,
        data: &m::FetchPartitionData,
    ) {
        let Some(session) = self.sessions.get_mut(&session_id) else { return };
        let Some(at) = session.partitions.iter().position(|known| known.key == *key) else {
            return;
        };
        session.partitions[at].sent_high_watermark = data.high_watermark;
        session.partitions[at].sent_log_start = data.log_start_offset;
        if data.records.as_ref().is_some_and(|records| !records.is_empty()) {
            let moved = session.partitions.remove(at);
            session.partitions.push(moved);
        }
    }

    fn make_room(&mut self, now: Now) -> bool {
        if self.sessions.len() < self.slots {
            return true;
        }
        let oldest = self.sessions.iter().min_by_key(|(_, session)| session.last_used_ms);
        match oldest {
            Some((&id, session)) if now.monotonic_ms >= session.last_used_ms + EVICTION_MS => {
                self.sessions.remove(&id);
                true
            }
            _ => false,
        }
    }
}

fn named(topics: Vec<m::FetchTopic>) -> Vec<FetchedPartition> {
    let mut partitions = Vec::new();
    for topic in topics {
        partitions.reserve(topic.partitions.len());
        for asked in topic.partitions {
            let key = PartitionKey {
                topic: topic.topic.clone(),
                topic_id: topic.topic_id,
                partition: asked.partition,
            };
            partitions.push(FetchedPartition {
                key,
                asked,
                sent_high_watermark: -1,
                sent_log_start: -1,
            });
        }
    }
    partitions
}

//! What a client knows of the cluster, and when it asks again.

use litemap::LiteMap;
use std::sync::Arc;

use super::config::Address;
use crate::Uuid;
use crate::map;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponseTopic,
};
use crate::sort::sort_by;

/// Topics that nothing asked for in this time are left out of the next refresh (Kafka's
/// `metadata.max.idle.ms`).
const MAX_IDLE_MS: u64 = 300_000;

/// One partition, as far as a client needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionInfo {
    /// The partition.
    pub partition: i32,
    /// The leader's node id; `None` while there is no leader.
    pub leader: Option<i32>,
    /// The leader's epoch, −1 where unknown.
    pub leader_epoch: i32,
    /// The nodes that hold a copy.
    pub replicas: Vec<i32>,
    /// Those of them that are in sync.
    pub in_sync: Vec<i32>,
}

/// One topic, as far as a client needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicInfo {
    /// The topic's id, zero where the broker is too old to tell.
    pub id: Uuid,
    /// Whether the topic belongs to Kafka itself.
    pub is_internal: bool,
    /// The partitions, each at its own number.
    pub partitions: Vec<PartitionInfo>,
}

#[derive(Debug, Default)]
struct Topic {
    info: Option<TopicInfo>,
    error: Option<ErrorCode>,
    /// How many answers in a row brought an error.
    errors: u32,
    used_at_ms: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Metadata {
    pub(crate) brokers: LiteMap<i32, Address>,
    pub(crate) controller: Option<i32>,
    pub(crate) cluster_id: Option<String>,
    topics: LiteMap<Arc<str>, Topic>,
    /// Whether all topics there are are asked for, now and for good.
    all: bool,
    /// The same, once.
    all_once: bool,
    /// Whether the request in flight asks for all of them, and whether one was answered.
    all_asked: bool,
    all_known: bool,
    /// Whether some topic is missing, which only a question that names it creates.
    by_name_next: bool,
    /// Set when something is missing or known to be out of date.
    wanted: bool,
    /// Set when a topic is wanted of which nothing is known: that does not wait for a pause.
    urgent: bool,
    in_flight: bool,
    updated_at_ms: u64,
    failures: u32,
    not_before_ms: u64,
    /// Grows with each answer: those who wait for news look at it.
    pub(crate) generation: u64,
}

impl Metadata {
    /// Asks for a refresh as soon as one may be made.
    pub(crate) fn want(&mut self) {
        self.wanted = true;
    }

    /// Asks for all topics from now on, or no more.
    pub(crate) fn want_all(&mut self, all: bool) {
        if all && !self.all {
            self.wanted = true;
            self.urgent = true;
        }
        self.all = all;
        self.all_known &= all;
    }

    /// A topic is wanted whose name is not known.
    pub(crate) fn want_unknown(&mut self) {
        self.wanted = true;
        self.all_once = true;
    }

    /// The topics there are, without Kafka's own, once they have been asked for.
    pub(crate) fn names(&self) -> Option<Vec<Arc<str>>> {
        let there = self.topics.iter().filter_map(|(name, topic)| {
            topic.info.as_ref().filter(|info| !info.is_internal).map(|_| name.clone())
        });
        self.all_known.then(|| there.collect())
    }

    /// Whether any topic is produced to or fetched from.
    pub(crate) fn in_use(&self) -> bool {
        !self.topics.is_empty() || self.all
    }

    /// The topic, which is from now on part of each refresh.
    pub(crate) fn topic(&mut self, now_ms: u64, name: &Arc<str>) -> Option<&TopicInfo> {
        if !self.topics.contains_key(name) {
            self.topics.insert(name.clone(), Topic::default());
            self.wanted = true;
            self.urgent = true;
        }
        let topic = self.topics.get_mut(name)?;
        topic.used_at_ms = now_ms;
        topic.info.as_ref()
    }

    pub(crate) fn peek(&self, name: &str) -> Option<&TopicInfo> {
        self.topics.get(name)?.info.as_ref()
    }

    /// What the last answer said was wrong with the topic.
    pub(crate) fn topic_error(&self, name: &str) -> Option<ErrorCode> {
        self.topics.get(name)?.error
    }

    /// The error for which to give a topic up: one that will not go away, or one that has not after
    /// so many retries. The topic is forgotten then, so that a later use asks anew.
    pub(crate) fn given_up(&mut self, name: &str, retries: u32) -> Option<ErrorCode> {
        let topic = self.topics.get(name)?;
        let code = topic.error?;
        if code.is_retriable() && topic.errors <= retries {
            return None;
        }
        self.topics.remove(name);
        Some(code)
    }

    pub(crate) fn leader(&self, topic: &str, partition: i32) -> Option<(i32, i32)> {
        let info = self.peek(topic)?.partitions.get(usize::try_from(partition).ok()?)?;
        Some((info.leader?, info.leader_epoch))
    }

    pub(crate) fn name_of(&self, id: &Uuid) -> Option<&Arc<str>> {
        let known = |topic: &Topic| topic.info.as_ref().is_some_and(|info| info.id == *id);
        self.topics.iter().find(|(_, topic)| known(topic)).map(|(name, _)| name)
    }

    /// Whether to ask now.
    pub(crate) fn due(&self, now_ms: u64, max_age_ms: u64) -> bool {
        self.due_at(max_age_ms).is_some_and(|at| at <= now_ms)
    }

    /// When to ask, if nothing happens until then.
    pub(crate) fn due_at(&self, max_age_ms: u64) -> Option<u64> {
        if self.in_flight || (!self.wanted && !self.in_use()) {
            return None;
        }
        let at = if self.wanted { 0 } else { self.updated_at_ms.saturating_add(max_age_ms) };
        Some(if self.urgent { at } else { at.max(self.not_before_ms) })
    }

    /// A request for all that is in use.
    pub(crate) fn request(&mut self, now_ms: u64, auto_create: bool) -> MetadataRequest {
        self.topics.retain(|_, topic| topic.used_at_ms.saturating_add(MAX_IDLE_MS) > now_ms);
        self.in_flight = true;
        self.wanted = false;
        self.urgent = false;
        let by_name = std::mem::take(&mut self.by_name_next);
        self.all_asked = (self.all && !by_name) || std::mem::take(&mut self.all_once);
        let names = self.topics.keys().map(|name| &**name);
        let request = metadata_request(names, auto_create);
        if self.all_asked { MetadataRequest { topics: None, ..request } } else { request }
    }

    /// Another attempt will be made after `pause_ms`, which grows with the number this returns.
    pub(crate) fn failed(&mut self) -> u32 {
        self.in_flight = false;
        self.wanted = true;
        self.urgent = false;
        self.failures += 1;
        self.failures - 1
    }

    pub(crate) fn pause_until(&mut self, at_ms: u64) {
        self.not_before_ms = at_ms;
    }

    /// A refresh was answered. Says how often in a row the answer left something to ask again.
    pub(crate) fn answered(&mut self, now_ms: u64, response: MetadataResponse) -> Option<u32> {
        self.in_flight = false;
        self.updated_at_ms = now_ms;
        if std::mem::take(&mut self.all_asked) {
            self.all_known = self.all;
            self.forget_absent(&response);
            self.by_name_next = self.topics.values().any(|topic| topic.info.is_none());
        }
        self.apply(response);
        // A topic being created or without a leader is asked for again after a pause, while
        // somebody uses it.
        let incomplete = self.topics.values().any(|topic| {
            topic.error.is_some_and(ErrorCode::is_retriable)
                || topic.info.as_ref().is_some_and(|info| {
                    info.partitions.iter().any(|partition| partition.leader.is_none())
                })
        });
        // Being told of a stale leader again soon after asking is a reason to pause, too.
        self.failures = if incomplete { self.failures + 1 } else { 0 };
        self.wanted |= incomplete;
        incomplete.then(|| self.failures - 1)
    }

    /// Topics that an answer about all of them leaves out do not exist.
    fn forget_absent(&mut self, response: &MetadataResponse) {
        for (name, topic) in &mut self.topics {
            if !response.topics.iter().any(|there| there.name.as_deref() == Some(&**name)) {
                topic.info = None;
                topic.error = Some(ErrorCode::UnknownTopicOrPartition);
                topic.errors += 1;
            }
        }
    }

    /// Takes what a broker says of itself and of some topics.
    pub(crate) fn apply(&mut self, response: MetadataResponse) {
        self.generation += 1;
        let brokers = response.brokers.into_iter();
        self.brokers = map::collect(brokers.map(|b| (b.node_id, Address::new(b.host, b.port))));
        self.controller = Some(response.controller_id).filter(|&id| id >= 0);
        self.cluster_id = response.cluster_id;
        for topic in response.topics {
            let Some(name) = &topic.name else { continue };
            let name: Arc<str> = name.as_str().into();
            let code = ErrorCode::from_code(topic.error_code);
            let known = self.topics.entry(name).or_default();
            known.error = (code != ErrorCode::None).then_some(code);
            known.errors = if code == ErrorCode::None { 0 } else { known.errors + 1 };
            match code {
                ErrorCode::None => {
                    let news = topic_info(topic, known.info.take());
                    known.info = Some(news);
                }
                // Deleted, or never there; with other errors what was known still helps.
                ErrorCode::UnknownTopicOrPartition | ErrorCode::InvalidTopicException => {
                    known.info = None;
                }
                _ => {}
            }
        }
    }

    /// A response said who leads a partition now (KIP-951).
    pub(crate) fn learn_leader(&mut self, topic: &str, partition: i32, leader: i32, epoch: i32) {
        let info = self.topics.get_mut(topic).and_then(|topic| topic.info.as_mut());
        let at = usize::try_from(partition).ok();
        if let (Some(info), Some(at)) = (info, at)
            && let Some(known) = info.partitions.get_mut(at)
            && epoch > known.leader_epoch
            && self.brokers.contains_key(&leader)
        {
            known.leader = Some(leader);
            known.leader_epoch = epoch;
        }
    }
}

/// A request for the named topics; for none of them, it brings only the brokers.
pub(crate) fn metadata_request<'a>(
    names: impl Iterator<Item = &'a str>,
    allow_auto_topic_creation: bool,
) -> MetadataRequest {
    let topics = names
        .map(|name| MetadataRequestTopic {
            name: Some(name.to_owned()),
            ..MetadataRequestTopic::default()
        })
        .collect();
    MetadataRequest {
        topics: Some(topics),
        allow_auto_topic_creation,
        ..MetadataRequest::default()
    }
}

/// The news, except where what is known of a partition has a later leader epoch: an answer from a
/// broker that lags must not lead back to an old leader (KIP-320).
fn topic_info(topic: MetadataResponseTopic, known: Option<TopicInfo>) -> TopicInfo {
    let known = known.filter(|known| known.id == topic.topic_id);
    let mut news = topic.partitions;
    sort_by(&mut news, |a, b| a.partition_index < b.partition_index);
    let mut partitions = Vec::with_capacity(news.len());
    for partition in news {
        if usize::try_from(partition.partition_index) != Ok(partitions.len()) {
            break;
        }
        let fresh = PartitionInfo {
            partition: partition.partition_index,
            leader: Some(partition.leader_id).filter(|&leader| leader >= 0),
            leader_epoch: partition.leader_epoch,
            replicas: partition.replica_nodes,
            in_sync: partition.isr_nodes,
        };
        let old = known.as_ref().and_then(|known| known.partitions.get(partitions.len()));
        partitions.push(match old {
            Some(old) if old.leader_epoch > fresh.leader_epoch && fresh.leader_epoch >= 0 => {
                old.clone()
            }
            _ => fresh,
        });
    }
    TopicInfo { id: topic.topic_id, is_internal: topic.is_internal, partitions }
}

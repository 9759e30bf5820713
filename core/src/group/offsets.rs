//! Committed offsets: committing, fetching, deleting, and forgetting those that are old.

use litemap::LiteMap;

use super::record::{self, OffsetCommitValue, RecordKey};
use super::{Context, CoordinatorRecord, Effects, Group, Groups};
use crate::Uuid;
use crate::protocol::ErrorCode;
use crate::protocol::messages as m;

/// The offsets of one group, by topic and partition.
pub(super) type GroupOffsets = LiteMap<String, LiteMap<i32, OffsetCommitValue>>;

/// The offsets of all groups.
#[derive(Debug, Default)]
pub(super) struct Offsets {
    groups: LiteMap<String, GroupOffsets>,
}

impl Offsets {
    pub(super) fn of_group(&self, group: &str) -> Option<&GroupOffsets> {
        self.groups.get(group)
    }

    pub(super) fn get(
        &self,
        group: &str,
        topic: &str,
        partition: i32,
    ) -> Option<&OffsetCommitValue> {
        self.groups.get(group)?.get(topic)?.get(&partition)
    }

    pub(super) fn put(
        &mut self,
        group: &str,
        topic: &str,
        partition: i32,
        value: OffsetCommitValue,
    ) {
        let topics = self.groups.entry(group.to_owned()).or_default();
        topics.entry(topic.to_owned()).or_default().insert(partition, value);
    }

    pub(super) fn remove(&mut self, group: &str, topic: &str, partition: i32) {
        let Some(topics) = self.groups.get_mut(group) else { return };
        let Some(partitions) = topics.get_mut(topic) else { return };
        partitions.remove(&partition);
        if partitions.is_empty() {
            topics.remove(topic);
        }
        if topics.is_empty() {
            self.groups.remove(group);
        }
    }
}

fn key(group: &str, topic: &str, partition: i32) -> RecordKey {
    RecordKey::OffsetCommit { group: group.to_owned(), topic: topic.to_owned(), partition }
}

fn tombstone(group: &str, topic: &str, partition: i32) -> CoordinatorRecord {
    record::tombstone(&key(group, topic, partition))
}

/// From this version of OffsetCommit on, a group that is not there is said to be that.
const NOT_FOUND_SINCE: i16 = 9;

impl Groups {
    /// Serves an OffsetCommit.
    pub(crate) fn commit(
        &mut self,
        context: &Context,
        version: i16,
        request: m::OffsetCommitRequest,
        effects: &mut Effects,
    ) -> m::OffsetCommitResponse {
        let group = &request.group_id;
        // A topic that is not there is told apart before the group is looked at.
        let exists =
            |topic: &m::OffsetCommitRequestTopic| find(context, &topic.name, topic.topic_id);
        let any = request.topics.iter().any(|topic| {
            exists(topic).is_ok_and(|(_, _, count)| {
                topic.partitions.iter().any(|p| (0..count).contains(&p.partition_index))
            })
        });
        let allowed = if any { self.check_commit(context, version, &request) } else { Ok(()) };
        let mut response = m::OffsetCommitResponse::default();
        for topic in &request.topics {
            let found = exists(topic);
            let partitions = topic.partitions.iter().map(|partition| {
                let index = partition.partition_index;
                let outcome = match found {
                    Err(code) => Err(code),
                    Ok((_, _, count)) if !(0..count).contains(&index) => {
                        Err(ErrorCode::UnknownTopicOrPartition)
                    }
                    Ok((name, topic_id, _)) => allowed.and_then(|()| {
                        let value = self.value(context, &request, partition, topic_id)?;
                        let key = key(group, name, index);
                        effects.records.push(record::record(&key, &value));
                        self.offsets.put(group, name, index, value);
                        Ok(())
                    }),
                };
                m::OffsetCommitResponsePartition {
                    partition_index: index,
                    error_code: outcome.err().map_or(0, ErrorCode::code),
                }
            });
            let partitions = partitions.collect();
            let (name, topic_id) = (topic.name.clone(), topic.topic_id);
            response.topics.push(m::OffsetCommitResponseTopic { name, topic_id, partitions });
        }
        self.schedule(context, group);
        response
    }

    /// Checks that the group takes commits from the client; a commit is a sign of life.
    fn check_commit(
        &mut self,
        context: &Context,
        version: i16,
        request: &m::OffsetCommitRequest,
    ) -> Result<(), ErrorCode> {
        let (id, member) = (&request.group_id, &request.member_id);
        let generation = request.generation_id_or_member_epoch;
        match self.groups.get_mut(id) {
            Some(Group::Classic(group)) => {
                let name = request.group_instance_id.as_deref();
                group.check_commit(member, name, generation)?;
                group.extend_session_by_commit(context, member);
                Ok(())
            }
            Some(Group::Consumer(group)) => group.check_commit(version, member, generation),
            None if generation < 0 => {
                self.classic(id);
                Ok(())
            }
            None if version >= NOT_FOUND_SINCE => Err(ErrorCode::GroupIdNotFound),
            None => Err(ErrorCode::IllegalGeneration),
        }
    }

    fn value(
        &self,
        context: &Context,
        request: &m::OffsetCommitRequest,
        partition: &m::OffsetCommitRequestPartition,
        topic_id: Uuid,
    ) -> Result<OffsetCommitValue, ErrorCode> {
        let metadata = partition.committed_metadata.clone().unwrap_or_default();
        // As Java counts: in UTF-16.
        if metadata.encode_utf16().count() > self.settings.offset_metadata_max_bytes {
            return Err(ErrorCode::OffsetMetadataTooLarge);
        }
        let now_ms = context.now.wall_ms;
        Ok(OffsetCommitValue {
            offset: partition.committed_offset,
            leader_epoch: partition.committed_leader_epoch,
            metadata,
            commit_timestamp: now_ms,
            expire_timestamp: match request.retention_time_ms {
                -1 => -1,
                retention => now_ms.saturating_add(retention),
            },
            topic_id,
        })
    }

    /// Serves an OffsetFetch, for one of its groups.
    pub(crate) fn fetch(
        &self,
        context: &Context,
        version: i16,
        request: &m::OffsetFetchRequestGroup,
    ) -> m::OffsetFetchResponseGroup {
        let group = &request.group_id;
        if let Some(Group::Consumer(own)) = self.groups.get(group)
            && let Err(code) = own.check_fetch(request.member_id.as_deref(), request.member_epoch)
        {
            let (group_id, error_code) = (group.clone(), code.code());
            return m::OffsetFetchResponseGroup { group_id, error_code, topics: Vec::new() };
        }
        let by_id = version >= 10;
        let mut topics = Vec::new();
        for topic in request.topics.iter().flatten() {
            let found = if by_id {
                find(context, "", topic.topic_id)
            } else {
                Ok((topic.name.as_str(), Uuid::ZERO, 0))
            };
            let one = |index: &i32| match found {
                Ok((name, ..)) => committed(*index, self.offsets.get(group, name, *index)),
                Err(code) => m::OffsetFetchResponsePartitions {
                    error_code: code.code(),
                    ..committed(*index, None)
                },
            };
            topics.push(m::OffsetFetchResponseTopics {
                name: topic.name.clone(),
                topic_id: topic.topic_id,
                partitions: topic.partition_indexes.iter().map(one).collect(),
            });
        }
        if request.topics.is_none() {
            for (name, partitions) in self.offsets.of_group(group).into_iter().flatten() {
                let topic_id = context.topics.get(name).map_or(Uuid::ZERO, |topic| topic.id);
                if !(by_id && topic_id.is_zero()) {
                    let all =
                        partitions.iter().map(|(index, value)| committed(*index, Some(value)));
                    let (name, partitions) = (name.clone(), all.collect());
                    topics.push(m::OffsetFetchResponseTopics { name, topic_id, partitions });
                }
            }
        }
        m::OffsetFetchResponseGroup { group_id: group.clone(), topics, error_code: 0 }
    }

    /// Serves an OffsetDelete (KIP-496).
    pub(crate) fn delete_offsets(
        &mut self,
        context: &Context,
        request: m::OffsetDeleteRequest,
        effects: &mut Effects,
    ) -> m::OffsetDeleteResponse {
        let id = &request.group_id;
        let checked = match self.groups.get(id) {
            _ if id.is_empty() => Err(ErrorCode::InvalidGroupId),
            None => Err(ErrorCode::GroupIdNotFound),
            Some(Group::Classic(group)) if !group.is_empty() && !group.is_of_consumers() => {
                Err(ErrorCode::NonEmptyGroup)
            }
            Some(_) => Ok(()),
        };
        if let Err(code) = checked {
            return m::OffsetDeleteResponse { error_code: code.code(), ..Default::default() };
        }
        let mut response = m::OffsetDeleteResponse::default();
        for topic in request.topics {
            let count = find(context, &topic.name, Uuid::ZERO).map_or(0, |(_, _, count)| count);
            let subscribed = self.groups.get(id).is_some_and(|g| g.is_subscribed_to(&topic.name));
            let partitions = topic.partitions.iter().map(|partition| {
                let index = partition.partition_index;
                let error_code = if !(0..count).contains(&index) {
                    ErrorCode::UnknownTopicOrPartition.code()
                } else if subscribed {
                    ErrorCode::GroupSubscribedToTopic.code()
                } else {
                    if self.offsets.get(id, &topic.name, index).is_some() {
                        effects.records.push(tombstone(id, &topic.name, index));
                        self.offsets.remove(id, &topic.name, index);
                    }
                    0
                };
                m::OffsetDeleteResponsePartition { partition_index: index, error_code }
            });
            let partitions = partitions.collect();
            response.topics.push(m::OffsetDeleteResponseTopic { name: topic.name, partitions });
        }
        response
    }

    /// Forgets the offsets of a topic that has been deleted.
    pub(crate) fn topic_deleted(&mut self, topic: &str, effects: &mut Effects) {
        self.remove_offsets(effects, |_, name, _| name == topic);
    }

    /// Deletes all offsets of a group.
    pub(super) fn remove_group_offsets(&mut self, group: &str, effects: &mut Effects) {
        self.remove_offsets(effects, |id, _, _| id == group);
    }

    /// Forgets offsets that nobody has use for any more, and groups that are left with nothing
    /// (KIP-211, KIP-496).
    pub(super) fn expire_offsets(&mut self, context: &Context, effects: &mut Effects) {
        let now_ms = context.now.wall_ms;
        let retention_ms = self.settings.offsets_retention_ms;
        let groups = std::mem::take(&mut self.groups);
        self.remove_offsets(effects, |group, topic, value| {
            let Some(since_ms) = groups.get(group).and_then(|g| g.expires_since(topic, value))
            else {
                return false;
            };
            match value.expire_timestamp {
                -1 => now_ms.saturating_sub(since_ms) >= retention_ms,
                expire_ms => now_ms >= expire_ms,
            }
        });
        self.groups = groups;
        let left = self
            .groups
            .iter()
            .filter(|(id, group)| group.is_empty() && self.offsets.of_group(id).is_none());
        let left: Vec<String> = left.map(|(id, _)| id.clone()).collect();
        for id in left {
            self.remove_group(&id, effects);
        }
    }

    fn remove_offsets(
        &mut self,
        effects: &mut Effects,
        mut is_due: impl FnMut(&str, &str, &OffsetCommitValue) -> bool,
    ) {
        let mut due = Vec::new();
        for (group, topics) in &self.offsets.groups {
            for (topic, partitions) in topics {
                for (partition, value) in partitions {
                    if is_due(group, topic, value) {
                        due.push((group.clone(), topic.clone(), *partition));
                    }
                }
            }
        }
        for (group, topic, partition) in due {
            effects.records.push(tombstone(&group, &topic, partition));
            self.offsets.remove(&group, &topic, partition);
        }
    }
}

impl Group {
    fn is_subscribed_to(&self, topic: &str) -> bool {
        match self {
            Group::Classic(group) => group.is_subscribed_to(topic),
            Group::Consumer(group) => group.is_subscribed_to(topic),
        }
    }

    /// Since when an offset grows old, in milliseconds since 1970; `None` while it is in use.
    fn expires_since(&self, topic: &str, value: &OffsetCommitValue) -> Option<i64> {
        let committed_ms = value.commit_timestamp;
        let group = match self {
            Group::Classic(group) => group,
            Group::Consumer(group) => {
                return (!group.is_subscribed_to(topic)).then_some(committed_ms);
            }
        };
        match group.protocol_type() {
            _ if group.is_subscribed_to(topic) => None,
            // Committed by a client that is no member.
            None => Some(committed_ms),
            // It can serve until the last member has been gone for long enough.
            Some(_) if group.is_empty() => Some(group.state_timestamp_ms().unwrap_or(committed_ms)),
            Some(_) if group.is_stable() && group.knows_subscriptions() => Some(committed_ms),
            Some(_) => None,
        }
    }
}

/// A topic that a request names by name, or by id where it has one: name, id, number of partitions.
fn find<'a>(
    context: &Context<'a>,
    name: &str,
    id: Uuid,
) -> Result<(&'a str, Uuid, i32), ErrorCode> {
    let found = match id.is_zero() {
        true => context.topics.get(name).ok_or(ErrorCode::UnknownTopicOrPartition),
        false => context.topics.by_id(id).ok_or(ErrorCode::UnknownTopicId),
    };
    found.map(|topic| (topic.name.as_str(), topic.id, topic.logs.len() as i32))
}

fn committed(
    partition_index: i32,
    value: Option<&OffsetCommitValue>,
) -> m::OffsetFetchResponsePartitions {
    m::OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: value.map_or(-1, |value| value.offset),
        committed_leader_epoch: value.map_or(-1, |value| value.leader_epoch),
        metadata: Some(value.map(|value| value.metadata.clone()).unwrap_or_default()),
        error_code: 0,
    }
}

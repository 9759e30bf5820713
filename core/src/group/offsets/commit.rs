//! OffsetCommit.

use super::{TOPIC_IDS_SINCE, find, key};
use crate::Uuid;
use crate::group::record::{self, OffsetCommitValue};
use crate::group::{Context, Effects, Group, Groups};
use crate::protocol::ErrorCode;
use crate::protocol::messages as m;

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
        let (group, by_id) = (&request.group_id, version >= TOPIC_IDS_SINCE);
        // A topic that is not there is told apart before the group is looked at.
        let exists =
            |topic: &m::OffsetCommitRequestTopic| find(context, by_id, &topic.name, topic.topic_id);
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
}

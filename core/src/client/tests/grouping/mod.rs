//! A member of a group against a coordinator that a test scripts.

mod classic;
mod consumer;
mod hostile;
mod hosts;
mod leaving;

use super::*;
use crate::protocol::{
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, ConsumerProtocolTopicPartition,
    decode_consumer_protocol, encode_consumer_protocol,
};

fn grouped(change: impl FnOnce(&mut GroupConfig)) -> Rig {
    let mut group = GroupConfig::new("g");
    change(&mut group);
    let mut config = ClientConfig { group: Some(group), ..config() };
    config.fetcher.auto_offset_reset = AutoOffsetReset::Earliest;
    Rig::new(config)
}

fn cooperative(group: &mut GroupConfig) {
    group.assignors = vec![Assignor::Standard(Strategy::CooperativeSticky)];
}

fn list(partitions: &[TopicPartition]) -> String {
    let each = partitions.iter().map(|(topic, partition)| format!("{topic}{partition}"));
    each.collect::<Vec<_>>().join(" ")
}

fn wire(partitions: &[i32]) -> Vec<ConsumerProtocolTopicPartition> {
    let partitions = partitions.to_vec();
    vec![ConsumerProtocolTopicPartition { topic: "t".to_owned(), partitions }]
}

fn assignment(partitions: &[i32]) -> Bytes {
    let assigned_partitions = wire(partitions);
    let assignment = ConsumerProtocolAssignment { assigned_partitions, user_data: None };
    encode_consumer_protocol(&assignment, 3)
}

fn subscription(owned: &[i32], generation_id: i32) -> Bytes {
    let subscription = ConsumerProtocolSubscription {
        topics: vec!["t".to_owned()],
        user_data: None,
        owned_partitions: wire(owned),
        generation_id,
        rack_id: None,
    };
    encode_consumer_protocol(&subscription, 3)
}

impl Rig {
    fn subscribe(&mut self) {
        self.client.subscribe(self.now, Subscription::Topics(vec!["t".into()])).unwrap();
        self.run();
    }

    /// What the group has told since, in short.
    fn told(&mut self) -> String {
        self.run();
        let mut told = Vec::new();
        self.events.retain(|event| {
            let Event::Group(event) = event else { return true };
            told.push(match event {
                GroupEvent::Rebalancing { .. } => "rebalancing".to_owned(),
                GroupEvent::Revoked { partitions } => format!("revoked {}", list(partitions)),
                GroupEvent::Lost { partitions } => format!("lost {}", list(partitions)),
                GroupEvent::Assigned { partitions } => format!("assigned {}", list(partitions)),
                GroupEvent::Joined(m) => format!("joined {} {}", m.member_id, m.generation_id),
                GroupEvent::Committed { offsets, .. } => {
                    let each = offsets.iter().map(|p| match &p.result {
                        Ok(offset) => format!("{}{}@{offset}", p.topic, p.partition),
                        Err(error) => format!("{}{}! {error}", p.topic, p.partition),
                    });
                    format!("committed {}", each.collect::<Vec<_>>().join(" "))
                }
                GroupEvent::CommittedFetched { offsets, .. } => {
                    let each = offsets.iter().map(|p| match &p.result {
                        Ok(Some(at)) => format!("{}{}@{}", p.topic, p.partition, at.offset),
                        Ok(None) => format!("{}{}@-", p.topic, p.partition),
                        Err(error) => format!("{}{}! {error}", p.topic, p.partition),
                    });
                    format!("found {}", each.collect::<Vec<_>>().join(" "))
                }
                GroupEvent::AssignmentWanted { assignor, members, .. } => {
                    format!("wanted {assignor} of {}", members.len())
                }
                GroupEvent::TopicsListed { topics } => format!("topics {}", topics.join(" ")),
                GroupEvent::PollIntervalExceeded => "too slow".to_owned(),
                GroupEvent::Left => "left".to_owned(),
                GroupEvent::Failed { error } => format!("failed {error}"),
            });
            false
        });
        told.join(", ")
    }

    /// Answers a JoinGroup with an error, and the member id that it may bring.
    fn refuse_join(&mut self, code: ErrorCode, member_id: &str) -> JoinGroupRequest {
        let (seen, request) = self.expect::<JoinGroupRequest>();
        let answer = JoinGroupResponse {
            error_code: code.code(),
            member_id: member_id.to_owned(),
            ..JoinGroupResponse::default()
        };
        self.answer(&seen, &answer);
        request
    }

    /// Answers a JoinGroup: a follower `m` in a generation.
    fn follow(&mut self, generation_id: i32) -> JoinGroupRequest {
        let (seen, request) = self.expect::<JoinGroupRequest>();
        let answer = JoinGroupResponse {
            generation_id,
            protocol_type: Some("consumer".to_owned()),
            protocol_name: Some(request.protocols[0].name.clone()),
            leader: "other".to_owned(),
            member_id: "m".to_owned(),
            ..JoinGroupResponse::default()
        };
        self.answer(&seen, &answer);
        request
    }

    /// Answers a SyncGroup with these partitions of `t`.
    fn give(&mut self, partitions: &[i32]) -> SyncGroupRequest {
        let (seen, request) = self.expect::<SyncGroupRequest>();
        let assignment = assignment(partitions);
        self.answer(&seen, &SyncGroupResponse { assignment, ..SyncGroupResponse::default() });
        request
    }

    /// Answers an OffsetFetch: this is committed of every partition.
    fn committed(&mut self, offset: i64) -> OffsetFetchRequest {
        let (seen, request) = self.expect::<OffsetFetchRequest>();
        let topic = |topic: &OffsetFetchRequestTopics| OffsetFetchResponseTopics {
            name: topic.name.clone(),
            partitions: topic
                .partition_indexes
                .iter()
                .map(|&partition_index| OffsetFetchResponsePartitions {
                    partition_index,
                    committed_offset: offset,
                    ..OffsetFetchResponsePartitions::default()
                })
                .collect(),
            ..OffsetFetchResponseTopics::default()
        };
        let group = OffsetFetchResponseGroup {
            group_id: "g".to_owned(),
            topics: request.groups[0].topics.iter().flatten().map(topic).collect(),
            error_code: 0,
        };
        let answer = OffsetFetchResponse { groups: vec![group], ..OffsetFetchResponse::default() };
        self.answer(&seen, &answer);
        request
    }

    fn beat(&mut self, code: ErrorCode) -> HeartbeatRequest {
        let (seen, request) = self.expect::<HeartbeatRequest>();
        let answer = HeartbeatResponse { error_code: code.code(), ..HeartbeatResponse::default() };
        self.answer(&seen, &answer);
        request
    }

    /// Answers an OffsetCommit: `generation: partition@offset ...`.
    fn commit_answered(&mut self, code: ErrorCode) -> String {
        let (seen, request) = self.expect::<OffsetCommitRequest>();
        let mut text = format!("{}:", request.generation_id_or_member_epoch);
        let topics = request.topics.iter().map(|topic| OffsetCommitResponseTopic {
            name: topic.name.clone(),
            partitions: topic
                .partitions
                .iter()
                .map(|p| {
                    text += &format!(" {}@{}", p.partition_index, p.committed_offset);
                    let partition_index = p.partition_index;
                    OffsetCommitResponsePartition { partition_index, error_code: code.code() }
                })
                .collect(),
            ..OffsetCommitResponseTopic::default()
        });
        let topics = topics.collect();
        self.answer(&seen, &OffsetCommitResponse { topics, ..OffsetCommitResponse::default() });
        text
    }

    /// A follower that owns these partitions from offset 5 on, in generation 1.
    fn member(&mut self, partitions: &[i32]) {
        self.subscribe();
        self.follow(1);
        self.give(partitions);
        self.committed(5);
        self.told();
    }

    /// Answers a fetch with one batch of so many records in each partition, and takes them.
    fn receive(&mut self, records: usize) -> Vec<String> {
        let (seen, request) = self.expect::<FetchRequest>();
        let partitions = request.topics[0].partitions.iter();
        let partitions =
            partitions.map(|p| (p.partition, ErrorCode::None, batch(p.fetch_offset, records)));
        let partitions = partitions.collect();
        self.fetched(&seen, partitions);
        let mut taken = Vec::new();
        while let Some(fetched) = self.take() {
            taken.push(fetched);
        }
        taken
    }

    /// Drops fetches that wait, which belong to no test of the group.
    fn skip_fetches(&mut self) {
        self.inbox.retain(|seen| seen.header.api_key != ApiKey::Fetch as i16);
    }
}

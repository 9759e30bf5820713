//! A broker that is led through scenarios of consumer groups, one request a line.

use std::collections::BTreeMap;

use ottla::Uuid;
use ottla::protocol::{
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, ConsumerProtocolTopicPartition,
    ErrorCode, decode_consumer_protocol, encode_consumer_protocol, messages as m,
};

use crate::host::Host;

/// A broker that is led through a scenario.
pub(crate) struct Stage {
    pub(crate) host: Host,
    topics: BTreeMap<String, Uuid>,
    /// The ids of members of the classic protocol, which the broker makes: c1, c2, …
    members: Vec<String>,
}

fn list(text: &str, separator: char) -> impl Iterator<Item = &str> {
    text.split(separator).filter(|item| *item != "-")
}

/// `topic:partition,…;…` as members of the classic protocol tell it.
fn topic_partitions(text: &str) -> Vec<ConsumerProtocolTopicPartition> {
    let topic = |text: &str| {
        let (topic, partitions) = text.split_once(':').unwrap();
        ConsumerProtocolTopicPartition {
            topic: topic.to_owned(),
            partitions: list(partitions, ',').map(|p| p.parse().unwrap()).collect(),
        }
    };
    list(text, ';').map(topic).collect()
}

/// The name of an error.
pub(crate) fn error(code: i16) -> String {
    match ErrorCode::ALL.iter().find(|error| error.code() == code) {
        Some(ErrorCode::None) | None => "NONE".to_owned(),
        Some(error) => error.name().to_owned(),
    }
}

impl Stage {
    pub(crate) fn new() -> Stage {
        // As the broker had it that the scenarios were played on.
        let settings = [
            ("group.consumer.session.timeout.ms", "3000"),
            ("group.consumer.heartbeat.interval.ms", "1000"),
            ("group.initial.rebalance.delay.ms", "0"),
        ];
        Stage { host: Host::with(&settings), topics: BTreeMap::new(), members: Vec::new() }
    }

    /// Takes a step, and says what came of it.
    pub(crate) fn step(&mut self, words: &[&str]) -> String {
        match words {
            ["topic", name, partitions] => self.create(name, partitions.parse().unwrap()),
            ["grow", name, partitions] => self.grow(name, partitions.parse().unwrap()),
            ["drop", name] => self.drop_topic(name),
            ["hb", group, member, epoch, fields @ ..] => {
                self.heartbeat(group, member, epoch.parse().unwrap(), fields)
            }
            ["describe", group] => self.describe(group),
            ["commit", words @ ..] => self.commit(words),
            ["fetch", words @ ..] => self.fetch(words),
            ["list", group] => self.list(group),
            ["join", group] => self.join(group),
            ["cjoin", words @ ..] => self.classic_join(words),
            ["csync", words @ ..] => self.classic_sync(words),
            ["chb", group, member, generation] => {
                let request = m::HeartbeatRequest {
                    group_id: group.to_string(),
                    generation_id: generation.parse().unwrap(),
                    member_id: self.id(member),
                    ..Default::default()
                };
                error(self.host.call(&request, 4).error_code)
            }
            ["cleave", group, member, instance @ ..] => {
                let identity = m::MemberIdentity {
                    member_id: self.id(member),
                    group_instance_id: instance.first().map(|name| name.to_string()),
                    ..Default::default()
                };
                let request = m::LeaveGroupRequest {
                    group_id: group.to_string(),
                    members: vec![identity],
                    ..Default::default()
                };
                error(self.host.call(&request, 5).members[0].error_code)
            }
            ["delete", group] => {
                let request = m::DeleteGroupsRequest { groups_names: vec![group.to_string()] };
                error(self.host.call(&request, 2).results[0].error_code)
            }
            ["wait", ms] => {
                self.host.pass(ms.parse().unwrap());
                String::new()
            }
            _ => panic!("no such step: {words:?}"),
        }
    }

    pub(crate) fn create(&mut self, name: &str, partitions: i32) -> String {
        let code = self.host.create(name, partitions, &[]);
        let metadata = self.host.call(&m::MetadataRequest::default(), 12);
        let topic = metadata.topics.iter().find(|topic| topic.name.as_deref() == Some(name));
        self.topics.insert(name.to_owned(), topic.unwrap().topic_id);
        error(code)
    }

    fn grow(&mut self, name: &str, count: i32) -> String {
        let topic = m::CreatePartitionsTopic { name: name.into(), count, assignments: None };
        let request = m::CreatePartitionsRequest { topics: vec![topic], ..Default::default() };
        error(self.host.call(&request, 3).results[0].error_code)
    }

    pub(crate) fn drop_topic(&mut self, name: &str) -> String {
        let topic = m::DeleteTopicState { name: Some(name.into()), ..Default::default() };
        let request = m::DeleteTopicsRequest { topics: vec![topic], ..Default::default() };
        error(self.host.call(&request, 6).responses[0].error_code)
    }

    /// `topic:partition,…;…`
    fn partitions(&self, topics: impl Iterator<Item = (Uuid, Vec<i32>)>) -> String {
        let text = |(id, list): (Uuid, Vec<i32>)| {
            let name = self.topics.iter().find(|(_, own)| **own == id).map(|(name, _)| name);
            let list: Vec<String> = list.iter().map(i32::to_string).collect();
            format!("{}:{}", name.map_or("?", |name| name.as_str()), list.join(","))
        };
        let mut topics: Vec<String> = topics.map(text).collect();
        topics.sort();
        if topics.is_empty() { "-".to_owned() } else { topics.join(";") }
    }

    fn heartbeat(&mut self, group: &str, member: &str, epoch: i32, fields: &[&str]) -> String {
        let mut request = m::ConsumerGroupHeartbeatRequest {
            group_id: group.into(),
            member_id: member.trim_matches('-').into(),
            member_epoch: epoch,
            ..Default::default()
        };
        for field in fields {
            let (name, value) = field.split_once('=').unwrap();
            match name {
                "rt" => request.rebalance_timeout_ms = value.parse().unwrap(),
                "i" => request.instance_id = Some(value.into()),
                "s" => request.server_assignor = Some(value.into()),
                "r" => request.subscribed_topic_regex = Some(value.into()),
                "t" => {
                    let names = list(value, ',').map(str::to_owned);
                    request.subscribed_topic_names = Some(names.collect());
                }
                "own" => {
                    let topic = |topic: &str| {
                        let (name, partitions) = topic.split_once(':').unwrap();
                        m::ConsumerGroupHeartbeatTopicPartitions {
                            topic_id: self.topics[name],
                            partitions: list(partitions, ',').map(|p| p.parse().unwrap()).collect(),
                        }
                    };
                    request.topic_partitions = Some(list(value, ';').map(topic).collect());
                }
                _ => panic!("no such field: {field}"),
            }
        }
        let response = self.host.call(&request, 1);
        if response.error_code != 0 {
            assert!(response.error_message.is_some_and(|message| message.ends_with('.')));
            return error(response.error_code);
        }
        let assignment = match response.assignment {
            None => "same".to_owned(),
            Some(assignment) => {
                let topics = assignment.topic_partitions.into_iter();
                self.partitions(topics.map(|topic| (topic.topic_id, topic.partitions)))
            }
        };
        format!("{} {} {assignment}", response.member_id.unwrap(), response.member_epoch)
    }

    fn describe(&mut self, group: &str) -> String {
        let request =
            m::ConsumerGroupDescribeRequest { group_ids: vec![group.into()], ..Default::default() };
        let group = self.host.call(&request, 1).groups.remove(0);
        if group.error_code != 0 {
            return error(group.error_code);
        }
        let partitions = |assignment: &m::ConsumerGroupDescribeAssignment| {
            let topics = assignment.topic_partitions.iter();
            self.partitions(topics.map(|topic| (topic.topic_id, topic.partitions.clone())))
        };
        let mut members: Vec<String> = Vec::new();
        for member in &group.members {
            let (own, target) =
                (partitions(&member.assignment), partitions(&member.target_assignment));
            let id = match self.members.iter().position(|own| *own == member.member_id) {
                Some(at) => format!("c{}", at + 1),
                None => member.member_id.clone(),
            };
            members.push(format!(" | {id} {} {own} -> {target}", member.member_epoch));
        }
        members.sort();
        format!(
            "{} {} {} {}{}",
            group.group_state,
            group.group_epoch,
            group.assignment_epoch,
            group.assignor_name,
            members.concat()
        )
    }

    fn id(&self, alias: &str) -> String {
        match alias.strip_prefix('c') {
            None if alias == "-" => String::new(),
            None => alias.to_owned(),
            Some(number) => self.members[number.parse::<usize>().unwrap() - 1].clone(),
        }
    }

    fn alias(&mut self, id: &str) -> String {
        if !self.members.iter().any(|own| own == id) {
            self.members.push(id.to_owned());
        }
        format!("c{}", self.members.iter().position(|own| own == id).unwrap() + 1)
    }

    fn classic_join(&mut self, words: &[&str]) -> String {
        let [group, member, topics, owned, instance @ ..] = words else {
            panic!("a join of {words:?}")
        };
        let subscription = ConsumerProtocolSubscription {
            topics: list(topics, ',').map(str::to_owned).collect(),
            owned_partitions: topic_partitions(owned),
            ..Default::default()
        };
        let protocol = m::JoinGroupRequestProtocol {
            name: "range".into(),
            metadata: encode_consumer_protocol(&subscription, 3),
        };
        let request = m::JoinGroupRequest {
            group_id: group.to_string(),
            member_id: self.id(member),
            group_instance_id: instance.first().map(|name| name.to_string()),
            protocol_type: "consumer".into(),
            session_timeout_ms: 10_000,
            rebalance_timeout_ms: 10_000,
            protocols: vec![protocol],
            ..Default::default()
        };
        self.host.send(&request, 9);
        self.host.pass(0);
        let (_, response) = self.host.response::<m::JoinGroupRequest>(9).unwrap();
        let alias = self.alias(&response.member_id);
        match response.error_code {
            0 => {
                let leads = response.leader == response.member_id;
                let protocol = response.protocol_name.unwrap();
                let role = if leads { "leads" } else { "follows" };
                format!("{alias} {} {protocol} {role}", response.generation_id)
            }
            79 => format!("MEMBER_ID_REQUIRED {alias}"),
            code => error(code),
        }
    }

    fn classic_sync(&mut self, words: &[&str]) -> String {
        let [group, member, generation, assigned @ ..] = words else {
            panic!("a sync of {words:?}")
        };
        let assignment = |text: &&str| ConsumerProtocolAssignment {
            assigned_partitions: topic_partitions(text),
            user_data: None,
        };
        let assignment = |text: &&str| m::SyncGroupRequestAssignment {
            member_id: self.id(member),
            assignment: encode_consumer_protocol(&assignment(text), 3),
        };
        let request = m::SyncGroupRequest {
            group_id: group.to_string(),
            generation_id: generation.parse().unwrap(),
            member_id: self.id(member),
            protocol_type: Some("consumer".into()),
            protocol_name: Some("range".into()),
            assignments: assigned.iter().map(assignment).collect(),
            ..Default::default()
        };
        let response = self.host.call(&request, 5);
        if response.error_code != 0 {
            return error(response.error_code);
        }
        let (_, read): (_, ConsumerProtocolAssignment) =
            decode_consumer_protocol(response.assignment).unwrap();
        let topics = read.assigned_partitions.into_iter();
        self.partitions(topics.map(|own| (self.topics[&own.topic], own.partitions)))
    }

    fn commit(&mut self, words: &[&str]) -> String {
        let [group, member, epoch, topic, partition, offset, version @ ..] = words else {
            panic!("a commit of {words:?}")
        };
        let partition = m::OffsetCommitRequestPartition {
            partition_index: partition.parse().unwrap(),
            committed_offset: offset.parse().unwrap(),
            committed_metadata: Some(String::new()),
            ..Default::default()
        };
        let request = m::OffsetCommitRequest {
            group_id: group.to_string(),
            generation_id_or_member_epoch: epoch.parse().unwrap(),
            member_id: self.id(member),
            topics: vec![m::OffsetCommitRequestTopic {
                name: topic.to_string(),
                partitions: vec![partition],
                ..Default::default()
            }],
            ..Default::default()
        };
        let version = version.first().map_or(9, |version| version.parse().unwrap());
        error(self.host.call(&request, version).topics[0].partitions[0].error_code)
    }

    fn fetch(&mut self, words: &[&str]) -> String {
        let [group, member, epoch, topic, partition] = words else {
            panic!("a fetch of {words:?}")
        };
        let group = m::OffsetFetchRequestGroup {
            group_id: group.to_string(),
            member_id: Some(*member).filter(|member| *member != "-").map(str::to_owned),
            member_epoch: epoch.parse().unwrap(),
            topics: Some(vec![m::OffsetFetchRequestTopics {
                name: topic.to_string(),
                partition_indexes: vec![partition.parse().unwrap()],
                ..Default::default()
            }]),
        };
        let request = m::OffsetFetchRequest { groups: vec![group], ..Default::default() };
        let group = self.host.call(&request, 9).groups.remove(0);
        match group.error_code {
            0 => group.topics[0].partitions[0].committed_offset.to_string(),
            code => error(code),
        }
    }

    fn list(&mut self, group: &str) -> String {
        let groups = self.host.call(&m::ListGroupsRequest::default(), 5).groups;
        let found = groups.iter().find(|one| one.group_id == group);
        found.map_or("none".to_owned(), |one| {
            format!("{} {} {}", one.group_type, one.group_state, one.protocol_type)
        })
    }

    fn join(&mut self, group: &str) -> String {
        let protocol = m::JoinGroupRequestProtocol { name: "range".into(), ..Default::default() };
        let request = m::JoinGroupRequest {
            group_id: group.into(),
            protocol_type: "consumer".into(),
            session_timeout_ms: 10_000,
            rebalance_timeout_ms: 10_000,
            protocols: vec![protocol],
            ..Default::default()
        };
        error(self.host.call(&request, 5).error_code)
    }
}

/// A stage with these topics, of two partitions each.
pub(crate) fn stage_of(topics: &[&str]) -> Stage {
    let mut stage = Stage::new();
    for name in topics {
        stage.create(name, 2);
    }
    stage
}

/// What came of a step.
pub(crate) fn said(stage: &mut Stage, command: &str) -> String {
    stage.step(&command.split_whitespace().collect::<Vec<_>>())
}

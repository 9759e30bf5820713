//! Consumer groups, by scenarios that a real Kafka was led through as well: what comes of each step
//! stands behind it. tests/golden/group/README.md says how.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers outside of test functions.

mod host;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use host::Host;
use ottla::Uuid;
use ottla::protocol::{ErrorCode, messages as m};

/// A broker that is led through a scenario.
struct Stage {
    host: Host,
    topics: BTreeMap<String, Uuid>,
}

fn list(text: &str, separator: char) -> impl Iterator<Item = &str> {
    text.split(separator).filter(|item| *item != "-")
}

fn error(code: i16) -> String {
    match ErrorCode::ALL.iter().find(|error| error.code() == code) {
        Some(ErrorCode::None) | None => "NONE".to_owned(),
        Some(error) => error.name().to_owned(),
    }
}

impl Stage {
    fn new() -> Stage {
        // As the broker had it that the scenarios were played on.
        let settings = [
            ("group.consumer.session.timeout.ms", "3000"),
            ("group.consumer.heartbeat.interval.ms", "1000"),
        ];
        Stage { host: Host::with(&settings), topics: BTreeMap::new() }
    }

    fn step(&mut self, words: &[&str]) -> String {
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

    fn create(&mut self, name: &str, partitions: i32) -> String {
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

    fn drop_topic(&mut self, name: &str) -> String {
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
        let members = group.members.iter().map(|member| {
            let (own, target) =
                (partitions(&member.assignment), partitions(&member.target_assignment));
            format!(" | {} {} {own} -> {target}", member.member_id, member.member_epoch)
        });
        format!(
            "{} {} {} {}{}",
            group.group_state,
            group.group_epoch,
            group.assignment_epoch,
            group.assignor_name,
            members.collect::<String>()
        )
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
            member_id: member.trim_matches('-').into(),
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

/// Plays a scenario; in a `restless` one the broker is stopped and opened again before each step
/// that no time has passed before.
fn play(name: &str, restless: bool) {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/group/scenarios");
    let text = fs::read_to_string(scenarios.join(name).with_extension("txt")).unwrap();
    let mut stage = Stage::new();
    let mut outcomes = Vec::new();
    let mut expected = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let command = line.split(" => ").next().unwrap();
        let words: Vec<&str> = command.split_whitespace().collect();
        if restless {
            stage.host = stage.host.reopen();
        }
        let outcome = stage.step(&words);
        outcomes.push(if outcome.is_empty() {
            command.to_owned()
        } else {
            format!("{command} => {outcome}")
        });
        expected.push(line.to_owned());
    }
    assert_eq!(outcomes, expected, "{name}");
}

#[test]
fn members_share_out_partitions() {
    play("sharing", false);
}

#[test]
fn epochs_fence() {
    play("epochs", false);
}

#[test]
fn what_makes_no_sense_is_refused() {
    play("refused", false);
}

#[test]
fn static_members_come_back() {
    play("static", false);
}

#[test]
fn topics_come_grow_and_go() {
    play("topics", false);
}

#[test]
fn offsets_are_for_members_that_know_their_epoch() {
    play("offsets", false);
}

#[test]
fn time_runs_out() {
    play("time", false);
}

#[test]
fn all_of_it_is_stored() {
    for name in ["sharing", "epochs", "refused", "static", "topics", "offsets"] {
        play(name, true);
    }
}

//! Lines as requests, and responses as lines.

use bytes::Bytes;
use ottla::protocol::{encode_consumer_protocol, messages as m};

use crate::{Line, Names, Scene, error};

/// A consumer's subscription to topics.
fn subscription(topics: Vec<String>) -> Bytes {
    let value = ottla::protocol::ConsumerProtocolSubscription { topics, ..Default::default() };
    encode_consumer_protocol(&value, 1)
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Scene {
    /// `t:0` as a topic and a partition.
    fn place(&self, word: &str) -> (String, i32) {
        let (topic, partition) = word.split_once(':').expect("topic:partition");
        (self.own(topic), partition.parse().unwrap())
    }

    pub(crate) fn request(&mut self, line: &Line) {
        let (from, group) = (line.words[1], line.words.get(2).copied().unwrap_or_default());
        let group = if group == "-" { String::new() } else { self.own(group) };
        let group = group.as_str();
        match line.words[0] {
            "join" => self.join(line, from, group),
            "sync" => self.sync(line, from, group),
            "heartbeat" => {
                let request = m::HeartbeatRequest {
                    group_id: group.to_owned(),
                    generation_id: line.number("gen", -1),
                    member_id: self.names.long(&line.text("member")),
                    group_instance_id: line.get("instance").map(str::to_owned),
                };
                self.send(from, &request, line.number("v", 4), |_, response| {
                    format!("heartbeat {}", error(response.error_code))
                });
            }
            "leave" => self.leave(line, from, group),
            "commit" => self.commit(line, from, group),
            "fetch" => self.fetch(line, from, group),
            "delete-offsets" => self.delete_offsets(line, from, group),
            "describe" => {
                let groups = vec![group.to_owned()];
                let request = m::DescribeGroupsRequest { groups, ..Default::default() };
                self.send(from, &request, line.number("v", 6), described);
            }
            "list" => {
                let owned = |name| line.list(name).into_iter().map(str::to_owned).collect();
                let request = m::ListGroupsRequest {
                    states_filter: owned("states"),
                    types_filter: owned("types"),
                };
                self.send(from, &request, line.number("v", 5), |_, response| {
                    let mut said = format!("list {}", error(response.error_code));
                    for group in response.groups {
                        said += &format!(
                            "\n  {} {} {} protocol={}",
                            group.group_id,
                            group.group_type,
                            group.group_state,
                            group.protocol_type
                        );
                    }
                    said
                });
            }
            "delete" => {
                let request = m::DeleteGroupsRequest { groups_names: vec![group.to_owned()] };
                self.send(from, &request, line.number("v", 2), |_, response| {
                    format!("delete {}", error(response.results[0].error_code))
                });
            }
            "delete-topic" => {
                let topic_names = vec![group.to_owned()];
                let request = m::DeleteTopicsRequest { topic_names, ..Default::default() };
                self.send(from, &request, 5, |_, response| {
                    format!("delete-topic {}", error(response.responses[0].error_code))
                });
            }
            "find" => {
                let request = m::FindCoordinatorRequest {
                    coordinator_keys: vec![group.to_owned()],
                    key_type: line.number("type", 0),
                    ..Default::default()
                };
                self.send(from, &request, 6, |_, response| {
                    let found = &response.coordinators[0];
                    let said = error(found.error_code);
                    format!("find {said} node={} {}:{}", found.node_id, found.host, found.port)
                });
            }
            other => panic!("what is {other}?"),
        }
    }

    fn join(&mut self, line: &Line, from: &str, group: &str) {
        let protocols = line.get("protocols").unwrap_or("range").split(',');
        let topics: Vec<&str> = line.get("topics").unwrap_or("t").split('+').collect();
        let metadata = match line.get("metadata") {
            Some(raw) => Bytes::copy_from_slice(raw.as_bytes()),
            None => {
                let topics: Vec<String> = topics.iter().map(|topic| self.own(topic)).collect();
                subscription(topics)
            }
        };
        let protocol = |name: &str| m::JoinGroupRequestProtocol {
            name: name.to_owned(),
            metadata: metadata.clone(),
        };
        let request = m::JoinGroupRequest {
            group_id: group.to_owned(),
            session_timeout_ms: line.number("session", 10_000),
            rebalance_timeout_ms: line.number("rebalance", 60_000),
            member_id: self.names.long(&line.text("member")),
            group_instance_id: line.get("instance").map(str::to_owned),
            protocol_type: line.get("type").unwrap_or("consumer").to_owned(),
            protocols: protocols.filter(|name| !name.is_empty()).map(protocol).collect(),
            reason: None,
        };
        self.send(from, &request, line.number("v", 9), joined);
    }

    fn sync(&mut self, line: &Line, from: &str, group: &str) {
        let assigned = |pair: &str| {
            let (member, assignment) = pair.split_once(':').expect("member:assignment");
            m::SyncGroupRequestAssignment {
                member_id: self.names.long(member),
                assignment: Bytes::copy_from_slice(assignment.as_bytes()),
            }
        };
        let request = m::SyncGroupRequest {
            group_id: group.to_owned(),
            generation_id: line.number("gen", -1),
            member_id: self.names.long(&line.text("member")),
            group_instance_id: line.get("instance").map(str::to_owned),
            protocol_type: line.get("type").map(str::to_owned),
            protocol_name: line.get("protocol").map(str::to_owned),
            assignments: line.list("assign").into_iter().map(assigned).collect(),
        };
        // From version 5 on, kind and protocol must be told.
        let told = request.protocol_type.is_some() || request.protocol_name.is_some();
        let version = line.number("v", if told { 5 } else { 4 });
        self.send(from, &request, version, |_, response| match response.error_code {
            0 => format!(
                "sync ok {} {:?}",
                response.protocol_name.unwrap_or_default(),
                text(&response.assignment)
            ),
            code => format!("sync {}", error(code)),
        });
    }

    fn leave(&mut self, line: &Line, from: &str, group: &str) {
        let version = line.number("v", 5);
        let mut members: Vec<m::MemberIdentity> = Vec::new();
        for member in line.list("member") {
            let member_id = self.names.long(member);
            members.push(m::MemberIdentity { member_id, ..Default::default() });
        }
        if let Some(instance) = line.get("instance") {
            members.resize(1, Default::default());
            members[0].group_instance_id = Some(instance.to_owned());
        }
        let request = m::LeaveGroupRequest {
            group_id: group.to_owned(),
            member_id: members.first().map(|one| one.member_id.clone()).unwrap_or_default(),
            members,
        };
        self.send(from, &request, version, |names, response| {
            let mut said = format!("leave {}", error(response.error_code));
            for member in response.members {
                let instance = member.group_instance_id.unwrap_or_default();
                let id = names.short(&member.member_id);
                said += &format!("\n  {id}{instance} {}", error(member.error_code));
            }
            said
        });
    }

    fn commit(&mut self, line: &Line, from: &str, group: &str) {
        let mut topics: Vec<m::OffsetCommitRequestTopic> = Vec::new();
        for word in &line.words[3..] {
            let (at, offset) = word.split_once('@').expect("topic:partition@offset");
            let (name, partition_index) = self.place(at);
            let partition = m::OffsetCommitRequestPartition {
                partition_index,
                committed_offset: offset.parse().unwrap(),
                committed_leader_epoch: line.number("epoch", -1),
                committed_metadata: line.get("metadata").map(str::to_owned),
            };
            match topics.iter_mut().find(|topic| topic.name == name) {
                Some(topic) => topic.partitions.push(partition),
                None => topics.push(m::OffsetCommitRequestTopic {
                    name,
                    partitions: vec![partition],
                    ..Default::default()
                }),
            }
        }
        let request = m::OffsetCommitRequest {
            group_id: group.to_owned(),
            generation_id_or_member_epoch: line.number("gen", -1),
            member_id: self.names.long(&line.text("member")),
            group_instance_id: line.get("instance").map(str::to_owned),
            retention_time_ms: line.number("retention", -1),
            topics,
        };
        self.send(from, &request, line.number("v", 9), |_, response| {
            let mut said = "commit".to_owned();
            for topic in response.topics {
                for partition in topic.partitions {
                    let code = error(partition.error_code);
                    said += &format!(" {}:{} {code}", topic.name, partition.partition_index);
                }
            }
            said
        });
    }

    fn fetch(&mut self, line: &Line, from: &str, group: &str) {
        let places: Vec<(String, i32)> =
            line.words[3..].iter().map(|word| self.place(word)).collect();
        let version = line.number("v", 9);
        if version < 8 {
            let topics = places.into_iter().map(|(name, partition)| m::OffsetFetchRequestTopic {
                name,
                partition_indexes: vec![partition],
            });
            let topics: Vec<_> = topics.collect();
            let request = m::OffsetFetchRequest {
                group_id: group.to_owned(),
                topics: Some(topics).filter(|topics| !topics.is_empty()),
                ..Default::default()
            };
            return self.send(from, &request, version, |_, response| {
                let mut said = format!("fetch {}", error(response.error_code));
                for topic in response.topics {
                    for p in topic.partitions {
                        let (epoch, metadata) = (p.committed_leader_epoch, p.metadata);
                        let code = error(p.error_code);
                        let place = format!("{}:{}", topic.name, p.partition_index);
                        let metadata = metadata.unwrap_or_default();
                        said += &format!(
                            "\n  {place} {code} {} epoch={epoch} {metadata:?}",
                            p.committed_offset
                        );
                    }
                }
                said
            });
        }
        let topics = places.into_iter().map(|(name, partition)| m::OffsetFetchRequestTopics {
            name,
            partition_indexes: vec![partition],
            ..Default::default()
        });
        let topics: Vec<_> = topics.collect();
        let one = m::OffsetFetchRequestGroup {
            group_id: group.to_owned(),
            topics: Some(topics).filter(|topics| !topics.is_empty()),
            ..Default::default()
        };
        let request = m::OffsetFetchRequest {
            groups: vec![one],
            require_stable: line.get("stable").is_some(),
            ..Default::default()
        };
        self.send(from, &request, version, |_, response| {
            let group = &response.groups[0];
            let mut said = format!("fetch {}", error(group.error_code));
            for topic in &group.topics {
                for p in &topic.partitions {
                    let (epoch, metadata) = (p.committed_leader_epoch, &p.metadata);
                    let code = error(p.error_code);
                    let place = format!("{}:{}", topic.name, p.partition_index);
                    let metadata = metadata.as_deref().unwrap_or("(null)");
                    said += &format!(
                        "\n  {place} {code} {} epoch={epoch} {metadata:?}",
                        p.committed_offset
                    );
                }
            }
            said
        });
    }

    fn delete_offsets(&mut self, line: &Line, from: &str, group: &str) {
        let topics =
            line.words[3..].iter().map(|word| self.place(word)).map(|(name, partition)| {
                let partitions =
                    vec![m::OffsetDeleteRequestPartition { partition_index: partition }];
                m::OffsetDeleteRequestTopic { name, partitions }
            });
        let request =
            m::OffsetDeleteRequest { group_id: group.to_owned(), topics: topics.collect() };
        self.send(from, &request, 0, |_, response| {
            let mut said = format!("delete-offsets {}", error(response.error_code));
            for topic in response.topics {
                let partition = &topic.partitions[0];
                let code = error(partition.error_code);
                said += &format!("\n  {}:{} {code}", topic.name, partition.partition_index);
            }
            said
        });
    }
}

fn joined(names: &mut Names, response: m::JoinGroupResponse) -> String {
    let member = names.short(&response.member_id);
    if response.error_code != 0 {
        return format!("join {} member={member}", error(response.error_code));
    }
    let mut said = format!(
        "join ok member={member} gen={} {} leader={}{}",
        response.generation_id,
        response.protocol_name.unwrap_or_default(),
        names.short(&response.leader),
        if response.skip_assignment { " skip" } else { "" },
    );
    let mut members: Vec<(String, String)> = Vec::new();
    for member in response.members {
        let instance = member.group_instance_id.map(|name| format!(" instance={name}"));
        members.push((names.short(&member.member_id), instance.unwrap_or_default()));
    }
    members.sort();
    for (id, instance) in members {
        said += &format!("\n  {id}{instance}");
    }
    said
}

fn described(names: &mut Names, response: m::DescribeGroupsResponse) -> String {
    let group = &response.groups[0];
    let mut said = format!(
        "describe {} {} type={} protocol={}",
        error(group.error_code),
        group.group_state,
        group.protocol_type,
        group.protocol_data
    );
    for member in &group.members {
        let instance = member.group_instance_id.as_deref().unwrap_or("-");
        said += &format!(
            "\n  {} instance={instance} {} {} {:?}{}",
            names.short(&member.member_id),
            member.client_id,
            member.client_host,
            text(&member.member_assignment),
            if member.member_metadata.is_empty() { "" } else { " with metadata" }
        );
    }
    said
}

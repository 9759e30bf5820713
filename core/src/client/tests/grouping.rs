//! A member of a group against a coordinator that a test scripts.

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

#[test]
fn a_member_joins_with_the_id_it_is_given_and_starts_at_committed_offsets() {
    let mut rig = grouped(|_| {});
    rig.subscribe();
    let first = rig.refuse_join(ErrorCode::MemberIdRequired, "m");
    assert_eq!((&*first.member_id, first.protocols.len()), ("", 2));
    let second = rig.follow(1);
    assert_eq!((&*second.member_id, &*second.protocols[0].name), ("m", "range"));
    let sync = rig.give(&[0, 1]);
    assert_eq!((sync.generation_id, sync.assignments.len()), (1, 0));
    assert_eq!(rig.told(), "assigned t0 t1, joined m 1");
    let asked = rig.committed(5);
    assert_eq!(asked.groups[0].topics.as_ref().unwrap()[0].partition_indexes, [0, 1]);
    assert_eq!(rig.receive(3), ["0: 5..8", "1: 5..8"]);
    assert_eq!(rig.client.lag("t", 0), Some(92));
    assert_eq!(rig.client.membership().unwrap().member_id, "m");
    rig.skip_fetches();
    rig.pass_by_deadlines(3_000);
    assert_eq!(rig.beat(ErrorCode::None).generation_id, 1);
}

#[test]
fn a_leader_assigns_and_sees_new_partitions() {
    let mut rig = grouped(|_| {});
    rig.subscribe();
    let lead = |rig: &mut Rig, generation_id| {
        let (seen, request) = rig.expect::<JoinGroupRequest>();
        let member = |id: &str| JoinGroupResponseMember {
            member_id: id.to_owned(),
            metadata: subscription(&[], -1),
            ..JoinGroupResponseMember::default()
        };
        let answer = JoinGroupResponse {
            generation_id,
            protocol_name: Some("range".to_owned()),
            leader: "m".to_owned(),
            member_id: "m".to_owned(),
            members: vec![member("n"), member("m")],
            ..JoinGroupResponse::default()
        };
        rig.answer(&seen, &answer);
        request
    };
    lead(&mut rig, 1);
    let sync = rig.give(&[0]);
    let given = sync.assignments.iter().map(|a| (&*a.member_id, a.assignment.clone()));
    assert_eq!(given.collect::<Vec<_>>(), [("n", assignment(&[1])), ("m", assignment(&[0]))]);
    assert_eq!(rig.told(), "assigned t0, joined m 1");
    rig.committed(5);
    rig.skip_fetches();

    rig.topics.insert("t".to_owned(), vec![(0, 0); 4]);
    rig.client.load_metadata(rig.now, &["t"]).unwrap();
    assert_eq!(rig.told(), "rebalancing, revoked t0");
    rig.client.acknowledge_revoked(rig.now);
    rig.run();
    let request = lead(&mut rig, 2);
    assert_eq!(request.reason.as_deref(), Some("cached metadata has changed"));
    assert_eq!(rig.give(&[0, 1]).assignments[0].assignment, assignment(&[2, 3]));
}

#[test]
fn what_is_processed_is_committed_before_partitions_go() {
    let mut rig = grouped(|_| {});
    rig.member(&[0, 1]);
    assert_eq!(rig.receive(3), ["0: 5..8", "1: 5..8"]);
    assert!(rig.client.mark_processed("t", 0, 7));
    assert!(!rig.client.mark_processed("t", 1, 9), "not delivered");
    assert!(!rig.client.mark_processed("t", 0, 6), "before what was marked");
    rig.skip_fetches();
    rig.pass(3_000);
    rig.beat(ErrorCode::RebalanceInProgress);
    assert_eq!(rig.told(), "rebalancing, revoked t0 t1");
    assert!(rig.client.mark_processed("t", 0, 8), "work goes on until it is acknowledged");
    rig.client.acknowledge_revoked(rig.now);
    rig.run();
    assert_eq!(rig.commit_answered(ErrorCode::None), "1: 0@8");
    assert_eq!(rig.told(), "committed t0@8");
    assert!(rig.client.assignment().is_empty());
    assert_eq!(rig.follow(2).member_id, "m");
    rig.give(&[1]);
    assert_eq!(rig.told(), "assigned t1, joined m 2");
    assert!(!rig.client.mark_processed("t", 1, 8), "delivered under another assignment");
}

#[test]
fn a_cooperative_member_keeps_what_it_can_and_its_pauses() {
    let mut rig = grouped(cooperative);
    rig.member(&[0, 1]);
    rig.client.pause(rig.now, "t", 0).unwrap();
    rig.receive(3);
    rig.skip_fetches();
    rig.pass(3_000);
    rig.beat(ErrorCode::RebalanceInProgress);
    assert_eq!(rig.told(), "rebalancing");
    let request = rig.follow(2);
    let metadata = request.protocols[0].metadata.clone();
    let (_, sent): (_, ConsumerProtocolSubscription) = decode_consumer_protocol(metadata).unwrap();
    assert_eq!((sent.owned_partitions, sent.generation_id), (wire(&[0, 1]), 1));
    assert_eq!(&sent.user_data.unwrap()[..], [0, 0, 0, 1]);
    rig.give(&[0]);
    assert_eq!(rig.told(), "joined m 2, revoked t1");
    // Not before the host is done with it.
    assert!(rig.inbox.iter().all(|seen| seen.header.api_key != ApiKey::JoinGroup as i16));
    rig.client.acknowledge_revoked(rig.now);
    rig.run();
    rig.skip_fetches();
    assert_eq!(rig.told(), "rebalancing");
    assert_eq!(rig.follow(3).reason.as_deref(), Some("need to revoke partitions and re-join"));
    rig.give(&[0]);
    assert_eq!(rig.told(), "joined m 3");
    assert_eq!(rig.client.paused(), [("t".into(), 0)]);
}

#[test]
fn a_member_that_the_group_has_forgotten_loses_everything_and_joins_anew() {
    for (code, id) in [(ErrorCode::UnknownMemberId, ""), (ErrorCode::IllegalGeneration, "m")] {
        let mut rig = grouped(|_| {});
        rig.member(&[0, 1]);
        rig.receive(3);
        rig.client.mark_processed("t", 0, 8);
        rig.skip_fetches();
        rig.pass(3_000);
        rig.beat(code);
        assert_eq!(rig.told(), "lost t0 t1");
        assert_eq!(rig.follow(7).member_id, id);
        rig.give(&[0]);
        rig.committed(6);
        assert_eq!(rig.told(), "assigned t0, joined m 7");
        let late = OffsetToCommit::new("t", 1, 8);
        rig.client.commit(rig.now, vec![late]).unwrap();
        let told = rig.told();
        assert!(told.starts_with("committed t1! t-1 is not this member's"), "{told}");
    }
}

#[test]
fn errors_that_do_not_pass_end_the_membership_and_others_are_retried() {
    use ErrorCode::*;
    for code in [
        FencedInstanceId,
        InconsistentGroupProtocol,
        GroupMaxSizeReached,
        GroupAuthorizationFailed,
        InvalidSessionTimeout,
    ] {
        let mut rig = grouped(|_| {});
        rig.subscribe();
        rig.refuse_join(code, "");
        let told = rig.told();
        assert!(told.starts_with("failed ") && told.contains(code.name()), "{told}");
        rig.pass_by_deadlines(60_000);
        assert!(rig.inbox.is_empty());
        // And again when it is told to.
        rig.subscribe();
        rig.follow(1);
    }
    for code in [CoordinatorLoadInProgress, NotCoordinator, RebalanceInProgress, UnknownMemberId] {
        let mut rig = grouped(|_| {});
        rig.subscribe();
        rig.refuse_join(code, "");
        rig.pass_by_deadlines(1_000);
        rig.follow(1);
        rig.give(&[]);
        assert_eq!(rig.told(), "joined m 1", "{code:?}");
    }
}

#[test]
fn another_coordinator_is_found_and_the_member_goes_on() {
    let mut rig = grouped(|_| {});
    rig.nodes = 2;
    rig.member(&[0]);
    rig.skip_fetches();
    rig.pass(3_000);
    rig.coordinator = 1;
    rig.beat(ErrorCode::NotCoordinator);
    rig.pass_by_deadlines(3_000);
    rig.skip_fetches();
    let (seen, beat) = rig.expect::<HeartbeatRequest>();
    assert_eq!((seen.node, beat.generation_id), (1, 1));
    assert_eq!(rig.told(), "");
    // And after a connection that breaks.
    rig.cut(seen.link);
    rig.pass_by_deadlines(4_000);
    rig.skip_fetches();
    assert_eq!(rig.beat(ErrorCode::None).member_id, "m");
}

#[test]
fn commits_go_in_order_and_are_retried_with_the_generation_of_their_time() {
    let mut rig = grouped(|group| {
        cooperative(group);
        group.auto_commit = false;
    });
    rig.member(&[0, 1]);
    rig.skip_fetches();
    let commit = |rig: &mut Rig, partition, offset| {
        let offset = OffsetToCommit::new("t", partition, offset);
        rig.client.commit(rig.now, vec![offset]).unwrap();
        rig.run();
    };
    commit(&mut rig, 0, 6);
    commit(&mut rig, 0, 7);
    assert_eq!(rig.commit_answered(ErrorCode::CoordinatorLoadInProgress), "1: 0@6");
    assert!(rig.inbox.is_empty(), "the second one does not overtake");
    rig.pass_by_deadlines(1_000);
    assert_eq!(rig.commit_answered(ErrorCode::None), "1: 0@6");
    assert_eq!(rig.commit_answered(ErrorCode::None), "1: 0@7");
    assert_eq!(rig.told(), "committed t0@6, committed t0@7");

    // What is refused because the group has gone on is sent again with the new generation.
    rig.pass(3_000);
    rig.beat(ErrorCode::RebalanceInProgress);
    commit(&mut rig, 0, 8);
    commit(&mut rig, 1, 8);
    rig.follow(2);
    assert_eq!(rig.commit_answered(ErrorCode::IllegalGeneration), "1: 0@8");
    rig.give(&[0]);
    assert_eq!(rig.told(), "rebalancing, joined m 2, revoked t1");
    rig.pass_by_deadlines(1_000);
    assert_eq!(rig.commit_answered(ErrorCode::None), "2: 0@8");
    assert_eq!(rig.commit_answered(ErrorCode::None), "2: 1@8");
    assert_eq!(rig.told(), "committed t0@8, committed t1@8");
    commit(&mut rig, 0, 9);
    rig.commit_answered(ErrorCode::OffsetMetadataTooLarge);
    assert!(rig.told().contains("OFFSET_METADATA_TOO_LARGE"));
}

#[test]
fn an_application_that_hangs_gives_its_place_up_and_gets_one_when_it_is_back() {
    let mut rig = grouped(|group| group.max_poll_interval_ms = Some(10_000));
    rig.member(&[0]);
    for _ in 0..4 {
        rig.skip_fetches();
        rig.pass(3_000);
        rig.client.alive(rig.now);
        rig.beat(ErrorCode::None);
    }
    rig.skip_fetches();
    rig.inbox.clear();
    rig.pass_by_deadlines(10_000);
    rig.inbox.retain(|seen| seen.header.api_key == ApiKey::LeaveGroup as i16);
    assert_eq!(rig.told(), "too slow, lost t0");
    let (seen, leave) = rig.expect::<LeaveGroupRequest>();
    assert_eq!(leave.members[0].member_id, "m");
    rig.answer(&seen, &LeaveGroupResponse::default());
    rig.pass_by_deadlines(60_000);
    assert!(rig.inbox.is_empty());
    rig.client.alive(rig.now);
    rig.run();
    assert_eq!(rig.follow(3).member_id, "");
}

#[test]
fn a_member_that_leaves_commits_and_says_goodbye_and_a_static_one_only_stops() {
    for instance in [None, Some("i".to_owned())] {
        let mut rig = grouped(|group| group.group_instance_id.clone_from(&instance));
        rig.member(&[0]);
        rig.receive(2);
        rig.client.mark_processed("t", 0, 7);
        rig.skip_fetches();
        rig.client.leave_group(rig.now).unwrap();
        assert_eq!(rig.told(), "revoked t0");
        rig.client.acknowledge_revoked(rig.now);
        rig.run();
        assert_eq!(rig.commit_answered(ErrorCode::None), "1: 0@7");
        if instance.is_none() {
            let (seen, leave) = rig.expect::<LeaveGroupRequest>();
            assert_eq!(leave.members[0].member_id, "m");
            rig.answer(&seen, &LeaveGroupResponse::default());
        }
        assert_eq!(rig.told(), "committed t0@7, left");
        rig.pass_by_deadlines(60_000);
        assert!(rig.inbox.is_empty());
        assert!(rig.client.membership().is_none());
        rig.client.assign(rig.now, &[("t", 0, StartPosition::Earliest)]).unwrap();
    }
}

#[test]
fn partitions_that_the_host_does_not_give_up_are_lost_in_the_end() {
    let mut rig = grouped(|group| group.rebalance_timeout_ms = 20_000);
    rig.member(&[0]);
    rig.skip_fetches();
    rig.pass(3_000);
    rig.beat(ErrorCode::RebalanceInProgress);
    assert_eq!(rig.told(), "rebalancing, revoked t0");
    rig.pass(19_000);
    assert_eq!(rig.told(), "");
    rig.inbox.clear();
    rig.pass(1_000);
    assert_eq!(rig.told(), "lost t0");
    rig.follow(2);
}

#[test]
fn a_host_s_assignor_gets_the_members_and_gives_the_assignment() {
    let custom = CustomAssignor {
        name: "mine".to_owned(),
        metadata: Some(Bytes::from_static(b"anything")),
        ..CustomAssignor::default()
    };
    let mut rig = grouped(|group| group.assignors = vec![Assignor::Custom(custom)]);
    rig.subscribe();
    let (seen, request) = rig.expect::<JoinGroupRequest>();
    assert_eq!(&request.protocols[0].metadata[..], b"anything");
    let answer = JoinGroupResponse {
        generation_id: 4,
        protocol_name: Some("mine".to_owned()),
        leader: "m".to_owned(),
        member_id: "m".to_owned(),
        members: vec![JoinGroupResponseMember {
            member_id: "m".to_owned(),
            metadata: Bytes::from_static(b"anything"),
            ..JoinGroupResponseMember::default()
        }],
        ..JoinGroupResponse::default()
    };
    rig.answer(&seen, &answer);
    assert_eq!(rig.told(), "wanted mine of 1");
    rig.client.give_assignment(rig.now, 3, vec![]);
    rig.client.give_assignment(rig.now, 4, vec![("m".to_owned(), assignment(&[1]))]);
    rig.run();
    assert_eq!(rig.give(&[1]).assignments[0].assignment, assignment(&[1]));
    assert_eq!(rig.told(), "assigned t1, joined m 4");
}

#[test]
fn a_host_chooses_among_the_topics_there_are() {
    let mut rig = grouped(|_| {});
    rig.client.subscribe(rig.now, Subscription::Chosen).unwrap();
    assert_eq!(rig.told(), "topics t");
    assert!(rig.inbox.is_empty(), "nothing chosen yet");
    rig.client.choose_topics(rig.now, &["t"]).unwrap();
    rig.run();
    rig.follow(1);
    rig.give(&[0]);
    rig.committed(5);
    rig.skip_fetches();
    rig.told();
    rig.topics.insert("u".to_owned(), vec![(0, 0)]);
    rig.client.load_metadata(rig.now, &["u"]).unwrap();
    assert_eq!(rig.told(), "topics t u");
    rig.client.choose_topics(rig.now, &["t", "u"]).unwrap();
    assert_eq!(rig.told(), "rebalancing, revoked t0");
}

#[test]
fn a_client_that_is_no_member_commits_and_asks() {
    let mut rig = grouped(|_| {});
    rig.client.commit(rig.now, vec![OffsetToCommit::new("t", 0, 3)]).unwrap();
    rig.client.committed(rig.now, &[("t", 0)]).unwrap();
    rig.run();
    assert_eq!(rig.commit_answered(ErrorCode::None), "-1: 0@3");
    rig.committed(-1);
    assert_eq!(rig.told(), "committed t0@3, found t0@-");
    assert!(rig.client.commit(rig.now, vec![]).is_err());
    let mut plain = Rig::new(config());
    assert!(plain.client.subscribe(plain.now, Subscription::Chosen).is_err());
    assert!(plain.client.committed(plain.now, &[("t", 0)]).is_err());
}

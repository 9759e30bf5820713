//! Commits, leaving, and what a host decides.

use super::*;

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
fn topics_that_are_assigned_without_a_subscription_are_left_alone() {
    let mut rig = grouped(|_| {});
    rig.subscribe();
    rig.follow(1);
    let topic =
        |name: &str| ConsumerProtocolTopicPartition { topic: name.to_owned(), partitions: vec![0] };
    let assigned_partitions = vec![topic("t"), topic("u")];
    let assignment = ConsumerProtocolAssignment { assigned_partitions, user_data: None };
    let (seen, _) = rig.expect::<SyncGroupRequest>();
    let assignment = encode_consumer_protocol(&assignment, 3);
    rig.answer(&seen, &SyncGroupResponse { assignment, ..SyncGroupResponse::default() });
    assert_eq!(rig.told(), "assigned t0, joined m 1");
    let membership = rig.client.membership().unwrap();
    assert_eq!(membership.left_alone, [("u".into(), 0)]);
    assert_eq!(membership.partitions, [("t".into(), 0)]);
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

#[test]
fn an_answer_to_what_was_lost_is_not_taken_for_an_answer_to_what_comes_next() {
    let mut rig = grouped(|group| group.auto_commit = false);
    rig.member(&[0]);
    rig.skip_fetches();
    rig.pass(3_000);
    rig.beat(ErrorCode::RebalanceInProgress);
    assert_eq!(rig.told(), "rebalancing, revoked t0");
    rig.pass(3_000);
    rig.beat(ErrorCode::UnknownMemberId);
    assert_eq!(rig.told(), "lost t0");
    rig.follow(2);
    rig.give(&[1]);
    rig.committed(5);
    rig.skip_fetches();
    rig.pass(3_000);
    rig.beat(ErrorCode::RebalanceInProgress);
    assert_eq!(rig.told(), "assigned t1, joined m 2, rebalancing, revoked t1");
    rig.client.acknowledge_revoked(rig.now);
    assert_eq!(rig.client.assignment(), [("t".into(), 1)]);
    rig.client.acknowledge_revoked(rig.now);
    assert!(rig.client.assignment().is_empty());
}

#[test]
fn closing_fails_what_waits() {
    let mut rig = grouped(|_| {});
    rig.client.commit(rig.now, vec![OffsetToCommit::new("t", 0, 3)]).unwrap();
    rig.client.committed(rig.now, &[("t", 0)]).unwrap();
    rig.client.close(rig.now);
    assert_eq!(
        rig.told(),
        "committed t0! the client is closed; make a new one, \
         found t0! the client is closed; make a new one"
    );
}

#[test]
fn who_asks_for_all_topics_still_creates_those_it_needs() {
    let mut rig = grouped(|_| {});
    rig.creates = true;
    rig.client.subscribe(rig.now, Subscription::Chosen).unwrap();
    assert_eq!(rig.told(), "topics t");
    let record = ProduceRecord { value: Some(b"v"), ..ProduceRecord::default() };
    rig.client.produce(rig.now, SendId(1), "new", [record]).unwrap();
    rig.run();
    rig.pass_by_deadlines(2_000);
    rig.expect::<ProduceRequest>();
    rig.pass_by_deadlines(301_000);
    assert_eq!(rig.told(), "topics new t");
}

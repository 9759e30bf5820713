//! The classic protocol: joining, rebalancing, errors.

use super::*;

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

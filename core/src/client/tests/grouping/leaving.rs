//! A member leaves while its broker is not there to hear of it.

use super::*;

/// A member that has processed what it was given, and gives it up as it leaves.
fn leaving() -> Rig {
    let mut rig = grouped(|_| {});
    rig.member(&[0]);
    rig.receive(2);
    rig.client.mark_processed("t", 0, 7);
    rig.client.leave_group(rig.now).unwrap();
    assert_eq!(rig.told(), "revoked t0");
    rig
}

#[test]
fn it_is_out_at_once_where_nobody_can_be_reached() {
    let mut rig = leaving();
    rig.down.insert(0);
    for link in rig.links.keys().copied().collect::<Vec<_>>() {
        rig.cut(link);
    }
    rig.client.hurry(rig.now, true);
    rig.client.acknowledge_revoked(rig.now);
    // The pause before a connection that was lost is made again.
    rig.pass_by_deadlines(60);
    let told = rig.told();
    assert!(told.starts_with("committed t0! ") && told.ends_with(", left"), "{told}");
}

#[test]
fn it_is_out_when_a_request_has_had_its_time() {
    let mut rig = leaving();
    rig.client.acknowledge_revoked(rig.now);
    rig.client.hurry(rig.now, true);
    rig.pass_by_deadlines(29_000);
    assert_eq!(rig.told(), "");
    rig.pass_by_deadlines(1_000);
    let told = rig.told();
    assert!(told.ends_with("left"), "{told}");
}

#[test]
fn without_haste_it_tries_as_often_as_it_is_told_to() {
    let mut rig = leaving();
    rig.down.insert(0);
    for link in rig.links.keys().copied().collect::<Vec<_>>() {
        rig.cut(link);
    }
    rig.client.acknowledge_revoked(rig.now);
    rig.pass_by_deadlines(1_000);
    assert_eq!(rig.told(), "");
    rig.down.clear();
    rig.pass_by_deadlines(5_000);
    rig.skip_fetches();
    rig.inbox.retain(|seen| seen.header.api_key != ApiKey::Heartbeat as i16);
    assert_eq!(rig.commit_answered(ErrorCode::None), "1: 0@7");
    rig.expect::<LeaveGroupRequest>();
}

#[test]
fn what_waits_to_be_stored_is_given_up_with_the_first_attempt() {
    let mut rig = Rig::new(config());
    rig.send(1, 0, &["a"]).unwrap();
    let (seen, _) = rig.expect::<ProduceRequest>();
    rig.down.insert(0);
    rig.cut(seen.link);
    rig.client.hurry(rig.now, true);
    rig.pass_by_deadlines(60);
    let outcome = rig.outcome();
    assert!(outcome.contains("refused"), "{outcome}");
}

#[test]
fn a_commit_that_cannot_be_sent_any_more_keeps_nobody_in_the_group() {
    let mut rig = grouped(|_| {});
    rig.member(&[0]);
    rig.receive(2);
    rig.client.commit(rig.now, vec![OffsetToCommit::new("t", 0, 6)]).unwrap();
    rig.run();
    rig.skip_fetches();
    let (commit, _) = rig.expect::<OffsetCommitRequest>();
    rig.pass_by_deadlines(3_000);
    rig.skip_fetches();
    rig.beat(ErrorCode::UnknownMemberId);
    // The group has gone on without the member, and whether it took the commit is not known.
    rig.cut(commit.link);
    rig.told();
    rig.client.leave_group(rig.now).unwrap();
    rig.pass_by_deadlines(1_000);
    let told = rig.told();
    assert!(told.ends_with("left"), "{told}");
}

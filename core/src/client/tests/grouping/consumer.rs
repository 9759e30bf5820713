//! The consumer protocol (KIP-848).

use super::*;

fn consumer(group: &mut GroupConfig) {
    group.protocol = GroupProtocol::Consumer;
}

impl Rig {
    /// Answers a heartbeat of the consumer protocol: the epoch, and the partitions of `t` to own.
    pub(super) fn reconcile(
        &mut self,
        epoch: i32,
        target: Option<&[i32]>,
    ) -> ConsumerGroupHeartbeatRequest {
        let (seen, request) = self.expect::<ConsumerGroupHeartbeatRequest>();
        let assignment = target.map(|partitions| ConsumerGroupHeartbeatAssignment {
            topic_partitions: vec![ConsumerGroupHeartbeatTopicPartitions {
                topic_id: topic_id("t"),
                partitions: partitions.to_vec(),
            }],
        });
        let answer = ConsumerGroupHeartbeatResponse {
            member_id: Some(request.member_id.clone()),
            member_epoch: epoch,
            heartbeat_interval_ms: 5_000,
            assignment,
            ..ConsumerGroupHeartbeatResponse::default()
        };
        self.answer(&seen, &answer);
        request
    }

    pub(super) fn refuse_heartbeat(&mut self, code: ErrorCode) -> ConsumerGroupHeartbeatRequest {
        let (seen, request) = self.expect::<ConsumerGroupHeartbeatRequest>();
        let answer = ConsumerGroupHeartbeatResponse {
            error_code: code.code(),
            ..ConsumerGroupHeartbeatResponse::default()
        };
        self.answer(&seen, &answer);
        request
    }

    /// A member of the consumer protocol that owns these partitions in epoch 1 and has said so.
    fn reconciled(&mut self, partitions: &[i32]) {
        self.subscribe();
        self.reconcile(1, Some(partitions));
        self.reconcile(1, None);
        self.committed(5);
        self.skip_fetches();
        self.told();
    }
}

fn owned(request: &ConsumerGroupHeartbeatRequest) -> Option<Vec<i32>> {
    let topics = request.topic_partitions.as_ref()?;
    Some(topics.iter().flat_map(|topic| topic.partitions.clone()).collect())
}

#[test]
fn a_member_of_the_consumer_protocol_tells_only_what_has_changed() {
    let mut rig = grouped(consumer);
    rig.subscribe();
    let first = rig.reconcile(1, Some(&[0, 1]));
    assert_eq!((first.member_id.len(), first.member_epoch), (22, 0));
    assert_eq!(first.subscribed_topic_names, Some(vec!["t".to_owned()]));
    assert_eq!((owned(&first), first.rebalance_timeout_ms), (Some(vec![]), 60_000));
    assert!(rig.told().starts_with("rebalancing, assigned t0 t1, joined "));
    let second = rig.reconcile(1, None);
    assert_eq!((second.member_epoch, owned(&second)), (1, Some(vec![0, 1])));
    assert_eq!((second.subscribed_topic_names, second.rebalance_timeout_ms), (None, -1));
    let asked = rig.committed(5);
    assert_eq!(asked.groups[0].member_epoch, 1);
    rig.skip_fetches();
    rig.pass_by_deadlines(5_000);
    rig.skip_fetches();
    assert_eq!(owned(&rig.reconcile(1, None)), None);
}

#[test]
fn partitions_go_before_others_come_and_that_is_told_at_once() {
    let mut rig = grouped(consumer);
    rig.reconciled(&[0]);
    rig.pass(5_000);
    rig.reconcile(2, Some(&[1]));
    assert_eq!(rig.told(), "rebalancing, revoked t0");
    assert!(rig.inbox.is_empty(), "nothing to tell before it is given up");
    rig.client.acknowledge_revoked(rig.now);
    rig.run();
    assert!(rig.told().starts_with("assigned t1, joined "));
    let told = rig.reconcile(2, None);
    assert_eq!((told.member_epoch, owned(&told)), (2, Some(vec![1])));
}

#[test]
fn a_fenced_member_of_the_consumer_protocol_joins_anew_with_its_id() {
    for code in [ErrorCode::FencedMemberEpoch, ErrorCode::UnknownMemberId] {
        let mut rig = grouped(consumer);
        rig.reconciled(&[0]);
        rig.pass(5_000);
        let before = rig.refuse_heartbeat(code);
        assert_eq!(rig.told(), "lost t0, rebalancing");
        let again = rig.reconcile(7, Some(&[1]));
        assert_eq!((again.member_epoch, &again.member_id), (0, &before.member_id));
        assert_eq!(again.subscribed_topic_names, Some(vec!["t".to_owned()]));
    }
    for code in [ErrorCode::FencedInstanceId, ErrorCode::UnsupportedAssignor] {
        let mut rig = grouped(consumer);
        rig.reconciled(&[0]);
        rig.pass(5_000);
        rig.refuse_heartbeat(code);
        assert!(rig.told().starts_with("lost t0, failed "));
    }
}

/// Between the two, the partition was another member's.
#[test]
fn an_offset_that_was_asked_for_before_a_partition_was_lost_is_not_where_it_starts_when_it_is_back()
{
    let mut rig = grouped(consumer);
    rig.subscribe();
    rig.reconcile(1, Some(&[0]));
    rig.reconcile(1, None);
    let (late, _) = rig.expect::<OffsetFetchRequest>();
    rig.pass(5_000);
    rig.refuse_heartbeat(ErrorCode::FencedMemberEpoch);
    rig.reconcile(3, Some(&[0]));
    rig.reconcile(3, None);
    assert!(rig.told().contains("lost t0, rebalancing, rebalancing, assigned t0"));
    rig.inbox.push_back(late);
    let epoch = |request: OffsetFetchRequest| request.groups[0].member_epoch;
    assert_eq!(epoch(rig.committed(5)), 1);
    assert_eq!(epoch(rig.committed(9)), 3);
    let (_, fetch) = rig.expect::<FetchRequest>();
    assert_eq!(fetch_text(&fetch), "0/0 0@9");
}

#[test]
fn partitions_that_come_while_offsets_are_looked_up_are_looked_up_next() {
    let mut rig = grouped(consumer);
    rig.subscribe();
    rig.reconcile(1, Some(&[0]));
    rig.reconcile(1, None);
    let (first, _) = rig.expect::<OffsetFetchRequest>();
    rig.pass(5_000);
    rig.reconcile(2, Some(&[0, 1]));
    rig.reconcile(2, None);
    rig.inbox.push_front(first);
    let partitions = |request: OffsetFetchRequest| {
        request.groups[0].topics.as_ref().unwrap()[0].partition_indexes.clone()
    };
    assert_eq!(partitions(rig.committed(5)), [0]);
    rig.skip_fetches();
    assert_eq!(partitions(rig.committed(9)), [1]);
}

#[test]
fn after_a_heartbeat_that_got_lost_everything_is_told_again() {
    let mut rig = grouped(consumer);
    rig.reconciled(&[0]);
    rig.pass(5_000);
    let (seen, _) = rig.expect::<ConsumerGroupHeartbeatRequest>();
    rig.cut(seen.link);
    rig.pass_by_deadlines(2_000);
    rig.skip_fetches();
    let again = rig.reconcile(1, None);
    assert_eq!((again.member_epoch, owned(&again)), (1, Some(vec![0])));
    assert_eq!(again.subscribed_topic_names, Some(vec!["t".to_owned()]));
    assert_eq!(rig.told(), "");
}

#[test]
fn a_pattern_goes_to_the_broker_and_unknown_topics_are_looked_up() {
    let mut rig = grouped(consumer);
    rig.client.subscribe(rig.now, Subscription::Pattern("t.*".to_owned())).unwrap();
    rig.run();
    rig.topics.insert("t2".to_owned(), vec![(0, 0)]);
    let (seen, request) = rig.expect::<ConsumerGroupHeartbeatRequest>();
    assert_eq!(request.subscribed_topic_regex.as_deref(), Some("t.*"));
    let answer = ConsumerGroupHeartbeatResponse {
        member_id: Some(request.member_id.clone()),
        member_epoch: 1,
        heartbeat_interval_ms: 5_000,
        assignment: Some(ConsumerGroupHeartbeatAssignment {
            topic_partitions: vec![ConsumerGroupHeartbeatTopicPartitions {
                topic_id: topic_id("t2"),
                partitions: vec![0],
            }],
        }),
        ..ConsumerGroupHeartbeatResponse::default()
    };
    rig.answer(&seen, &answer);
    rig.pass_by_deadlines(1_000);
    let told = rig.told();
    assert!(told.starts_with("rebalancing, assigned t20, joined "), "{told}");
    let classic = grouped(|_| {}).client.subscribe(rig.now, Subscription::Pattern("t".into()));
    assert!(classic.is_err());
}

#[test]
fn a_member_of_the_consumer_protocol_leaves_by_its_epoch() {
    for (instance, epoch) in [(None, -1), (Some("i".to_owned()), -2)] {
        let mut rig = grouped(|group| {
            consumer(group);
            group.group_instance_id.clone_from(&instance);
        });
        rig.reconciled(&[0]);
        rig.client.leave_group(rig.now).unwrap();
        assert_eq!(rig.told(), "revoked t0");
        rig.client.acknowledge_revoked(rig.now);
        rig.run();
        assert_eq!(rig.reconcile(epoch, None).member_epoch, epoch);
        assert_eq!(rig.told(), "left");
    }
}

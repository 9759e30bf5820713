//! Coordinators whose answers make no sense.

use super::*;

/// Answers the request that waits first, plausibly unless the rig garbles it.
fn answer_anything(rig: &mut Rig) -> bool {
    rig.skip_fetches();
    let Some(seen) = rig.inbox.front() else { return false };
    let fine = rig.garble == 0 || rig.rng.below(3) > 0;
    let code =
        if fine { ErrorCode::None } else { ErrorCode::ALL[rig.rng.below(ErrorCode::ALL.len())] };
    match ApiKey::try_from(seen.header.api_key).unwrap() {
        ApiKey::JoinGroup if fine => drop(rig.follow(1)),
        ApiKey::JoinGroup => drop(rig.refuse_join(code, "m")),
        ApiKey::SyncGroup => drop(rig.give(&[0, 1])),
        ApiKey::Heartbeat => drop(rig.beat(code)),
        ApiKey::OffsetCommit => drop(rig.commit_answered(code)),
        ApiKey::OffsetFetch => drop(rig.committed(5)),
        ApiKey::ConsumerGroupHeartbeat if fine => drop(rig.reconcile(1, Some(&[0, 1]))),
        ApiKey::ConsumerGroupHeartbeat => drop(rig.refuse_heartbeat(code)),
        ApiKey::LeaveGroup => {
            let (seen, _) = rig.expect::<LeaveGroupRequest>();
            rig.answer(&seen, &LeaveGroupResponse::default());
        }
        // Of a partition without a committed offset.
        _ => {
            let (seen, _) = rig.expect::<ListOffsetsRequest>();
            rig.answer(&seen, &ListOffsetsResponse::default());
        }
    }
    true
}

#[test]
fn answers_that_make_no_sense_do_no_lasting_harm() {
    let kinds: [fn(&mut GroupConfig); 3] = [
        |_| {},
        cooperative,
        |group| {
            group.protocol = GroupProtocol::Consumer;
        },
    ];
    for (seed, kind) in (0..100).flat_map(|seed| kinds.map(|kind| (seed, kind))) {
        let mut rig = grouped(kind);
        rig.rng = Rng::new(seed);
        rig.garble = 40;
        rig.subscribe();
        let mut commits = 0;
        for round in 0..12 {
            for _ in 0..4 {
                answer_anything(&mut rig);
            }
            let offset = OffsetToCommit::new("t", 0, 6 + round);
            commits += usize::from(rig.client.commit(rig.now, vec![offset]).is_ok());
            if round % 3 == 0 {
                rig.client.acknowledge_revoked(rig.now);
            }
            rig.pass_by_deadlines(1_500);
            if rig.client.membership().is_none() {
                // It may have been given up for good.
                rig.subscribe();
            }
        }
        // Whatever it was told it is, it can leave and begin anew.
        rig.garble = 0;
        let _out_already = rig.client.leave_group(rig.now);
        for round in 0..100 {
            while answer_anything(&mut rig) {}
            rig.pass_by_deadlines(2_000);
            rig.client.acknowledge_revoked(rig.now);
            if round == 60 {
                rig.subscribe();
            }
            rig.run();
        }
        assert_eq!(rig.client.assignment().len(), 2, "seed {seed}");
        let done = rig.events.iter().filter(|event| {
            matches!(event, Event::Group(GroupEvent::Committed { call: Some(_), .. }))
        });
        assert_eq!(done.count(), commits, "seed {seed}: each commit has one event");
    }
}

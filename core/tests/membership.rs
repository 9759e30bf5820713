//! Consumer groups: several clients and one broker, in both protocols.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy's exception covers test functions only.

mod host;
mod members;

use members::{World, config};
use ottla::client::{Assignor, ClientConfig, GroupConfig, GroupProtocol, Strategy, Subscription};

fn eager(group: &mut GroupConfig) {
    group.assignors = vec![Assignor::Standard(Strategy::Range)];
}

fn cooperative(group: &mut GroupConfig) {
    group.assignors = vec![Assignor::Standard(Strategy::CooperativeSticky)];
}

fn sticky(group: &mut GroupConfig) {
    group.assignors = vec![Assignor::Standard(Strategy::Sticky)];
}

fn consumer(group: &mut GroupConfig) {
    group.protocol = GroupProtocol::Consumer;
}

type Kind = fn(&mut GroupConfig);
const ALL: [(&str, Kind); 4] =
    [("eager", eager), ("cooperative", cooperative), ("sticky", sticky), ("consumer", consumer)];

fn of(kind: Kind) -> ClientConfig {
    config(kind)
}

/// With a topic `t` of so many partitions, and ten records in each.
fn world(partitions: i32) -> World {
    let mut world = World::with(&[("t", partitions)]);
    produce(&mut world, partitions);
    world
}

fn produce(world: &mut World, partitions: i32) {
    (0..partitions).for_each(|partition| world.produce("t", partition, 10));
}

#[test]
fn members_share_partitions_as_they_come_and_go() {
    for (name, kind) in ALL {
        let mut world = world(4);
        world.join(of(kind), &["t"]);
        assert_eq!(world.settle(), "0: t0 t1 t2 t3", "{name}");
        world.checks.everything_done();
        world.join(of(kind), &["t"]);
        world.settle();
        produce(&mut world, 4);
        world.pass(3_000);
        world.checks.everything_done();
        let shares: Vec<usize> =
            world.members.iter().map(|member| member.client.assignment().len()).collect();
        assert_eq!(shares, [2, 2], "{name}");

        let now = world.host.now;
        world.members[0].leave(now);
        assert_eq!(world.settle(), "1: t0 t1 t2 t3", "{name}");
        assert!(world.members[0].left);
        produce(&mut world, 4);
        world.pass(3_000);
        world.checks.everything_committed(&mut world.host);
        assert_eq!(world.checks.duplicates, 0, "{name}: committed before it was given up");
    }
}

#[test]
fn a_crashed_member_s_partitions_go_to_the_others_after_its_session() {
    for (name, kind) in ALL {
        let mut world = world(4);
        world.join(of(kind), &["t"]);
        world.join(of(kind), &["t"]);
        world.settle();
        world.crash(0, false);
        produce(&mut world, 4);
        world.pass(60_000);
        assert_eq!(world.settle(), "1: t0 t1 t2 t3", "{name}");
        world.checks.everything_committed(&mut world.host);
    }
}

#[test]
fn cooperative_members_go_on_with_what_they_keep() {
    for (name, kind) in [("cooperative", cooperative as Kind), ("consumer", consumer)] {
        let mut world = world(4);
        world.join(of(kind), &["t"]);
        world.settle();
        world.members[0].told();
        world.join(of(kind), &["t"]);
        world.settle();
        let told = world.members[0].told();
        assert!(told.contains("revoked") && !told.contains("lost"), "{name}: {told}");
        let revoked = told.split(", ").find(|part| part.starts_with("revoked")).unwrap();
        assert_eq!(revoked.split(' ').count(), 3, "{name}: two of four, {told}");
        assert!(!told.contains("assigned"), "{name}: {told}");
    }
}

#[test]
fn a_group_goes_on_where_it_was_after_all_members_and_the_broker_are_gone() {
    for (name, kind) in ALL {
        let mut world = world(2);
        world.join(of(kind), &["t"]);
        world.settle();
        let now = world.host.now;
        world.members[0].leave(now);
        world.pass(1_000);
        world.checks.everything_committed(&mut world.host);
        world.restart_broker();
        produce(&mut world, 2);
        world.join(of(kind), &["t"]);
        assert_eq!(world.settle(), "1: t0 t1", "{name}");
        world.pass(3_000);
        world.checks.everything_committed(&mut world.host);
        assert_eq!(world.checks.duplicates, 0, "{name}");
    }
}

#[test]
fn members_outlive_their_broker() {
    for (name, kind) in ALL {
        let mut world = world(4);
        world.join(of(kind), &["t"]);
        world.join(of(kind), &["t"]);
        world.settle();
        world.restart_broker();
        produce(&mut world, 4);
        world.pass(5_000);
        world.settle();
        world.pass(3_000);
        world.checks.everything_committed(&mut world.host);
        let told = world.members[0].told();
        assert!(!told.contains("failed"), "{name}: {told}");
    }
}

#[test]
fn an_application_that_hangs_loses_its_partitions_and_comes_back() {
    for (name, kind) in ALL {
        let mut world = world(4);
        let slow = config(|group| {
            kind(group);
            group.max_poll_interval_ms = Some(15_000);
        });
        world.join(slow, &["t"]);
        world.join(of(kind), &["t"]);
        world.settle();
        world.members[0].alive = false;
        world.members[0].told();
        world.pass(30_000);
        assert_eq!(world.settle(), "0:  | 1: t0 t1 t2 t3", "{name}");
        let told = world.members[0].told();
        assert!(told.starts_with("too slow, lost t"), "{name}: {told}");
        world.members[0].alive = true;
        world.settle();
        assert_eq!(world.members[0].client.assignment().len(), 2, "{name}");
    }
}

#[test]
fn a_member_that_hangs_whole_is_put_out_and_joins_anew() {
    for (name, kind) in ALL {
        let mut world = world(4);
        world.join(of(kind), &["t"]);
        world.join(of(kind), &["t"]);
        world.settle();
        world.members[0].stalled = true;
        world.pass(60_000);
        world.members[0].stalled = false;
        world.members[0].told();
        produce(&mut world, 4);
        world.pass(5_000);
        world.settle();
        let told = world.members[0].told();
        assert!(told.contains("lost"), "{name}: {told}");
        world.pass(3_000);
        world.checks.everything_committed(&mut world.host);
    }
}

#[test]
fn a_member_that_does_not_give_up_in_time_is_put_out() {
    for (name, kind) in ALL {
        let mut world = world(4);
        world.join(of(kind), &["t"]);
        world.settle();
        world.members[0].acknowledges = false;
        world.members[0].consumes = false;
        world.join(of(kind), &["t"]);
        world.pass(60_000);
        world.members[0].acknowledges = true;
        world.members[0].consumes = true;
        world.pass(60_000);
        world.settle();
        let told = world.members[0].told();
        assert!(told.contains("lost"), "{name}: {told}");
        produce(&mut world, 4);
        world.pass(3_000);
        world.checks.everything_committed(&mut world.host);
    }
}

#[test]
fn new_partitions_and_new_topics_are_picked_up() {
    for (name, kind) in ALL {
        let mut world = world(2);
        for _ in 0..2 {
            let waits = ClientConfig { allow_auto_topic_creation: false, ..of(kind) };
            world.join(waits, &["t", "late"]);
        }
        world.settle();
        world.grow("t", 6);
        produce(&mut world, 6);
        world.settle();
        world.checks.everything_done();
        let shares = |world: &World| -> Vec<usize> {
            world.members.iter().map(|member| member.client.assignment().len()).collect()
        };
        assert_eq!(shares(&world), [3, 3], "{name}");
        world.create("late", 2);
        world.produce("late", 0, 5);
        world.produce("late", 1, 5);
        // A topic that is missing is asked for in pauses that grow to half a minute.
        world.pass(40_000);
        world.settle();
        world.checks.everything_done();
        assert_eq!(shares(&world), [4, 4], "{name}");
        let told = world.members[0].told();
        assert!(!told.contains("lost"), "{name}: {told}");
    }
}

#[test]
fn a_static_member_finds_its_partitions_again() {
    for (name, kind) in ALL {
        let fixed = |instance: &str| {
            config(|group| {
                kind(group);
                group.group_instance_id = Some(instance.to_owned());
            })
        };
        let mut world = world(4);
        world.join(fixed("a"), &["t"]);
        world.join(fixed("b"), &["t"]);
        world.settle();
        let before = world.members[0].client.assignment();
        world.members[1].told();
        let now = world.host.now;
        world.members[0].leave(now);
        world.pass(2_000);
        assert!(world.members[0].left, "{name}");
        world.join(fixed("a"), &["t"]);
        world.settle();
        assert_eq!(world.members[2].client.assignment(), before, "{name}");
        assert_eq!(world.members[1].told(), "", "{name}: nobody else notices");
        world.pass(3_000);
        world.checks.everything_committed(&mut world.host);
    }
}

/// A group moves from one protocol to the other while it works (KIP-848).
#[test]
fn members_of_both_protocols_share_a_group() {
    for (first, second) in [(cooperative as Kind, consumer as Kind), (consumer, cooperative)] {
        let mut world = world(4);
        world.join(of(first), &["t"]);
        world.settle();
        world.join(of(second), &["t"]);
        world.settle();
        let shares: Vec<usize> =
            world.members.iter().map(|member| member.client.assignment().len()).collect();
        assert_eq!(shares, [2, 2]);
        produce(&mut world, 4);
        world.pass(3_000);
        let now = world.host.now;
        world.members[0].leave(now);
        assert_eq!(world.settle(), "1: t0 t1 t2 t3");
        produce(&mut world, 4);
        world.pass(3_000);
        world.checks.everything_committed(&mut world.host);
        assert_eq!(world.checks.duplicates, 0);
    }
}

#[test]
fn members_that_choose_by_name_get_topics_that_match() {
    for pattern in [false, true] {
        let mut world = World::with(&[("orders", 1), ("payments", 1)]);
        let kind: Kind = if pattern { consumer } else { cooperative };
        let number = world.join(of(kind), &[]);
        let now = world.host.now;
        let subscription = if pattern {
            Subscription::Pattern("orders.*".to_owned())
        } else {
            Subscription::Chosen
        };
        world.members[number].chooses = Some("orders");
        world.members[number].client.subscribe(now, subscription).unwrap();
        world.pass(10_000);
        world.create("orders-2", 2);
        world.pass(70_000);
        assert_eq!(world.checks.owners(), "0: orders0 orders-20 orders-21", "pattern: {pattern}");
    }
}

#[test]
fn a_member_that_gives_up_all_it_has_says_so() {
    let range = |group: &mut GroupConfig| {
        consumer(group);
        group.server_assignor = Some("range".to_owned());
    };
    let mut world = world(1);
    for count in 1..=8 {
        world.join(of(range), &["t"]);
        // Heartbeats go out every 5 seconds; a member that is waited for is put out after 20.
        world.pass(16_000);
        world.checks.everything_owned_once(&world.members);
        let shares: Vec<usize> =
            world.members.iter().map(|member| member.client.assignment().len()).collect();
        assert_eq!(shares.iter().sum::<usize>(), 1, "{count} members: {shares:?}");
    }
    let told: Vec<String> = world.members.iter_mut().map(|member| member.told()).collect();
    assert!(told.iter().any(|told| told.contains("revoked t0")), "it moved: {told:?}");
    assert!(!told.iter().any(|told| told.contains("lost")), "nobody was put out: {told:?}");
}

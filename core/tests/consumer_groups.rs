//! Consumer groups, by scenarios that a real Kafka was led through as well: what comes of each step
//! stands behind it. tests/golden/group/README.md says how.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers outside of test functions.

mod host;
#[path = "consumer_groups/stage.rs"]
mod stage;

use std::fs;
use std::path::Path;

use host::{CLIENT, Host};
use ottla::Uuid;
use ottla::protocol::messages as m;
use stage::{Stage, error, said, stage_of};

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
fn a_group_changes_its_protocol_while_it_works() {
    play("migration", false);
}

#[test]
fn members_of_both_protocols_share_a_group() {
    play("mixed", false);
}

#[test]
fn all_of_it_is_stored() {
    for name in ["mixed", "sharing", "epochs", "refused", "static", "topics", "offsets"] {
        play(name, true);
    }
}

// A real Kafka finds a pattern's topics in the background, and tells them with a later heartbeat.
#[test]
fn a_pattern_stands_for_the_topics_whose_whole_names_match() {
    let mut stage = stage_of(&["a-1", "a-2", "b-1", "xa-1"]);
    let joined = said(&mut stage, "hb g m1 0 rt=60000 r=a-.|b own=- s=range");
    assert_eq!(joined, "m1 1 a-1:0,1;a-2:0,1");
    // Both a pattern and names: what either stands for.
    assert_eq!(said(&mut stage, "hb g m1 1 t=b-1"), "m1 2 a-1:0,1;a-2:0,1;b-1:0,1");
    // A new topic that matches.
    stage.create("b", 1);
    assert_eq!(said(&mut stage, "hb g m1 2"), "m1 3 a-1:0,1;a-2:0,1;b-1:0,1;b:0");
    // One that does not leaves the epoch as it is.
    stage.create("c", 1);
    assert_eq!(said(&mut stage, "hb g m1 3"), "m1 3 same");
    // A topic that is gone.
    stage.drop_topic("a-1");
    assert_eq!(said(&mut stage, "hb g m1 3"), "m1 3 a-2:0,1;b-1:0,1;b:0");
    let own = "hb g m1 3 own=a-2:0,1;b:0;b-1:0,1";
    assert_eq!(said(&mut stage, own), "m1 4 same");
    // No pattern any more.
    assert_eq!(said(&mut stage, "hb g m1 4 r="), "m1 4 b-1:0,1");
    assert_eq!(said(&mut stage, "hb g m1 4 own=b-1:0,1"), "m1 5 same");
}

#[test]
fn members_with_one_pattern_share_its_topics_after_opening_too() {
    let mut stage = stage_of(&["a-1", "a-2"]);
    said(&mut stage, "hb g m1 0 rt=60000 r=a.* own=- s=range");
    said(&mut stage, "hb g m2 0 rt=60000 r=a.* own=- s=range");
    assert_eq!(said(&mut stage, "hb g m1 1"), "m1 1 a-1:0;a-2:0");
    stage.host = stage.host.reopen();
    assert_eq!(said(&mut stage, "hb g m1 1 own=a-1:0;a-2:0"), "m1 2 same");
    assert_eq!(said(&mut stage, "hb g m2 2"), "m2 2 a-1:1;a-2:1");
    let stable =
        "Stable 2 2 range | m1 2 a-1:0;a-2:0 -> a-1:0;a-2:0 | m2 2 a-1:1;a-2:1 -> a-1:1;a-2:1";
    assert_eq!(said(&mut stage, "describe g"), stable);
}

#[test]
fn a_pattern_that_is_none_is_refused_and_changes_nothing() {
    let mut stage = stage_of(&["a"]);
    for pattern in ["(", "a)(b", "a{2,1}", "[b-a]", "*"] {
        let refused = said(&mut stage, &format!("hb g m1 0 rt=60000 r={pattern} own=-"));
        assert_eq!(refused, "INVALID_REGULAR_EXPRESSION", "{pattern}");
    }
    assert_eq!(said(&mut stage, "list g"), "none");
    said(&mut stage, "hb g m1 0 rt=60000 t=a own=-");
    assert_eq!(said(&mut stage, "hb g m1 1 r=("), "INVALID_REGULAR_EXPRESSION");
    assert_eq!(said(&mut stage, "hb g m1 1"), "m1 1 same");
}

#[test]
fn a_group_is_full_at_its_limit() {
    let mut stage = stage_of(&["a"]);
    stage.host = Host::with(&[("group.consumer.max.size", "1")]);
    stage.create("a", 1);
    assert_eq!(said(&mut stage, "hb g m1 0 rt=60000 t=a own=-"), "m1 1 a:0");
    assert_eq!(said(&mut stage, "hb g m2 0 rt=60000 t=a own=-"), "GROUP_MAX_SIZE_REACHED");
    assert_eq!(said(&mut stage, "hb g m1 1"), "m1 1 same");
}

#[test]
fn without_the_protocol_there_are_no_consumer_groups() {
    let mut stage = stage_of(&[]);
    stage.host = Host::with(&[("group.coordinator.rebalance.protocols", "classic")]);
    let request = m::ConsumerGroupHeartbeatRequest { group_id: "g".into(), ..Default::default() };
    let response = stage.host.call(&request, 1);
    assert_eq!(error(response.error_code), "UNSUPPORTED_VERSION");
}

#[test]
fn the_coordinator_makes_an_id_for_a_member_that_has_none() {
    let mut stage = stage_of(&["a"]);
    let request = m::ConsumerGroupHeartbeatRequest {
        group_id: "g".into(),
        rebalance_timeout_ms: 60_000,
        subscribed_topic_names: Some(vec!["a".into()]),
        topic_partitions: Some(Vec::new()),
        ..Default::default()
    };
    let first = stage.host.call(&request, 0).member_id.unwrap();
    let second = stage.host.call(&request, 0).member_id.unwrap();
    assert!(Uuid::parse(&first).is_some() && Uuid::parse(&second).is_some());
    assert_ne!(first, second);
}

#[test]
fn members_of_hosts_that_are_gone_leave_at_once() {
    let mut stage = stage_of(&["a"]);
    said(&mut stage, "hb g m1 0 rt=60000 t=a own=- i=x");
    stage.host.input(ottla::Input::AliveHosts { hosts: vec!["/127.0.0.1".into()] });
    assert_eq!(said(&mut stage, "describe g"), "Stable 1 1 uniform | m1 1 a:0,1 -> a:0,1");
    stage.host.input(ottla::Input::AliveHosts { hosts: vec!["another".into()] });
    assert_eq!(said(&mut stage, "describe g"), "Empty 2 1 uniform");
}

#[test]
fn members_of_hosts_that_are_gone_stay_out_when_storage_did_not_take_it() {
    let mut stage = stage_of(&["a"]);
    said(&mut stage, "hb g m1 0 rt=60000 t=a own=- i=x");
    stage.host.hold_commits = true;
    stage.host.input(ottla::Input::Disconnected { connection: CLIENT });
    stage.host.input(ottla::Input::AliveHosts { hosts: vec!["another".into()] });
    stage.host.hold_commits = false;
    // Memory is thrown away, and the stored member is back; its host is not.
    stage.host.fail_commit(ottla::storage::StorageError::Failed("for a moment".into()));
    stage.host.connect(CLIENT);
    assert_eq!(said(&mut stage, "describe g"), "Empty 2 1 uniform");
}

#[test]
fn a_group_has_its_new_protocol_after_opening() {
    let mut stage = stage_of(&["a"]);
    for step in ["cjoin g - a -", "cjoin g c1 a -", "csync g c1 1 a:0,1", "commit g c1 1 a 0 5"] {
        said(&mut stage, step);
    }
    assert_eq!(said(&mut stage, "hb g m1 0 rt=60000 t=a own=-"), "m1 2 -");
    stage.host = stage.host.reopen();
    let upgraded = "Reconciling 2 2 uniform | c1 1 a:0,1 -> a:0 | m1 2 - -> a:1";
    assert_eq!(said(&mut stage, "describe g"), upgraded);
    assert_eq!(said(&mut stage, "chb g c1 1"), "REBALANCE_IN_PROGRESS");
    assert_eq!(said(&mut stage, "hb g m1 -1"), "m1 -1 same");
    stage.host = stage.host.reopen();
    // A classic group is stored as it was when it was at rest.
    assert_eq!(said(&mut stage, "list g"), "classic Stable consumer");
    assert_eq!(said(&mut stage, "chb g c1 2"), "NONE");
    assert_eq!(said(&mut stage, "fetch g - -1 a 0"), "5");
}

#[test]
fn a_classic_group_at_work_stays_one_where_the_policy_says_so() {
    let mut stage = stage_of(&[]);
    let settings = [
        ("group.consumer.migration.policy", "disabled"),
        ("group.initial.rebalance.delay.ms", "0"),
    ];
    stage.host = Host::with(&settings);
    stage.create("a", 2);
    for step in ["cjoin g - a -", "cjoin g c1 a -", "csync g c1 1 a:0,1"] {
        said(&mut stage, step);
    }
    assert_eq!(said(&mut stage, "hb g m1 0 rt=60000 t=a own=-"), "GROUP_ID_NOT_FOUND");
    assert_eq!(said(&mut stage, "chb g c1 1"), "NONE");
    assert_eq!(said(&mut stage, "list g"), "classic Stable consumer");
}

#[test]
fn a_classic_member_that_does_not_come_back_is_put_out() {
    let mut stage = stage_of(&["a"]);
    said(&mut stage, "hb g m1 0 rt=60000 t=a own=-");
    said(&mut stage, "cjoin g - a - x");
    // It never asks for its assignment: its rebalance timeout is ten seconds.
    for _ in 0..5 {
        stage.host.pass(2_000);
        assert_ne!(said(&mut stage, "hb g m1 1 own=a:0,1"), "UNKNOWN_MEMBER_ID");
    }
    assert_eq!(said(&mut stage, "cleave g - x"), "UNKNOWN_MEMBER_ID");
}

#[test]
fn groups_of_both_protocols_are_listed_by_type_and_state() {
    let mut stage = stage_of(&["a"]);
    said(&mut stage, "hb g m1 0 rt=60000 t=a own=-");
    said(&mut stage, "commit h - -1 a 0 5");
    let mut ids = |states: &[&str], types: &[&str]| {
        let texts = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect();
        let request =
            m::ListGroupsRequest { states_filter: texts(states), types_filter: texts(types) };
        let groups = stage.host.call(&request, 5).groups;
        groups.into_iter().map(|group| group.group_id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&[], &[]), ["g", "h"]);
    assert_eq!(ids(&[], &["Consumer"]), ["g"]);
    assert_eq!(ids(&[], &["classic"]), ["h"]);
    assert_eq!(ids(&["stable"], &[]), ["g"]);
    assert!(ids(&["Empty"], &["consumer"]).is_empty());
}

#[test]
fn offsets_of_a_topic_that_members_read_are_not_deleted() {
    let mut stage = stage_of(&["a", "b"]);
    said(&mut stage, "hb g m1 0 rt=60000 r=a own=-");
    said(&mut stage, "commit g m1 1 a 0 5");
    said(&mut stage, "commit g m1 1 b 0 5");
    let mut delete = |topic: &str| {
        let partitions = vec![m::OffsetDeleteRequestPartition { partition_index: 0 }];
        let topic = m::OffsetDeleteRequestTopic { name: topic.into(), partitions };
        let request = m::OffsetDeleteRequest { group_id: "g".into(), topics: vec![topic] };
        error(stage.host.call(&request, 0).topics[0].partitions[0].error_code)
    };
    assert_eq!((delete("a"), delete("b")), ("GROUP_SUBSCRIBED_TO_TOPIC".into(), "NONE".into()));
    assert_eq!(said(&mut stage, "fetch g - -1 a 0"), "5");
    assert_eq!(said(&mut stage, "fetch g - -1 b 0"), "-1");
}

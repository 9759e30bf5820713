//! Assignments, against those that Kafka's assignors made; tests/golden/group/README.md says how.

use super::*;
use crate::map;

const ASSIGNMENTS: &str = include_str!("../../../../tests/golden/group/assignments.txt");

/// The id of a topic in the golden file: heterogeneous groups have some that are negative to Java.
fn id(topic: &str, homogeneous: bool) -> Uuid {
    let topic: i64 = topic.parse().unwrap();
    let high = if homogeneous || topic % 2 == 0 { 0 } else { -topic };
    Uuid((u128::from(high as u64) << 64 | topic as u128).to_be_bytes())
}

fn list(text: &str, separator: char) -> impl Iterator<Item = &str> {
    text.split(separator).filter(|item| *item != "-" && !item.is_empty())
}

fn partitions(text: &str, homogeneous: bool) -> TopicPartitions {
    map::collect(list(text, ';').map(|topic| {
        let (topic, partitions) = topic.split_once(':').unwrap();
        let numbers = list(partitions, ',').map(|number| number.parse().unwrap());
        (id(topic, homogeneous), numbers.collect())
    }))
}

#[test]
fn the_assignments_are_kafkas() {
    let mut lines = ASSIGNMENTS.lines().peekable();
    let mut steps = 0;
    while let Some(line) = lines.next() {
        let group: Vec<&str> = line.split(' ').collect();
        let homogeneous = group[2] == "homogeneous";
        let partition_counts = map::collect(list(group[3], ',').map(|topic| {
            let (topic, count) = topic.split_once(':').unwrap();
            (id(topic, homogeneous), count.parse().unwrap())
        }));
        let mut rows: Vec<Vec<&str>> = Vec::new();
        while let Some(row) = lines.next_if(|line| !line.starts_with("group")) {
            rows.push(row.split(' ').collect());
        }
        let targets: Vec<_> = rows.iter().map(|row| partitions(row[3], homogeneous)).collect();
        let members = rows.iter().zip(&targets).map(|(row, target)| {
            let mut topics: Vec<Uuid> =
                list(row[2], ',').map(|topic| id(topic, homogeneous)).collect();
            topics.sort_unstable();
            let instance_id = Some(row[1]).filter(|instance| *instance != "-");
            MemberSpec { member_id: row[0], instance_id, topics, target }
        });
        let spec = GroupSpec { members: members.collect(), homogeneous, partition_counts };
        let expected: Vec<_> = rows.iter().map(|row| partitions(row[4], homogeneous)).collect();
        assert_eq!(assign(group[1], &spec), expected, "{line} {rows:?}");
        steps += 1;
    }
    assert!(steps > 500, "the golden file has {steps} steps");
}

#[test]
fn a_target_beyond_the_topics_partitions_is_nobodys() {
    let target = map::collect([(id("1", true), vec![0, 7, -1])]);
    let topics = vec![id("1", true)];
    let member = MemberSpec { member_id: "m", instance_id: None, topics, target: &target };
    let counts = map::collect([(id("1", true), 2)]);
    let spec = GroupSpec { members: vec![member], homogeneous: false, partition_counts: counts };
    let expected = vec![map::collect([(id("1", true), vec![0, 1])])];
    assert_eq!(assign("uniform", &spec), expected);
}

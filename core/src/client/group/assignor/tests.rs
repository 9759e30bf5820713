//! The assignors against the results of Kafka's Java client; tests/golden/assign/README.md says how.

use std::path::Path;

use litemap::LiteMap;

use super::*;

type Partitions = Vec<TopicPartition>;

/// `topic:partition.partition/topic:partition`.
fn partitions(text: &str) -> Partitions {
    let topics = text.split('/').filter(|part| !part.is_empty());
    let each = topics.flat_map(|part| {
        let (topic, numbers) = part.split_once(':').unwrap();
        let name: Arc<str> = format!("t{topic}").into();
        numbers.split('.').map(move |number| (name.clone(), number.parse().unwrap()))
    });
    each.collect()
}

/// A member's line, with what it had in the round that it remembers.
fn member(line: &str, strategy: Strategy, rounds: &[LiteMap<String, Partitions>]) -> GroupMember {
    let fields: Vec<&str> = line.split(' ').collect();
    let [id, instance, topics, remembers] = fields[..] else { panic!("{line}") };
    let old = remembers.ends_with('o');
    let round: i32 = remembers.trim_end_matches('o').parse().unwrap();
    let generation = if round < 0 { -1 } else { round + 1 };
    let had = usize::try_from(round).ok().and_then(|round| rounds[round].get(id));
    let had = had.cloned().unwrap_or_default();
    let (owned_partitions, user_data) = match strategy {
        Strategy::Sticky if round < 0 => (Vec::new(), None),
        Strategy::Sticky => {
            let data = sticky_user_data(&had, generation);
            let bytes = if old { data.len() - 4 } else { data.len() };
            (Vec::new(), Some(data.slice(..bytes)))
        }
        _ => (had, Some(generation_user_data(generation))),
    };
    GroupMember {
        member_id: id.to_owned(),
        group_instance_id: (instance != "-").then(|| instance.to_owned()),
        topics: topics
            .split(',')
            .filter(|t| !t.is_empty())
            .map(|t| format!("t{t}").into())
            .collect(),
        owned_partitions,
        generation_id: if old { -1 } else { generation },
        user_data,
    }
}

#[test]
fn the_assignors_give_what_javas_give() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/assign/assignments.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let mut checked = 0;
    for case in text.split("case ").skip(1) {
        let (name, rounds_text) = case.split_once('\n').unwrap();
        let all =
            [Strategy::Range, Strategy::RoundRobin, Strategy::Sticky, Strategy::CooperativeSticky];
        let strategy = all.into_iter().find(|strategy| strategy.name() == name).unwrap();
        let mut max_generation = -1;
        let mut rounds: Vec<LiteMap<String, Partitions>> = Vec::new();
        for round in rounds_text.split("round").skip(1) {
            let mut lines = round.lines();
            let counts = lines.next().unwrap().split_whitespace().enumerate();
            let counts: LiteMap<Arc<str>, i32> =
                counts.map(|(at, n)| (format!("t{at}").into(), n.parse().unwrap())).collect();
            let lines: Vec<&str> = lines.collect();
            let (members, results) = lines.split_at(lines.len() / 2);
            let members: Vec<GroupMember> =
                members.iter().map(|line| member(line, strategy, &rounds)).collect();
            let given = assign(strategy, &mut max_generation, &counts, &members);
            let wanted: Vec<Partitions> =
                results.iter().map(|line| partitions(line.strip_prefix('>').unwrap())).collect();
            assert_eq!(given, wanted, "{name}: round{round}");
            let ids = members.into_iter().map(|member| member.member_id);
            rounds.push(ids.zip(wanted).collect());
            checked += 1;
        }
    }
    assert!(checked > 300, "{checked}");
}

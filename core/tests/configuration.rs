//! The tables of configurations in CONFIGURATION.md are those of the code.

#![allow(clippy::unwrap_used)] // Helpers outside of test functions.

mod host;

use std::fmt::Write as _;
use std::path::Path;

use host::Host;
use ottla::BROKER_CONFIGS;
use ottla::protocol::messages as m;
use ottla::record::{BatchBuilder, BatchOptions, Compression, batches};
use ottla::topic::{Allowed, ConfigDefinition, Effect, TOPIC_CONFIGS};

fn allowed(definition: &ConfigDefinition) -> String {
    match definition.allowed {
        Allowed::Any => format!("{:?}", definition.kind).to_lowercase(),
        Allowed::AtLeast(least) => format!("{least} or more"),
        Allowed::Between(least, most) => format!("{least} to {most}"),
        Allowed::MinusOneOr(least, most) => format!("-1, {least} to {most}"),
        Allowed::Words(words) => words.join(", "),
    }
}

fn table(definitions: &[ConfigDefinition], of_topics: bool) -> String {
    let mut out = match of_topics {
        true => "| Topic configuration | Default | Values | Effect | |\n|---|---|---|---|---|\n"
            .to_owned(),
        false => "| Broker configuration | Default | Values | |\n|---|---|---|---|\n".to_owned(),
    };
    for definition in definitions {
        let effect = match definition.effect {
            _ if !of_topics => "",
            Effect::Honoured => " honoured |",
            Effect::NoEffect => " none |",
            Effect::Refused => " refused |",
        };
        let ConfigDefinition { name, default, doc, .. } = definition;
        let allowed = allowed(definition);
        writeln!(out, "| `{name}` | {default} | {allowed} |{effect} {doc} |").unwrap();
    }
    out
}

/// Run with `BLESS=1` to write the tables anew.
#[test]
fn the_documented_tables_are_those_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../CONFIGURATION.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut wanted = text.clone();
    for (mark, table) in
        [("topics", table(TOPIC_CONFIGS, true)), ("broker", table(BROKER_CONFIGS, false))]
    {
        let begin = format!("<!-- begin {mark} -->\n");
        let from = wanted.find(&begin).unwrap() + begin.len();
        let to = wanted.find(&format!("<!-- end {mark} -->")).unwrap();
        wanted.replace_range(from..to, &table);
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    } else {
        assert_eq!(text, wanted, "run this test with BLESS=1");
    }
}

#[test]
fn all_configurations_of_kafka_4_1_are_known() {
    let known: Vec<&str> = TOPIC_CONFIGS.iter().map(|definition| definition.name).collect();
    let kafkas = "cleanup.policy compression.gzip.level compression.lz4.level compression.type \
        compression.zstd.level delete.retention.ms file.delete.delay.ms flush.messages flush.ms \
        follower.replication.throttled.replicas index.interval.bytes \
        leader.replication.throttled.replicas local.retention.bytes local.retention.ms \
        max.compaction.lag.ms max.message.bytes message.timestamp.after.max.ms \
        message.timestamp.before.max.ms message.timestamp.type min.cleanable.dirty.ratio \
        min.compaction.lag.ms min.insync.replicas preallocate remote.log.copy.disable \
        remote.log.delete.on.disable remote.storage.enable retention.bytes retention.ms \
        segment.bytes segment.index.bytes segment.jitter.ms segment.ms \
        unclean.leader.election.enable";
    for name in kafkas.split_whitespace() {
        assert!(known.contains(&name), "{name}");
    }
    assert_eq!(known.len(), kafkas.split_whitespace().count() + 3, "and those of our own");
}

#[test]
fn batches_are_compressed_as_the_topic_asks() {
    let words = ["uncompressed", "gzip", "snappy", "lz4", "zstd", "producer"];
    let wanted = [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ];
    for (at, word) in words.into_iter().enumerate() {
        let mut host = Host::new();
        assert_eq!(host.create("t", 1, &[("compression.type", word)]), 0);
        for compression in Compression::ALL {
            let mut builder = BatchBuilder::new();
            builder.append(host.now.wall_ms, Some(b"k"), Some(&[b'v'; 1_000]), &[]);
            let options = BatchOptions { compression, ..BatchOptions::default() };
            let sent = builder.finish(&options).unwrap();
            let base_offset = host.produce("t", 0, sent.clone()).base_offset;
            let stored = host.fetch("t", 0, base_offset).records.unwrap();
            let batch = batches(stored.clone()).next().unwrap().unwrap();
            batch.verify().unwrap();
            let due = wanted.get(at).copied().unwrap_or(compression);
            assert_eq!(batch.header.compression(), Ok(due), "{compression} under {word}");
            assert_eq!(
                batch.records(10_000).unwrap()[0].value.as_deref(),
                Some(&[b'v'; 1_000][..])
            );
            if due == compression {
                assert_eq!(stored[61..], sent[61..], "as its producer made it");
            }
        }
        let mut host = host.reopen();
        assert_eq!(host.read_all("t", 0, 0).len(), 5);
    }
    // What has become too large is refused.
    let mut host = Host::new();
    host.create("t", 1, &[("compression.type", "uncompressed"), ("max.message.bytes", "500")]);
    let mut builder = BatchBuilder::new();
    builder.append(host.now.wall_ms, None, Some(&[b'v'; 1_000]), &[]);
    let options = BatchOptions { compression: Compression::Gzip, ..BatchOptions::default() };
    assert_eq!(host.produce("t", 0, builder.finish(&options).unwrap()).error_code, 10);
}

#[test]
fn what_is_refused_says_so() {
    let mut host = Host::new();
    assert_eq!(host.create("t", 1, &[("remote.storage.enable", "true")]), 40, "INVALID_CONFIG");
    assert_eq!(host.create("t", 1, &[("remote.storage.enable", "false")]), 0);
    let request = m::DescribeConfigsRequest {
        resources: vec![m::DescribeConfigsResource {
            resource_type: 2,
            resource_name: "t".into(),
            configuration_keys: None,
        }],
        include_synonyms: false,
        include_documentation: true,
    };
    let described = host.call(&request, 4).results.remove(0).configs;
    assert_eq!(described.len(), TOPIC_CONFIGS.len());
    assert!(described.iter().all(|config| config.documentation.is_some()));
}

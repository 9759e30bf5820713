//! Compaction against a model that knows nothing of segments: a list of what was appended.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers outside of test functions.

mod host;

use std::collections::BTreeMap;

use host::Host;
use ottla::protocol::messages as m;
use ottla::record::{BatchBuilder, BatchOptions, Compression, Record};
use proptest::prelude::*;

const DELETE_RETENTION_MS: u64 = 100_000;

#[derive(Debug, Clone)]
enum Step {
    /// A batch: keys, each with the length of its value or a tombstone.
    Append {
        pairs: Vec<(u8, Option<usize>)>,
        compression: usize,
        producer: bool,
    },
    /// Time passes: the broker compacts what is due.
    Pass(u64),
    /// So many slices of a round, and no more.
    Slices(usize),
    DeleteBefore(usize),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let pair = (0..12_u8, prop::option::weighted(0.8, 0..300_usize));
    let append = (prop::collection::vec(pair, 1..12), 0..5_usize, any::<bool>());
    prop_oneof![
        8 => append.prop_map(|(pairs, compression, producer)| {
            Step::Append { pairs, compression, producer }
        }),
        2 => prop_oneof![Just(5), Just(DELETE_RETENTION_MS / 2), Just(DELETE_RETENTION_MS + 1)]
            .prop_map(Step::Pass),
        2 => (1..9_usize).prop_map(Step::Slices),
        1 => (0..100_usize).prop_map(Step::DeleteBefore),
        1 => Just(Step::Reopen),
    ]
}

/// What was appended: offset, key, value, timestamp.
#[derive(Debug, Clone, PartialEq)]
struct Appended {
    key: u8,
    value: Option<Vec<u8>>,
    timestamp: i64,
}

struct World {
    host: Host,
    settings: Vec<(&'static str, &'static str)>,
    model: Vec<Appended>,
    start: usize,
    sequence: i32,
}

impl World {
    fn new(durability: &'static str, cache: &'static str) -> World {
        let settings = vec![("ottla.cache.bytes", cache), ("log.cleaner.io.buffer.size", "65536")];
        let mut host = Host::with(&settings);
        let configs = [
            ("cleanup.policy", "compact,delete"),
            ("retention.ms", "-1"),
            ("segment.bytes", "6000"),
            ("min.cleanable.dirty.ratio", "0"),
            ("delete.retention.ms", "100000"),
            ("ottla.durability", durability),
        ];
        assert_eq!(host.create("t", 1, &configs), 0);
        World { host, settings, model: Vec::new(), start: 0, sequence: 0 }
    }

    fn append(&mut self, pairs: &[(u8, Option<usize>)], compression: usize, producer: bool) {
        let timestamp = self.host.now.wall_ms;
        let mut builder = BatchBuilder::new();
        let mut options =
            BatchOptions { compression: Compression::ALL[compression], ..Default::default() };
        if producer {
            options.producer_id = 9;
            options.producer_epoch = 0;
            options.base_sequence = self.sequence;
            self.sequence += pairs.len() as i32;
        }
        let base = self.model.len();
        for (at, (key, length)) in pairs.iter().enumerate() {
            // Values that do not compress, and that say which one they are.
            let noise = |n: usize| ((n * 7919 + (base + at) * 31) % 251) as u8;
            let value = length.map(|length| (0..length).map(noise).collect::<Vec<u8>>());
            builder.append(timestamp, Some(&[*key]), value.as_deref(), &[("h", Some(b"x"))]);
            self.model.push(Appended { key: *key, value, timestamp });
        }
        let response = self.host.produce("t", 0, builder.finish(&options).unwrap());
        assert_eq!((response.error_code, response.base_offset), (0, base as i64));
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Append { pairs, compression, producer } => {
                self.append(pairs, *compression, *producer);
            }
            Step::Pass(ms) => self.host.pass(*ms),
            Step::Slices(count) => {
                (0..*count).for_each(|_| self.host.input(ottla::Input::Tick));
            }
            Step::DeleteBefore(percent) => {
                let offset = (self.model.len() * percent / 100).max(self.start);
                let partition =
                    m::DeleteRecordsPartition { partition_index: 0, offset: offset as i64 };
                let topic = m::DeleteRecordsTopic { name: "t".into(), partitions: vec![partition] };
                let request = m::DeleteRecordsRequest { topics: vec![topic], timeout_ms: 1_000 };
                let answer = self.host.call(&request, 2);
                assert_eq!(answer.topics[0].partitions[0].error_code, 0);
                self.start = offset;
            }
            Step::Reopen => {
                let now = self.host.now;
                let storage = std::mem::take(&mut self.host.storage);
                self.host = Host::open_at(now, host::config(&self.settings), storage);
            }
        }
    }

    fn read(&mut self) -> Vec<Record> {
        assert_eq!(self.host.list_offset("t", 0, -2).1, self.start as i64);
        assert_eq!(self.host.list_offset("t", 0, -1).1, self.model.len() as i64);
        self.host.read_all("t", 0, self.start as i64)
    }

    /// What must always be so.
    fn check(&mut self) {
        let found = self.read();
        assert!(found.windows(2).all(|pair| pair[0].offset < pair[1].offset));
        for record in &found {
            let known = &self.model[record.offset as usize];
            assert_eq!(record.key.as_deref(), Some(&[known.key][..]));
            assert_eq!(record.value.as_deref(), known.value.as_deref());
            assert_eq!(record.timestamp, known.timestamp);
            assert_eq!(record.headers.len(), 1);
        }
        let last: BTreeMap<u8, usize> =
            self.model.iter().enumerate().map(|(offset, record)| (record.key, offset)).collect();
        for (key, offset) in last.into_iter().filter(|(_, offset)| *offset >= self.start) {
            let known = &self.model[offset];
            if found.iter().any(|record| record.offset == offset as i64) {
                continue;
            }
            assert_eq!(known.value, None, "key {key}: the last value, at {offset}, is gone");
            let age = self.host.now.wall_ms - known.timestamp;
            assert!(age >= DELETE_RETENTION_MS as i64, "key {key}: its tombstone went early");
            let older = found.iter().any(|record| record.key.as_deref() == Some(&[key]));
            assert!(!older, "key {key}: an older value outlived its tombstone");
        }
    }

    /// What is so once all is compacted that can be.
    fn check_compacted(&mut self) {
        let active = self.model.len();
        // Too large for the active segment, whatever it has: 5,995 bytes of 6,000.
        self.append(&[(200, Some(5_920))], 0, false);
        self.host.pass(5);
        self.check();
        let found = self.read();
        let mut seen = BTreeMap::new();
        for record in found.iter().filter(|record| record.offset < active as i64) {
            let earlier = seen.insert(record.key.clone(), record.offset);
            assert_eq!(earlier, None, "{:?} is there twice", record.key);
        }
        assert_eq!(self.host.notices, Vec::<String>::new());
        // Each offset leads to the next record that is there.
        for offset in (self.start..active).step_by(7) {
            let due = found.iter().position(|record| record.offset >= offset as i64);
            let records = self.host.read_all("t", 0, offset as i64);
            assert_eq!(records.first().map(|record| record.offset), due.map(|at| found[at].offset));
        }
        // The first record of a time is found, and so is the largest time.
        for record in found.iter().step_by(5) {
            let first = found.iter().find(|other| other.timestamp >= record.timestamp).unwrap();
            let answer = self.host.list_offset("t", 0, record.timestamp);
            assert_eq!(answer, (0, first.offset, first.timestamp));
        }
        if self.start > 0 {
            // As in Kafka, the answer may be a record that has been deleted.
            return;
        }
        let largest = found.iter().map(|record| record.timestamp).max().unwrap();
        assert_eq!(self.host.list_offset("t", 0, -3).2, largest);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn compaction_keeps_what_the_model_says(
        steps in prop::collection::vec(step(), 1..60),
        resident in any::<bool>(),
        cached in any::<bool>(),
    ) {
        let durability = if resident { "memory" } else { "relaxed" };
        let mut world = World::new(durability, if cached { "16777216" } else { "0" });
        for step in &steps {
            if resident && matches!(step, Step::Reopen) {
                continue;
            }
            world.step(step);
            world.check();
        }
        world.check_compacted();
        world.step(&Step::Pass(2 * DELETE_RETENTION_MS));
        world.check_compacted();
        if !resident {
            world.step(&Step::Reopen);
            world.check_compacted();
        }
    }
}

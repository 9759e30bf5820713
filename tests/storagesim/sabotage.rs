//! That the checks notice what is wrong: somebody between the broker, its storage and its clients does
//! what a broken broker would, and some seed of a few must fail for the right reason. Nothing of the
//! product is changed for it.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use ottla::protocol::{
    decode_request, decode_response, encode_request, encode_response, messages as m, peek_header,
};
use ottla::record::{Batch, BatchHeader, HEADER_BYTES, batches};
use ottla::storage::{Commit, Loaded, LogId, MemoryStorage, Write};
use ottla::{ConnectionId, Uuid};

use crate::disk::Disk;
use crate::random::Random;
use crate::scenario;
use crate::seeds::attempt;

const SEEDS: u64 = 400;
const FETCH: i16 = 1;
const CREATE_TOPICS: i16 = 19;
const LIST_OFFSETS: i16 = 2;
const OFFSET_OUT_OF_RANGE: i16 = 1;
/// The timestamp for which a log's start is asked.
const EARLIEST: i64 = -2;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Wrong {
    /// The broker hears that a commit is stored before it is.
    EarlyAcknowledgement,
    /// Consumers are served what is not stored yet.
    WatermarkTooEarly,
    /// A commit survives a crash that the one before it does not.
    ForgottenOrder,
    /// Compaction removes tombstones at once.
    LostTombstone,
    /// After a crash nothing is known of idempotent producers.
    ForgottenProducers,
    /// What is read is taken for what was written, whatever its checksum says.
    UncheckedBits,
    /// Where room is short, every topic's oldest segments go.
    DropsFromAll,
    /// Segments go, and the log is said to begin where it did.
    ForgottenStart,
    /// Who asks for what is gone is told that there is nothing new.
    SilentLoss,
    /// An import's records get offsets as others do.
    ForgottenOffsets,
}

/// Who does it; nothing at all, most of the time.
#[derive(Default)]
pub(crate) struct Saboteur {
    wrong: Option<Wrong>,
    /// Says what happens.
    pub(crate) traces: bool,
    /// What is to be stored at the moment.
    pending: Vec<Write>,
    logs: BTreeMap<(String, i32), LogId>,
    topics: BTreeMap<Uuid, String>,
    /// Where logs were said to begin.
    starts: BTreeMap<(String, i32), i64>,
    /// The requests that are not answered: the API, its version, and a fetch's frame.
    asked: BTreeMap<(ConnectionId, i32), (i16, i16, Bytes)>,
}

impl Saboteur {
    pub(crate) fn new(wrong: Option<Wrong>, traces: bool) -> Saboteur {
        Saboteur { wrong, traces, ..Saboteur::default() }
    }

    fn does(&self, wrong: Wrong) -> bool {
        self.wrong == Some(wrong)
    }

    pub(crate) fn confirms_early(&self) -> bool {
        self.does(Wrong::EarlyAcknowledgement)
    }

    /// Whether the broker does not say this.
    pub(crate) fn hides(&self, message: &str) -> bool {
        self.does(Wrong::ForgottenProducers) && message.contains("producers may be forgotten")
    }

    /// A commit leaves the broker.
    pub(crate) fn committing(&mut self, commit: &Commit) {
        if !self.does(Wrong::WatermarkTooEarly) {
            return;
        }
        for write in &commit.writes {
            if let Write::CreateLog { log, topic, partition } = write {
                self.logs.insert((topic.clone(), *partition), *log);
            }
        }
        self.pending.clone_from(&commit.writes);
    }

    /// The commit that was out is stored, or is not.
    pub(crate) fn settled(&mut self) {
        self.pending.clear();
    }

    pub(crate) fn request(&mut self, connection: ConnectionId, frame: Bytes) -> Bytes {
        let Some(wrong) = self.wrong else { return frame };
        let Ok((header, body)) = peek_header(frame.clone()) else { return frame };
        let (api, version, id) = (header.api_key, header.api_version, header.correlation_id);
        let answers: &[i16] = match wrong {
            Wrong::WatermarkTooEarly => &[FETCH, CREATE_TOPICS],
            Wrong::ForgottenStart => &[LIST_OFFSETS],
            Wrong::SilentLoss => &[FETCH],
            _ => &[],
        };
        if answers.contains(&api) {
            self.asked.insert((connection, id), (api, version, frame.clone()));
        }
        let (changed, value) = match wrong {
            Wrong::LostTombstone => ("delete.retention.ms", "0"),
            Wrong::DropsFromAll => ("ottla.full.policy", "drop"),
            Wrong::ForgottenOffsets => ("ottla.import", "false"),
            _ => return frame,
        };
        if api != CREATE_TOPICS {
            return frame;
        }
        let mut request: m::CreateTopicsRequest = decode_request(&header, body).unwrap();
        let configs = request.topics.iter_mut().flat_map(|topic| &mut topic.configs);
        for config in configs.filter(|config| config.name == changed) {
            config.value = Some(value.to_owned());
        }
        encode_request(&request, version, id, header.client_id.as_deref())
    }

    pub(crate) fn response(&mut self, connection: ConnectionId, frame: Bytes) -> Bytes {
        let Some(id) = frame.first_chunk::<4>().map(|id| i32::from_be_bytes(*id)) else {
            return frame;
        };
        let Some((api, version, asked)) = self.asked.remove(&(connection, id)) else {
            return frame;
        };
        if api == CREATE_TOPICS {
            let (_, response) =
                decode_response::<m::CreateTopicsResponse>(frame.clone(), version).unwrap();
            for topic in response.topics {
                self.topics.insert(topic.topic_id, topic.name);
            }
            return frame;
        }
        let (header, body) = peek_header(asked).unwrap();
        if api == LIST_OFFSETS {
            let asked: m::ListOffsetsRequest = decode_request(&header, body).unwrap();
            return self.forget_starts(&asked, frame, version, id);
        }
        let asked: m::FetchRequest = decode_request(&header, body).unwrap();
        let (_, mut response) = decode_response::<m::FetchResponse>(frame, version).unwrap();
        if self.does(Wrong::SilentLoss) {
            let all = response.responses.iter_mut().flat_map(|topic| &mut topic.partitions);
            for data in all.filter(|data| data.error_code == OFFSET_OUT_OF_RANGE) {
                data.error_code = 0;
            }
            return encode_response(&response, version, id);
        }
        for topic in &mut response.responses {
            let asked = asked.topics.iter().find(|asked| asked.topic_id == topic.topic_id);
            for data in &mut topic.partitions {
                let partitions = asked.into_iter().flat_map(|asked| &asked.partitions);
                let offset = partitions.filter(|p| p.partition == data.partition_index);
                let offset = offset.map(|p| p.fetch_offset).next();
                self.add_unstored(topic.topic_id, data, offset);
            }
        }
        encode_response(&response, version, id)
    }

    /// Who asks where a log begins hears what was said first.
    fn forget_starts(
        &mut self,
        asked: &m::ListOffsetsRequest,
        frame: Bytes,
        version: i16,
        id: i32,
    ) -> Bytes {
        let (_, mut response) = decode_response::<m::ListOffsetsResponse>(frame, version).unwrap();
        for (asked, topic) in asked.topics.iter().zip(&mut response.topics) {
            for (asked, found) in asked.partitions.iter().zip(&mut topic.partitions) {
                if asked.timestamp == EARLIEST && found.error_code == 0 {
                    let place = (topic.name.clone(), found.partition_index);
                    found.offset = *self.starts.entry(place).or_insert(found.offset);
                }
            }
        }
        encode_response(&response, version, id)
    }

    fn add_unstored(
        &self,
        topic: Uuid,
        data: &mut m::FetchPartitionData,
        fetch_offset: Option<i64>,
    ) {
        let Some(name) = self.topics.get(&topic) else { return };
        let Some(log) = self.logs.get(&(name.clone(), data.partition_index)) else { return };
        let records = data.records.clone().unwrap_or_default();
        let served = batches(records.clone()).flatten().last();
        let next = served.map(|batch| batch.header.next_offset()).or(fetch_offset);
        for write in &self.pending {
            let Write::Append { log: to, bytes, .. } = write else { continue };
            let first = BatchHeader::parse(bytes).ok().map(|header| header.base_offset);
            if to != log || first.is_none() || first != next {
                continue;
            }
            let mut all = BytesMut::from(&records[..]);
            all.extend_from_slice(bytes);
            let last = batches(bytes.clone()).flatten().last().unwrap();
            data.records = Some(all.freeze());
            data.high_watermark = last.header.next_offset();
            data.last_stable_offset = data.high_watermark;
            return;
        }
    }

    /// A load brought this.
    pub(crate) fn loaded(&mut self, loaded: Loaded) -> Loaded {
        match loaded {
            Loaded::Log(pieces) if self.does(Wrong::UncheckedBits) => {
                let mend = |(at, bytes)| (at, rewrite(bytes, |_| {}));
                Loaded::Log(pieces.into_iter().map(mend).collect())
            }
            loaded => loaded,
        }
    }

    /// The broker is dead, and will be opened anew over this.
    pub(crate) fn crashed(&mut self, disk: &mut Disk, random: &mut Random) {
        self.asked.clear();
        self.settled();
        match self.wrong {
            Some(Wrong::ForgottenOrder) => disk.forget_one(random),
            Some(Wrong::ForgottenProducers) => disk.rewrite(forget_producers),
            _ => {}
        }
    }
}

/// The batches with something changed and right checksums.
fn rewrite(bytes: Bytes, change: impl Fn(&mut [u8])) -> Bytes {
    let mut all = BytesMut::from(&bytes[..]);
    let mut at = 0;
    while let Ok(header) = BatchHeader::parse(&all[at..]) {
        let size = header.size_bytes();
        let Some(batch) = all.get_mut(at..at + size) else { break };
        change(batch);
        // The checksum covers what follows it.
        let crc = crc32c::crc32c(&batch[21..]);
        batch[17..21].copy_from_slice(&crc.to_be_bytes());
        at += size;
    }
    all.freeze()
}

/// Without producers in snapshots and batches. Snapshots that are no good are made anew from batches.
fn forget_producers(stored: &mut MemoryStorage) {
    for (key, value) in stored.metadata_mut().iter_mut() {
        if key.matches('/').count() >= 2 {
            *value = Bytes::new();
        }
    }
    for (_, pieces) in stored.segments_mut().iter_mut() {
        for (_, bytes) in pieces {
            *bytes = rewrite(bytes.clone(), |batch| batch[43..HEADER_BYTES - 4].fill(0xff));
        }
    }
}

/// Runs seeds until one fails for one of these reasons, and says how. That others fail otherwise
/// proves nothing.
fn notices(wrong: Wrong, expected: &[&str]) {
    let expects = |why: &String| expected.iter().any(|text| why.contains(text));
    let found = (0..SEEDS).find_map(|seed| {
        let run = || scenario::run(seed, Saboteur::new(Some(wrong), false));
        Some((seed, attempt(run).err().filter(expects)?))
    });
    let (seed, why) = found.expect("no seed notices");
    println!("{wrong:?}: seed {seed}: {why}");
}

#[test]
fn acknowledged_before_it_is_stored() {
    notices(Wrong::EarlyAcknowledgement, &["was promised", "is acknowledged where record"]);
}

#[test]
fn served_before_it_is_stored() {
    notices(Wrong::WatermarkTooEarly, &["was promised", "is served where record"]);
}

#[test]
fn stored_without_what_was_written_before() {
    notices(Wrong::ForgottenOrder, &["nothing was damaged", "was promised", "a gap"]);
}

#[test]
fn a_tombstone_lost_by_compaction() {
    notices(Wrong::LostTombstone, &["the tombstone of"]);
}

#[test]
fn producers_that_are_not_known_again() {
    notices(Wrong::ForgottenProducers, &["is there twice"]);
}

#[test]
fn damage_served_as_records() {
    notices(Wrong::UncheckedBits, &["served what nobody sent"]);
}

#[test]
fn room_made_at_the_cost_of_others() {
    notices(Wrong::DropsFromAll, &["nor a lack of room took it"]);
}

#[test]
fn a_start_that_is_not_told() {
    notices(Wrong::ForgottenStart, &["where the log is said to begin"]);
}

#[test]
fn a_loss_that_nobody_is_told_of() {
    notices(Wrong::SilentLoss, &["gone, which nobody is told"]);
}

#[test]
fn an_import_with_other_offsets() {
    notices(Wrong::ForgottenOffsets, &["where it ends after its import"]);
}

#[test]
fn batches_are_rewritten_as_they_are() {
    let mut batch = ottla::record::BatchBuilder::new();
    batch.append(1, Some(b"key"), Some(b"value"), &[]);
    let bytes = batch.finish(&ottla::record::BatchOptions::default()).unwrap();
    assert_eq!(rewrite(bytes.clone(), |_| {}), bytes);
    let changed = rewrite(bytes, |batch| batch[43] ^= 1);
    let batch: Batch = batches(changed).next().unwrap().unwrap();
    batch.verify().unwrap();
}

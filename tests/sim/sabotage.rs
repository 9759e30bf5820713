//! That the checks notice what is wrong: somebody between the clients and the broker, or in the
//! storage, changes what is said as a broken coordinator or client would, and some seed of a few must
//! fail for the right reason. Nothing of the product is changed for it.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla::ConnectionId;
use ottla::protocol::{
    Message, Request, decode_request, decode_response, encode_request, encode_response,
    messages as m, peek_header,
};

use crate::host::Host;
use crate::members::Tamper;
use crate::scenario::{self, Spoilt};
use crate::seeds::attempt;

const SEEDS: u64 = 150;
const HEARTBEAT: i16 = 12;
const SYNC_GROUP: i16 = 14;
const OFFSET_COMMIT: i16 = 8;
const OFFSET_FETCH: i16 = 9;
const CONSUMER_GROUP_HEARTBEAT: i16 = 68;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Wrong {
    /// A member that the group has gone on without, or that must join again, never learns it.
    FencingUnheard,
    /// A commit of an earlier assignment is sent under the present one.
    EarlierAssignmentsCommit,
    /// A commit of an earlier generation, long on its way, is accepted in the present one.
    EarlierGenerationsCommit,
    /// The last that the coordinator answered was not stored when the broker died.
    AnsweredBeforeStored,
    /// Offsets are not read again when the broker is opened.
    NothingReplayed,
    /// Two members get the same assignment in one generation (classic).
    AssignedTwice,
    /// Two members get the same assignment (consumer protocol).
    GivenTwice,
    /// A member's assignment gets lost (classic).
    AssignedToNobody,
    /// Members begin one record too late.
    BeginsTooLate,
}

struct Saboteur {
    wrong: Wrong,
    asked: BTreeMap<(ConnectionId, i32), (i16, i16)>,
    first_commit: BTreeMap<String, Vec<m::OffsetCommitRequestTopic>>,
    /// The first commit of each generation, by group.
    commits: BTreeMap<String, BTreeMap<i32, Vec<m::OffsetCommitRequestTopic>>>,
    given: Option<Bytes>,
    target: Option<m::ConsumerGroupHeartbeatAssignment>,
    count: u32,
}

fn change<R: Request + Message>(frame: &Bytes, with: impl FnOnce(&mut R, i16)) -> Bytes {
    let (header, body) = peek_header(frame.clone()).unwrap();
    let mut request: R = decode_request(&header, body).unwrap();
    with(&mut request, header.api_version);
    let client = header.client_id.as_deref();
    encode_request(&request, header.api_version, header.correlation_id, client)
}

fn answer<M: Message>(frame: &Bytes, version: i16, with: impl FnOnce(&mut M)) -> Bytes {
    let (id, mut response) = decode_response::<M>(frame.clone(), version).unwrap();
    with(&mut response);
    encode_response(&response, version, id)
}

impl Tamper for Saboteur {
    fn request(&mut self, connection: ConnectionId, frame: Bytes) -> Bytes {
        let Ok((header, _)) = peek_header(frame.clone()) else { return frame };
        let (api, version) = (header.api_key, header.api_version);
        self.asked.insert((connection, header.correlation_id), (api, version));
        match self.wrong {
            Wrong::EarlierAssignmentsCommit if api == OFFSET_COMMIT => {
                self.count += 1;
                let late = self.count.is_multiple_of(7);
                change::<m::OffsetCommitRequest>(&frame, |request, _| {
                    let first = self.first_commit.entry(request.group_id.clone());
                    let first = first.or_insert_with(|| request.topics.clone());
                    if late {
                        request.topics.clone_from(first);
                    }
                })
            }
            Wrong::EarlierGenerationsCommit if api == OFFSET_COMMIT => {
                self.count += 1;
                let late = self.count.is_multiple_of(7);
                change::<m::OffsetCommitRequest>(&frame, |request, _| {
                    let generation = request.generation_id_or_member_epoch;
                    let commits = self.commits.entry(request.group_id.clone()).or_default();
                    commits.entry(generation).or_insert_with(|| request.topics.clone());
                    let earlier = commits.range(..generation).next_back();
                    if let Some((_, topics)) = earlier.filter(|_| late) {
                        request.topics.clone_from(topics);
                    }
                })
            }
            _ => frame,
        }
    }

    fn response(&mut self, connection: ConnectionId, frame: Bytes) -> Bytes {
        let Some(id) = frame.first_chunk::<4>().map(|id| i32::from_be_bytes(*id)) else {
            return frame;
        };
        let Some((api, version)) = self.asked.remove(&(connection, id)) else { return frame };
        match (self.wrong, api) {
            (Wrong::FencingUnheard, HEARTBEAT) => {
                answer::<m::HeartbeatResponse>(&frame, version, |response| response.error_code = 0)
            }
            (Wrong::AssignedTwice, SYNC_GROUP) => {
                answer::<m::SyncGroupResponse>(&frame, version, |response| {
                    if response.error_code == 0 {
                        let own = response.assignment.clone();
                        response.assignment = self.given.replace(own.clone()).unwrap_or(own);
                    }
                })
            }
            (Wrong::AssignedToNobody, SYNC_GROUP) => {
                answer::<m::SyncGroupResponse>(&frame, version, |response| {
                    response.assignment = Bytes::new();
                })
            }
            (Wrong::GivenTwice, CONSUMER_GROUP_HEARTBEAT) => {
                answer::<m::ConsumerGroupHeartbeatResponse>(&frame, version, |response| {
                    if let Some(own) = response.assignment.clone()
                        && let Some(other) = self.target.replace(own)
                    {
                        response.assignment = Some(other);
                    }
                })
            }
            (Wrong::BeginsTooLate, OFFSET_FETCH) => {
                answer::<m::OffsetFetchResponse>(&frame, version, |response| {
                    let groups = response.groups.iter_mut().flat_map(|group| &mut group.topics);
                    let offsets = groups.flat_map(|topic| &mut topic.partitions);
                    offsets
                        .filter(|p| p.committed_offset > 0)
                        .for_each(|p| p.committed_offset += 1);
                    let topics = response.topics.iter_mut().flat_map(|topic| &mut topic.partitions);
                    topics.filter(|p| p.committed_offset > 0).for_each(|p| p.committed_offset += 1);
                })
            }
            _ => frame,
        }
    }

    fn storage(&mut self, host: &mut Host) {
        let logs = host.offsets_logs.clone();
        for ((log, _), pieces) in host.storage.segments_mut().iter_mut() {
            match self.wrong {
                Wrong::NothingReplayed if logs.contains(log) => pieces.clear(),
                Wrong::AnsweredBeforeStored if logs.contains(log) => drop(pieces.pop()),
                _ => {}
            }
        }
    }
}

/// Runs seeds until one fails for one of these reasons, and says how. That others fail otherwise, such
/// as for want of progress, proves nothing.
fn noticed(expected: &[&str], spoil: impl Fn() -> Spoilt) -> String {
    let expects = |why: &String| expected.iter().any(|text| why.contains(text));
    let found = (0..SEEDS).find_map(|seed| {
        let why = attempt(|| scenario::run(seed, spoil())).err().filter(expects)?;
        Some(format!("seed {seed}: {why}"))
    });
    found.expect("no seed notices")
}

fn notices(wrong: Wrong, expected: &[&str]) {
    let why = noticed(expected, || {
        let tamper: Box<dyn Tamper> = Box::new(Saboteur {
            wrong,
            asked: BTreeMap::new(),
            first_commit: BTreeMap::new(),
            commits: BTreeMap::new(),
            given: None,
            target: None,
            count: 0,
        });
        Spoilt { tamper: Some(tamper), ..Spoilt::default() }
    });
    println!("{wrong:?}: {why}");
}

#[test]
fn a_member_that_never_hears_of_being_fenced() {
    notices(Wrong::FencingUnheard, &["belongs to", "never stands still"]);
}

#[test]
fn commits_of_earlier_assignments() {
    notices(Wrong::EarlierAssignmentsCommit, &["committed", "was confirmed"]);
}

#[test]
fn commits_of_earlier_generations() {
    notices(Wrong::EarlierGenerationsCommit, &["committed", "was confirmed"]);
}

#[test]
fn answers_before_anything_is_stored() {
    notices(Wrong::AnsweredBeforeStored, &["committed", "was confirmed"]);
}

#[test]
fn offsets_that_are_not_replayed() {
    notices(Wrong::NothingReplayed, &["committed", "was confirmed"]);
}

#[test]
fn partitions_assigned_to_two() {
    notices(Wrong::AssignedTwice, &["in generation"]);
}

#[test]
fn partitions_given_to_two_by_the_coordinator() {
    notices(Wrong::GivenTwice, &["belongs to", "never stands still"]);
}

#[test]
fn partitions_assigned_to_nobody() {
    notices(Wrong::AssignedToNobody, &["belongs to nobody"]);
}

#[test]
fn records_left_out() {
    notices(Wrong::BeginsTooLate, &["left out"]);
}

#[test]
fn records_of_partitions_that_were_given_up() {
    noticed(&["which it does not own"], || Spoilt { hoards: true, ..Spoilt::default() });
}

//! The journal: the one place that says what is stored.
//!
//! A commit first writes its records to the segments' files, behind what is known to be stored, and
//! then appends one entry list to the journal: the metadata that it sets, and how far each segment
//! reaches now. The journal's own append is the moment at which all of it becomes true, together.
//! What lies in a segment's file behind the journal's word was never promised to anyone, and is cut
//! off when the files are opened.
//!
//! ```text
//! journal  = magic, commit*
//! commit   = length of body (u32), CRC-32C of body (u32), body
//! body     = number of the commit (u64), entry*
//! entry    = kind (u8), fields; texts and values with their length (u32) before them
//! ```
//! Numbers are in network order. When the journal has grown it is replaced by one commit that says
//! the same.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytes::{Buf, BufMut, Bytes};
use ottla::storage::{LogId, SegmentId};

use super::layout;
use super::state::{Entry, State};

const MAGIC: &[u8; 8] = b"ottlajn1";

/// What is added to the kind of an entry about a segment that has a generation.
const COMPACTED: u8 = 3;

/// Length and checksum.
const PREFIX_BYTES: usize = 8;

/// A journal smaller than this is left as it is.
const COMPACT_BYTES: u64 = 4 << 20;

/// How many times larger than what it says the journal may grow.
const COMPACT_RATIO: u64 = 4;

/// A part of the journal that is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damage {
    pub position: u64,
    pub size_bytes: u64,
}

/// The journal, open for appending.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    size_bytes: u64,
    /// What it had when it was written anew.
    compacted_bytes: u64,
}

impl Journal {
    /// Starts a journal that says what `state` says, in the place of the one that may be there.
    pub(super) fn create(root: &Path, state: &State) -> io::Result<Journal> {
        let path = root.join(layout::JOURNAL);
        let mut bytes = MAGIC.to_vec();
        encode(state.sequence, &state.entries(), &mut bytes)?;
        let file = layout::replace(&path, &bytes)?;
        layout::sync_folder(root)?;
        let size_bytes = bytes.len() as u64;
        Ok(Journal { path, file, size_bytes, compacted_bytes: size_bytes })
    }

    /// Opens the journal behind its last whole commit, at `end`.
    pub(super) fn open(root: &Path, end: u64) -> io::Result<Journal> {
        let path = root.join(layout::JOURNAL);
        let mut file = File::options().write(true).open(&path)?;
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        Ok(Journal { path, file, size_bytes: end, compacted_bytes: 0 })
    }

    /// Appends a commit. If that fails the journal is as it was, or it says so with a second error.
    pub(super) fn append(&mut self, sequence: u64, entries: &[Entry]) -> io::Result<()> {
        let mut bytes = Vec::new();
        encode(sequence, entries, &mut bytes)?;
        self.file.write_all(&bytes)?;
        self.size_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Cuts off what a failed append left.
    pub(super) fn roll_back(&mut self, size_bytes: u64) -> io::Result<()> {
        self.file.set_len(size_bytes)?;
        self.file.seek(SeekFrom::Start(size_bytes))?;
        self.size_bytes = size_bytes;
        Ok(())
    }

    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Whether it says in many words what could be said in few.
    pub(super) fn is_long(&self) -> bool {
        self.size_bytes > COMPACT_BYTES.max(self.compacted_bytes.saturating_mul(COMPACT_RATIO))
    }

    pub(super) fn root(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

/// Reads a journal: what it says, where its last whole commit ends, and what in it is damaged. What
/// is torn at its end is no damage: it was never confirmed.
pub(super) fn read(bytes: Bytes) -> io::Result<(State, u64, Vec<Damage>)> {
    if !bytes.starts_with(MAGIC) {
        let message = format!("{} is of another kind or release", layout::JOURNAL);
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    let (mut state, mut damage) = (State::default(), Vec::new());
    let (mut at, mut end) = (MAGIC.len(), MAGIC.len());
    while at < bytes.len() {
        let Some((sequence, entries, size)) = commit_at(&bytes.slice(at..)) else {
            at += 1;
            continue;
        };
        if sequence < state.sequence {
            // An old commit that shows through damage.
            at += 1;
            continue;
        }
        if at > end {
            damage.push(Damage { position: end as u64, size_bytes: (at - end) as u64 });
        }
        entries.into_iter().for_each(|entry| state.apply(entry));
        state.sequence = sequence;
        at += size;
        end = at;
    }
    Ok((state, end as u64, damage))
}

/// The commit at the start of `bytes`, with how many bytes it takes; `None` if it is not whole.
fn commit_at(bytes: &Bytes) -> Option<(u64, Vec<Entry>, usize)> {
    let mut prefix = bytes.get(..PREFIX_BYTES)?;
    let (length, crc) = (prefix.get_u32() as usize, prefix.get_u32());
    let size = PREFIX_BYTES.checked_add(length).filter(|size| *size <= bytes.len())?;
    // An empty body would match zeros.
    if length < 8 || crc32c::crc32c(&bytes[PREFIX_BYTES..size]) != crc {
        return None;
    }
    let mut body = bytes.slice(PREFIX_BYTES..size);
    let sequence = body.get_u64();
    let mut entries = Vec::new();
    while body.has_remaining() {
        entries.push(decode(&mut body)?);
    }
    Some((sequence, entries, size))
}

fn encode(sequence: u64, entries: &[Entry], out: &mut Vec<u8>) -> io::Result<()> {
    let start = out.len();
    out.put_bytes(0, PREFIX_BYTES);
    out.put_u64(sequence);
    entries.iter().for_each(|entry| encode_entry(entry, out));
    let body = &out[start + PREFIX_BYTES..];
    let length = u32::try_from(body.len())
        .map_err(|_| io::Error::new(io::ErrorKind::FileTooLarge, "a commit of 4 GiB"))?;
    let crc = crc32c::crc32c(body);
    let mut prefix = &mut out[start..start + PREFIX_BYTES];
    prefix.put_u32(length);
    prefix.put_u32(crc);
    Ok(())
}

fn encode_entry(entry: &Entry, out: &mut Vec<u8>) {
    match entry {
        Entry::Put { key, value } => {
            out.put_u8(1);
            put_bytes(key.as_bytes(), out);
            put_bytes(value, out);
        }
        Entry::Delete { key } => {
            out.put_u8(2);
            put_bytes(key.as_bytes(), out);
        }
        Entry::CreateLog { log, topic, partition } => {
            out.put_u8(3);
            out.put_u32(log.0);
            put_bytes(topic.as_bytes(), out);
            out.put_i32(*partition);
        }
        Entry::DeleteLog { log } => {
            out.put_u8(4);
            out.put_u32(log.0);
        }
        Entry::End { log, segment, end } => put_segment(5, *log, *segment, Some(*end), out),
        Entry::DeleteSegment { log, segment } => put_segment(6, *log, *segment, None, out),
        Entry::Snapshot { log, segment, end } => put_segment(7, *log, *segment, Some(*end), out),
    }
}

/// What compaction made has a kind of entry of its own, with the generation.
fn put_segment(kind: u8, log: LogId, segment: SegmentId, end: Option<u64>, out: &mut Vec<u8>) {
    let compacted = segment.generation > 0;
    out.put_u8(if compacted { kind + COMPACTED } else { kind });
    out.put_u32(log.0);
    out.put_i64(segment.base_offset);
    if compacted {
        out.put_u32(segment.generation);
    }
    if let Some(end) = end {
        out.put_u64(end);
    }
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    // Longer than a u32 can say is longer than a commit may be, which is refused as a whole.
    out.put_u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    out.put_slice(bytes);
}

fn decode(from: &mut Bytes) -> Option<Entry> {
    let entry = match from.try_get_u8().ok()? {
        1 => Entry::Put { key: get_text(from)?, value: get_bytes(from)? },
        2 => Entry::Delete { key: get_text(from)? },
        3 => Entry::CreateLog {
            log: LogId(from.try_get_u32().ok()?),
            topic: get_text(from)?,
            partition: from.try_get_i32().ok()?,
        },
        4 => Entry::DeleteLog { log: LogId(from.try_get_u32().ok()?) },
        kind @ 5..=10 => {
            let log = LogId(from.try_get_u32().ok()?);
            let base_offset = from.try_get_i64().ok()?;
            let compacted = kind >= 5 + COMPACTED;
            let generation = if compacted { from.try_get_u32().ok()? } else { 0 };
            let segment = SegmentId { base_offset, generation };
            match if compacted { kind - COMPACTED } else { kind } {
                5 => Entry::End { log, segment, end: from.try_get_u64().ok()? },
                6 => Entry::DeleteSegment { log, segment },
                _ => Entry::Snapshot { log, segment, end: from.try_get_u64().ok()? },
            }
        }
        _ => return None,
    };
    Some(entry)
}

fn get_bytes(from: &mut Bytes) -> Option<Bytes> {
    let length = from.try_get_u32().ok()? as usize;
    (length <= from.len()).then(|| from.split_to(length))
}

fn get_text(from: &mut Bytes) -> Option<String> {
    String::from_utf8(get_bytes(from)?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPACT: SegmentId = SegmentId { base_offset: 7, generation: 2 };

    fn commits() -> Vec<Vec<Entry>> {
        let log = LogId(42);
        let key = "log/0000002a/0000000000000000".to_owned();
        vec![
            vec![
                Entry::CreateLog { log, topic: "t".into(), partition: 3 },
                Entry::Put { key: "topic/t".into(), value: Bytes::from_static(b"topic") },
            ],
            vec![
                Entry::End { log, segment: SegmentId::new(0), end: 100 },
                Entry::Put { key, value: Bytes::from_static(b"index") },
                Entry::Snapshot { log, segment: SegmentId::new(0), end: 100 },
            ],
            vec![
                Entry::End { log, segment: SegmentId::new(0), end: 250 },
                Entry::Delete { key: "x".into() },
            ],
            vec![
                Entry::CreateLog { log: LogId(43), topic: "u".into(), partition: 0 },
                Entry::End { log: LogId(43), segment: COMPACT, end: 5 },
                Entry::DeleteSegment { log: LogId(43), segment: COMPACT },
                Entry::DeleteLog { log: LogId(43) },
            ],
        ]
    }

    /// A journal, and where each of its commits ends.
    fn journal() -> (Vec<u8>, Vec<usize>) {
        let mut bytes = MAGIC.to_vec();
        let mut ends = vec![bytes.len()];
        for (sequence, entries) in (1..).zip(commits()) {
            encode(sequence, &entries, &mut bytes).unwrap();
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    fn state(count: usize) -> State {
        let mut state = State::default();
        for (sequence, entries) in (1..).zip(commits()).take(count) {
            entries.into_iter().for_each(|entry| state.apply(entry));
            state.sequence = sequence;
        }
        state
    }

    #[test]
    fn a_journal_cut_anywhere_says_what_its_whole_commits_say() {
        let (bytes, ends) = journal();
        for cut in MAGIC.len()..=bytes.len() {
            let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
            let (found, end, damage) = read(Bytes::copy_from_slice(&bytes[..cut])).unwrap();
            assert_eq!((found, end as usize), (state(whole), ends[whole]), "cut at {cut}");
            assert!(damage.is_empty());
        }
    }

    #[test]
    fn a_damaged_commit_is_told_and_costs_no_other() {
        let (bytes, ends) = journal();
        for at in ends[1]..ends[2] {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x55;
            let (found, end, damage) = read(bytes.into()).unwrap();
            assert_eq!(end as usize, ends[4]);
            assert_eq!(found.end(LogId(42), SegmentId::new(0)), 250, "what came later is there");
            let size_bytes = (ends[2] - ends[1]) as u64;
            assert_eq!(damage, [Damage { position: ends[1] as u64, size_bytes }]);
        }
    }

    #[test]
    fn a_state_is_said_in_few_words() {
        let state = state(4);
        let mut bytes = MAGIC.to_vec();
        encode(state.sequence, &state.entries(), &mut bytes).unwrap();
        assert_eq!(read(bytes.into()).unwrap().0, state);
    }

    #[test]
    fn other_files_are_refused() {
        assert!(read(Bytes::from_static(b"ottlajn2")).is_err());
        assert!(read(Bytes::new()).is_err());
    }
}

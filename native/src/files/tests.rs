//! The store by itself: what is there after each way to end.

use bytes::Bytes;
use ottla::record::{self, BatchBuilder, BatchOptions};
use ottla::storage::{Commit, CommitId, Durability, LogId, LogRange, SegmentId, Write};

use super::layout::{self, Kind};
use super::scratch::Scratch;
use super::store::{Staged, Store};
use crate::Fsync;

const LOG: LogId = LogId(7);

fn open(scratch: &Scratch) -> Store {
    Store::open(scratch.path(), Fsync::Topic, 0).unwrap()
}

fn commit(store: &mut Store, writes: Vec<Write>) {
    let id = CommitId(store.state.sequence + 1);
    store.commit(&Commit { id, durability: Durability::Relaxed, writes }).unwrap();
}

fn put(key: &str, value: impl Into<Bytes>) -> Write {
    Write::PutMetadata { key: key.to_owned(), value: value.into() }
}

fn create(log: LogId) -> Write {
    Write::CreateLog { log, topic: "t".to_owned(), partition: 0 }
}

fn batch(offset: i64) -> Bytes {
    let mut builder = BatchBuilder::new();
    builder.append(1000 + offset, None, Some(b"value"), &[]);
    let batch = builder.finish(&BatchOptions::default()).unwrap();
    let mut batch = bytes::BytesMut::from(&batch[..]);
    record::set_base_offset(&mut batch, offset);
    batch.freeze()
}

fn append(log: LogId, position: u64, bytes: Bytes) -> Write {
    Write::Append { log, segment: SegmentId::new(0), position, bytes }
}

fn stored(store: &Store, log: LogId) -> Bytes {
    let range = LogRange { log, segment: SegmentId::new(0), start: 0, end: u64::MAX };
    let pieces = super::read(&store.places, &range).unwrap();
    pieces.into_iter().next().map_or(Bytes::new(), |(_, bytes)| bytes)
}

#[test]
fn what_the_journal_does_not_know_never_was() {
    let scratch = Scratch::new();
    let mut store = open(&scratch);
    commit(&mut store, vec![create(LOG), put("a", "1"), append(LOG, 0, batch(0))]);
    let end = batch(0).len() as u64;
    let before = store.state.clone();
    // All that a commit does before the journal: records, a new log, a new segment.
    let other = LogId(8);
    let many: Vec<Bytes> = (1..200).map(batch).collect();
    let writes = vec![
        append(LOG, end, many.concat().into()),
        create(other),
        append(other, 0, batch(0)),
        Write::Append { log: LOG, segment: SegmentId::new(1), position: 0, bytes: batch(1) },
        put("a", "2"),
    ];
    store.stage(&writes, &mut Staged::default()).unwrap();
    assert_eq!(stored(&store, LOG).len() as u64, 200 * end);
    let folder = layout::partition_folder(scratch.path(), "t", 0);
    let index_bytes = || {
        let path = layout::segment_file(&folder, 0, Kind::OffsetIndex);
        std::fs::metadata(path).unwrap().len()
    };
    assert!(index_bytes() > 0);
    drop(store);

    let mut store = open(&scratch);
    assert_eq!(store.state, before);
    assert_eq!(stored(&store, LOG), batch(0));
    assert_eq!(index_bytes(), 0, "the index speaks of nothing that is not there");
    assert!(!layout::segment_file(&folder, 1, Kind::Log).exists());
    assert!(!layout::new_folder(scratch.path(), other).exists());
    commit(&mut store, vec![append(LOG, end, batch(1))]);
    assert_eq!(stored(&store, LOG), [batch(0), batch(1)].concat());
}

#[test]
fn a_topic_is_deleted_and_made_again_in_one_commit() {
    let scratch = Scratch::new();
    let mut store = open(&scratch);
    commit(&mut store, vec![create(LOG), append(LOG, 0, batch(0))]);
    let again = LogId(8);
    let writes = vec![
        Write::DeleteLog { log: LOG },
        create(again),
        append(again, 0, Bytes::from([batch(0), batch(1)].concat())),
    ];
    commit(&mut store, writes);
    for store in [store, open_again(&scratch)] {
        assert_eq!(stored(&store, LOG), Bytes::new());
        assert_eq!(stored(&store, again), [batch(0), batch(1)].concat());
        let folder = layout::partition_folder(scratch.path(), "t", 0);
        assert_eq!(store.places.folder(again), Some(folder));
    }
}

/// Opens the files while the first store still holds them, as after a kill.
fn open_again(scratch: &Scratch) -> Store {
    std::fs::remove_file(scratch.path().join(layout::LOCK)).unwrap();
    open(scratch)
}

#[test]
fn a_deletion_that_was_cut_short_goes_on() {
    let scratch = Scratch::new();
    let mut store = open(&scratch);
    commit(&mut store, vec![create(LOG), append(LOG, 0, batch(0))]);
    let folder = layout::partition_folder(scratch.path(), "t", 0);
    let log = layout::segment_file(&folder, 0, Kind::Log);
    let bytes = std::fs::read(&log).unwrap();
    commit(&mut store, vec![Write::DeleteLog { log: LOG }]);
    assert!(!folder.exists());
    drop(store);
    // Killed between the journal and the removal: the folder is still there.
    std::fs::create_dir(&folder).unwrap();
    layout::write_partition_metadata(&folder, ottla::Uuid::ZERO).unwrap();
    std::fs::write(&log, bytes).unwrap();
    // What is not a broker's is not touched.
    let other = scratch.path().join("notes-1");
    std::fs::create_dir(&other).unwrap();
    drop(open(&scratch));
    assert!(!folder.exists());
    assert!(other.exists());
}

#[test]
fn a_compacted_segment_gets_the_names_of_those_it_replaces() {
    let scratch = Scratch::new();
    let folder = layout::partition_folder(scratch.path(), "t", 0);
    let cleaned = SegmentId { base_offset: 0, generation: 1 };
    let append = |segment, bytes: Bytes| Write::Append { log: LOG, segment, position: 0, bytes };
    let read = |store: &Store, segment| {
        let range = LogRange { log: LOG, segment, start: 0, end: u64::MAX };
        let pieces = super::read(&store.places, &range).unwrap();
        pieces.into_iter().next().map_or(Bytes::new(), |(_, bytes)| bytes)
    };
    let delete = |base| Write::DeleteSegment { log: LOG, segment: SegmentId::new(base) };
    let before = || Bytes::from([batch(0), batch(1)].concat());
    // It ends well, it is killed before the journal has the last commit, and while files get names.
    for ending in 0..4 {
        let mut store = open(&scratch);
        let [first, second, active] = [0, 2, 3].map(SegmentId::new);
        let writes = vec![create(LOG), append(first, before()), append(second, batch(2))];
        commit(&mut store, writes);
        commit(&mut store, vec![append(active, batch(3))]);
        commit(&mut store, vec![append(cleaned, batch(1))]);
        assert_eq!(read(&store, first), before(), "the old one has the names");
        assert_eq!(read(&store, cleaned), batch(1));
        let path = layout::cleaned_file(&folder, cleaned, Kind::Log);
        assert!(path.is_file());
        let log = layout::segment_file(&folder, 0, Kind::Log);
        if ending == 1 {
            store.stage(&[delete(0), delete(2)], &mut Staged::default()).unwrap();
            drop(store);
            let mut store = open(&scratch);
            assert_eq!((read(&store, first), read(&store, cleaned)), (before(), batch(1)));
            assert_eq!(std::fs::read(&log).unwrap(), before());
            // The core removes what is unfinished.
            commit(&mut store, vec![Write::DeleteSegment { log: LOG, segment: cleaned }]);
            assert!(!path.exists());
            assert_eq!(read(&store, first), before());
        } else {
            commit(&mut store, vec![delete(0), delete(2)]);
            drop(store);
            assert_eq!(std::fs::read(&log).unwrap(), batch(1));
            if ending > 1 {
                std::fs::rename(&log, &path).unwrap();
            }
            if ending > 2 {
                std::fs::write(&log, before()).unwrap();
            }
            let mut store = open(&scratch);
            assert_eq!(read(&store, cleaned), batch(1), "ending {ending}");
            assert_eq!(read(&store, first), Bytes::new(), "not the other one under its names");
            assert_eq!(std::fs::read(&log).unwrap(), batch(1));
            assert!(!layout::segment_file(&folder, 2, Kind::Log).exists() && !path.exists());
            // Once more, and then retention.
            let again = SegmentId { base_offset: 0, generation: 2 };
            commit(&mut store, vec![append(again, batch(1))]);
            let gone = Write::DeleteSegment { log: LOG, segment: cleaned };
            commit(&mut store, vec![gone]);
            assert_eq!(read(&store, again), batch(1));
            commit(&mut store, vec![Write::DeleteSegment { log: LOG, segment: again }]);
            assert!(!log.exists());
        }
        let mut store = open(&scratch);
        assert_eq!(read(&store, active), batch(3));
        commit(&mut store, vec![Write::DeleteLog { log: LOG }]);
    }
}

#[test]
fn the_journal_stays_short() {
    let scratch = Scratch::new();
    let mut store = open(&scratch);
    let path = scratch.path().join(layout::JOURNAL);
    let mut longest = 0;
    for round in 0..200_u8 {
        commit(&mut store, vec![put("large", vec![round; 100_000]), put("small", vec![round])]);
        longest = longest.max(std::fs::metadata(&path).unwrap().len());
    }
    assert!(longest < 5_000_000, "{longest} bytes, for a hundred thousand");
    let state = store.state.clone();
    drop(store);
    assert_eq!(open(&scratch).state, state);
}

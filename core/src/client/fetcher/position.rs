//! From the bytes of a fetch to the batches that a consumer is to see, and to the next position.

use bytes::Bytes;

use crate::protocol::messages::AbortedTransaction;
use crate::record::{Batch, ControlType, RecordError, batches};
use crate::sort::sort_by;

/// Where an assigned partition begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartPosition {
    /// At this offset.
    Offset(i64),
    /// At the first offset.
    Earliest,
    /// At the end.
    Latest,
    /// At the first record of this time or later, in milliseconds since 1970; at the end where
    /// there is none.
    Timestamp(i64),
}

/// What a section of records holds.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// The batches to deliver.
    pub(crate) batches: Vec<Batch>,
    /// The position behind all that was read.
    pub(crate) next_offset: i64,
    /// The leader epoch of the last batch, −1 where there is none.
    pub(crate) last_epoch: i32,
    /// What was found at `next_offset` instead of a batch, and the last offset that it claims.
    pub(crate) damage: Option<(i64, RecordError)>,
}

/// Reads a section. With `aborted`, only committed records are wanted, and these transactions were
/// aborted (KIP-98).
pub(crate) fn parse(
    records: Bytes,
    position: i64,
    aborted: Option<Vec<AbortedTransaction>>,
    check_crcs: bool,
) -> Parsed {
    let mut parsed = Parsed { next_offset: position, last_epoch: -1, ..Parsed::default() };
    let committed_only = aborted.is_some();
    let mut aborted = aborted.unwrap_or_default();
    // The last is the one that begins first.
    sort_by(&mut aborted, |a, b| a.first_offset > b.first_offset);
    let mut aborting: Vec<i64> = Vec::new();
    let mut any = false;
    for batch in batches(records) {
        let batch = match batch {
            Ok(batch) => batch,
            // A broker may cut off the last batch, but not the only one (KIP-74).
            Err(RecordError::Truncated { .. }) if any => break,
            Err(error) => {
                parsed.damage = Some((parsed.next_offset, error));
                break;
            }
        };
        any = true;
        let header = batch.header;
        if header.last_offset() < position {
            continue;
        }
        if check_crcs && let Err(error) = batch.verify() {
            parsed.damage = Some((header.last_offset(), error));
            break;
        }
        while aborted.last().is_some_and(|first| first.first_offset <= header.last_offset()) {
            aborting.extend(aborted.pop().map(|transaction| transaction.producer_id));
        }
        parsed.next_offset = header.next_offset();
        parsed.last_epoch = header.partition_leader_epoch;
        if header.is_control() {
            if batch.control_type() == Ok(ControlType::Abort) {
                aborting.retain(|id| *id != header.producer_id);
            }
        } else if !(committed_only
            && header.is_transactional()
            && aborting.contains(&header.producer_id))
        {
            parsed.batches.push(batch);
        }
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{BatchBuilder, BatchOptions};

    fn batch(base_offset: i64, records: usize, options: BatchOptions) -> Vec<u8> {
        let mut builder = BatchBuilder::new();
        (0..records).for_each(|_| builder.append(1, None, Some(b"x"), &[]));
        builder.finish(&BatchOptions { base_offset, ..options }).unwrap().to_vec()
    }

    fn transactional(producer_id: i64) -> BatchOptions {
        BatchOptions {
            producer_id,
            producer_epoch: 0,
            base_sequence: 0,
            is_transactional: true,
            ..BatchOptions::default()
        }
    }

    fn marker(base_offset: i64, producer_id: i64, kind: u8) -> Vec<u8> {
        let mut builder = BatchBuilder::new();
        builder.append(1, Some(&[0, 0, 0, kind]), Some(&[0; 6]), &[]);
        let options = BatchOptions { is_control: true, base_offset, ..transactional(producer_id) };
        builder.finish(&options).unwrap().to_vec()
    }

    fn offsets(parsed: &Parsed) -> Vec<i64> {
        parsed.batches.iter().map(|batch| batch.header.base_offset).collect()
    }

    #[test]
    fn a_fetch_may_begin_inside_a_batch_and_end_inside_another() {
        let plain = BatchOptions::default();
        let mut bytes = [batch(0, 5, plain), batch(5, 5, plain), batch(10, 5, plain)].concat();
        bytes.extend_from_slice(&batch(15, 5, plain)[..70]);
        let parsed = parse(bytes.into(), 7, None, true);
        assert_eq!(offsets(&parsed), [5, 10]);
        assert_eq!(parsed.next_offset, 15);
        assert!(parsed.damage.is_none());
    }

    #[test]
    fn what_is_whole_before_the_damage_is_kept() {
        let plain = BatchOptions::default();
        let mut bytes = [batch(0, 5, plain), batch(5, 5, plain)].concat();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        let parsed = parse(bytes.clone().into(), 0, None, true);
        assert_eq!((offsets(&parsed), parsed.next_offset), (vec![0], 5));
        assert!(matches!(parsed.damage, Some((9, RecordError::BadCrc { .. }))));
        assert_eq!(offsets(&parse(bytes.into(), 0, None, false)), [0, 5]);
        let parsed = parse(vec![0; 30].into(), 3, None, true);
        assert!(matches!(parsed.damage, Some((3, _))));
    }

    #[test]
    fn control_batches_and_aborted_records_are_left_out() {
        let log = [
            batch(0, 2, transactional(1)),
            batch(2, 2, transactional(2)),
            marker(4, 1, 0),
            batch(5, 1, transactional(1)),
            marker(6, 2, 1),
            marker(7, 1, 1),
        ]
        .concat();
        let aborted = vec![AbortedTransaction { producer_id: 1, first_offset: 0 }];
        let parsed = parse(log.clone().into(), 0, Some(aborted), true);
        assert_eq!((offsets(&parsed), parsed.next_offset), (vec![2, 5], 8));
        let parsed = parse(log.into(), 0, None, true);
        assert_eq!(offsets(&parsed), [0, 2, 5]);
    }
}

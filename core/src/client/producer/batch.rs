//! A batch on its way: first growing, then sealed, with the sends whose records it holds.

use bytes::Bytes;

use crate::record::{
    Batch as Sealed, BatchBuilder, BatchOptions, Compression, RecordError, batches, spans,
};

/// Who numbers the records of a batch (KIP-98).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sequence {
    pub(crate) producer_id: i64,
    pub(crate) epoch: i16,
    pub(crate) base: i32,
}

/// A run of records of one send in one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) send: usize,
    pub(crate) first: u32,
    pub(crate) count: u32,
}

/// What is known of a batch that has a sequence number and is to be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is not stored.
    NotStored,
    /// It may be: no answer came to an attempt, or one that leaves this open. Under another sequence
    /// number it could be stored twice.
    Unknown,
    /// It is not, and cannot be with this sequence number: one before it is missing for good.
    OutOfOrder,
}

#[derive(Debug)]
enum Contents {
    Open(BatchBuilder),
    Sealed(Bytes),
}

#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) id: u64,
    /// The place among the batches of the partition: that of the batch that it was split from, if
    /// it was, and the first of its records in that.
    pub(crate) order: (u64, u32),
    contents: Contents,
    pub(crate) records: u32,
    pub(crate) parts: Vec<Part>,
    /// What it counts for in the producer's buffer.
    pub(crate) buffered_bytes: usize,
    pub(crate) created_ms: u64,
    pub(crate) attempts: u32,
    pub(crate) sequence: Option<Sequence>,
    pub(crate) standing: Standing,
    /// No record is to be added any more.
    pub(crate) closed: bool,
}

impl Batch {
    pub(crate) fn new(id: u64, now_ms: u64) -> Batch {
        Batch {
            id,
            order: (id, 0),
            contents: Contents::Open(BatchBuilder::new()),
            records: 0,
            parts: Vec::new(),
            buffered_bytes: 0,
            created_ms: now_ms,
            attempts: 0,
            sequence: None,
            standing: Standing::NotStored,
            closed: false,
        }
    }

    /// The records, while more may be added.
    pub(crate) fn open(&mut self) -> Option<&mut BatchBuilder> {
        match &mut self.contents {
            Contents::Open(builder) if !self.closed => Some(builder),
            _ => None,
        }
    }

    /// Notes that the last record is one of a send. Says whether it is the send's first here.
    pub(crate) fn note(&mut self, send: usize) -> bool {
        let first = self.records;
        self.records += 1;
        match self.parts.last_mut() {
            Some(part) if part.send == send => {
                part.count += 1;
                false
            }
            _ => {
                self.parts.push(Part { send, first, count: 1 });
                true
            }
        }
    }

    pub(crate) fn size_bytes(&self) -> usize {
        match &self.contents {
            Contents::Open(builder) => builder.size_bytes(),
            Contents::Sealed(bytes) => bytes.len(),
        }
    }

    /// The bytes to send. The first call compresses; later ones give the same bytes, unless the
    /// sequence has changed since.
    pub(crate) fn seal(&mut self, compression: Compression) -> Result<Bytes, RecordError> {
        let options = options(compression, self.sequence);
        let bytes = match &mut self.contents {
            Contents::Open(builder) => std::mem::take(builder).finish(&options)?,
            Contents::Sealed(bytes) => bytes.clone(),
        };
        self.closed = true;
        self.contents = Contents::Sealed(bytes.clone());
        Ok(bytes)
    }

    /// Gives up the sequence, so that the batch can take another.
    pub(crate) fn unseal(&mut self) -> Result<(), RecordError> {
        self.sequence = None;
        self.standing = Standing::NotStored;
        if let Contents::Sealed(bytes) = &self.contents {
            let mut whole = BatchBuilder::new();
            let all = self.records;
            rebuild(bytes, |at| at < all, &mut whole)?;
            self.contents = Contents::Open(whole);
        }
        Ok(())
    }

    /// Two batches with half of the records each, as for a broker that finds the whole too large.
    pub(crate) fn split(
        &self,
        ids: (u64, u64),
        compression: Compression,
    ) -> Result<(Batch, Batch), RecordError> {
        let middle = self.records / 2;
        let first = self.slice(ids.0, 0, middle, compression)?;
        let second = self.slice(ids.1, middle, self.records, compression)?;
        Ok((first, second))
    }

    fn slice(
        &self,
        id: u64,
        from: u32,
        to: u32,
        compression: Compression,
    ) -> Result<Batch, RecordError> {
        let Contents::Sealed(bytes) = &self.contents else {
            return Err(RecordError::BadBatch("not sealed"));
        };
        let mut builder = BatchBuilder::new();
        rebuild(bytes, |at| (from..to).contains(&at), &mut builder)?;
        // The halves keep the sequence numbers of their records (as Java's client does).
        let sequence = self
            .sequence
            .map(|sequence| Sequence { base: advance(sequence.base, from), ..sequence });
        let parts = self.parts.iter().filter_map(|part| {
            let start = part.first.max(from);
            let end = (part.first + part.count).min(to);
            (start < end).then(|| Part { send: part.send, first: start - from, count: end - start })
        });
        let buffered_bytes = builder.size_bytes();
        let sealed = builder.finish(&options(compression, sequence))?;
        Ok(Batch {
            id,
            order: (self.order.0, self.order.1 + from),
            contents: Contents::Sealed(sealed),
            records: to - from,
            parts: parts.collect(),
            buffered_bytes,
            created_ms: self.created_ms,
            attempts: self.attempts,
            sequence,
            standing: Standing::NotStored,
            closed: true,
        })
    }
}

fn options(compression: Compression, sequence: Option<Sequence>) -> BatchOptions {
    let mut options = BatchOptions { compression, ..BatchOptions::default() };
    if let Some(sequence) = sequence {
        options.producer_id = sequence.producer_id;
        options.producer_epoch = sequence.epoch;
        options.base_sequence = sequence.base;
    }
    options
}

/// The sequence number `records` further on: it wraps from 2³¹−1 to 0.
pub(crate) fn advance(sequence: i32, records: u32) -> i32 {
    (sequence as u32).wrapping_add(records) as i32 & i32::MAX
}

/// Appends some of the records of a sealed batch to `out`.
fn rebuild(
    sealed: &Bytes,
    keep: impl Fn(u32) -> bool,
    out: &mut BatchBuilder,
) -> Result<(), RecordError> {
    let batch: Sealed =
        batches(sealed.clone()).next().ok_or(RecordError::BadBatch("not sealed"))??;
    let body = batch.body(usize::MAX)?;
    let slice = |range: &std::ops::Range<usize>| body.get(range.clone()).unwrap_or_default();
    for (at, span) in (0..).zip(spans(&body, batch.header.record_count)) {
        let span = span?;
        if keep(at) {
            let timestamp = batch.header.base_timestamp.wrapping_add(span.timestamp_delta);
            let offset_delta = out.len() as i32;
            let key = span.key.as_ref().map(slice);
            let value = span.value.as_ref().map(slice);
            out.append_encoded(offset_delta, timestamp, key, value, slice(&span.headers));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        let mut batch = Batch::new(5, 0);
        for (at, send) in [7, 7, 8, 7, 9].into_iter().enumerate() {
            let value = format!("v{at}");
            let headers: &[(&str, Option<&[u8]>)] = &[("h", Some(b"x"))];
            let builder = batch.open().unwrap();
            builder.append(100 + at as i64, None, Some(value.as_bytes()), headers);
            batch.note(send);
        }
        batch
    }

    fn values(bytes: Bytes) -> Vec<String> {
        let batch = batches(bytes).next().unwrap().unwrap();
        batch.verify().unwrap();
        let records = batch.records(1 << 20).unwrap();
        let text = |r: &crate::record::Record| {
            assert_eq!(r.headers.len(), 1);
            String::from_utf8(r.value.clone().unwrap().to_vec()).unwrap()
        };
        records.iter().map(text).collect()
    }

    #[test]
    fn halves_hold_the_same_records_for_the_same_sends_with_the_same_sequences() {
        for compression in [Compression::None, Compression::Gzip] {
            let mut whole = batch();
            whole.sequence = Some(Sequence { producer_id: 1, epoch: 2, base: i32::MAX });
            whole.seal(compression).unwrap();
            let (mut first, mut second) = whole.split((6, 7), compression).unwrap();
            assert_eq!(values(first.seal(compression).unwrap()), ["v0", "v1"]);
            assert_eq!(values(second.seal(compression).unwrap()), ["v2", "v3", "v4"]);
            assert_eq!(first.parts, [Part { send: 7, first: 0, count: 2 }]);
            assert_eq!(second.parts.len(), 3);
            assert_eq!(second.parts[1], Part { send: 7, first: 1, count: 1 });
            assert_eq!(second.sequence.unwrap().base, 1);
            assert!(first.order < second.order && second.order < (6, 0));
        }
    }

    #[test]
    fn a_batch_can_take_another_sequence() {
        let mut batch = batch();
        batch.sequence = Some(Sequence { producer_id: 1, epoch: 2, base: 3 });
        batch.seal(Compression::None).unwrap();
        batch.unseal().unwrap();
        batch.sequence = Some(Sequence { producer_id: 1, epoch: 3, base: 0 });
        assert!(batch.open().is_none(), "no record joins a batch that was sent");
        let bytes = batch.seal(Compression::None).unwrap();
        let header = batches(bytes.clone()).next().unwrap().unwrap().header;
        assert_eq!((header.producer_epoch, header.base_sequence), (3, 0));
        assert_eq!(values(bytes), ["v0", "v1", "v2", "v3", "v4"]);
    }
}

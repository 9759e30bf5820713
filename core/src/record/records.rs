//! The records inside a batch.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;

use super::{BatchHeader, RecordError, TimestampType, varint};

/// The smallest record: a length, attributes, two deltas, null key, null value, no headers.
const MIN_RECORD_BYTES: usize = 7;
/// The smallest header: an empty key and a null value.
const MIN_HEADER_BYTES: usize = 2;

/// One record. Key, value and headers are slices of the batch's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place in the partition.
    pub offset: i64,
    /// Milliseconds since 1970, by the clock that the batch's timestamp type names.
    pub timestamp: i64,
    /// The key, or null.
    pub key: Option<Bytes>,
    /// The value; null is a tombstone where the topic is compacted.
    pub value: Option<Bytes>,
    /// The headers, in their order; keys may repeat.
    pub headers: Vec<Header>,
}

/// A record's header (KIP-82).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name; UTF-8, if the producer is as it should be.
    pub key: Bytes,
    /// Its value, or null.
    pub value: Option<Bytes>,
}

impl Header {
    /// The name as text; as in Java, what is not UTF-8 in it is replaced by U+FFFD.
    pub fn key_str(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.key)
    }
}

/// Where the parts of one record lie in its batch's body. Ranges are within that body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSpan {
    /// The record's offset less the batch's base offset.
    pub offset_delta: i32,
    /// The record's timestamp less the batch's base timestamp, in milliseconds.
    pub timestamp_delta: i64,
    /// The key, or null.
    pub key: Option<Range<usize>>,
    /// The value, or null.
    pub value: Option<Range<usize>>,
    /// The encoded headers, their count first; [`header_spans`] takes them apart.
    pub headers: Range<usize>,
}

/// Walks the records of a decompressed body without allocating. After `record_count` records the
/// body must be at its end; the iterator stops behind the first error. Each record's parts are
/// checked to fill its length exactly, headers included.
pub fn spans(body: &[u8], record_count: i32) -> Spans<'_> {
    Spans { body, rest: body, left: i64::from(record_count) }
}

/// The records of a body; see [`spans`].
#[derive(Debug, Clone)]
pub struct Spans<'a> {
    body: &'a [u8],
    rest: &'a [u8],
    /// How many records are still due; −1 when all is said.
    left: i64,
}

impl Iterator for Spans<'_> {
    type Item = Result<RecordSpan, RecordError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.left > 0 {
            let span = self.span();
            self.left = if span.is_ok() { self.left - 1 } else { -1 };
            return Some(span);
        }
        let excess = self.left == 0 && !self.rest.is_empty();
        self.left = -1;
        excess.then_some(Err(RecordError::BadRecord("bytes left behind the last record")))
    }
}

impl Spans<'_> {
    #[inline]
    fn span(&mut self) -> Result<RecordSpan, RecordError> {
        let len = length(&mut self.rest)?.ok_or(RecordError::BadRecord("negative length"))?;
        let (mut record, rest) = self.rest.split_at(len);
        self.rest = rest;
        let end = self.body.len() - rest.len();
        // The record's attributes, of which none is in use.
        let (_, after) = record.split_first().ok_or(RecordError::BadRecord("empty"))?;
        record = after;
        let timestamp_delta = varint::get_long(&mut record)?;
        let offset_delta = varint::get(&mut record)?;
        let key = range(&mut record, end)?;
        let value = range(&mut record, end)?;
        let headers = end - record.len()..end;
        for header in HeaderSpans::new(record, end)? {
            header?;
        }
        Ok(RecordSpan { offset_delta, timestamp_delta, key, value, headers })
    }
}

/// Walks the encoded headers of a record, as [`RecordSpan::headers`] delimits them: the ranges of
/// each header's name and value, within `encoded`. The iterator stops behind the first error.
///
/// # Errors
/// [`RecordError::BadRecord`] or [`RecordError::Truncated`] where the count is wrong.
pub fn header_spans(encoded: &[u8]) -> Result<HeaderSpans<'_>, RecordError> {
    HeaderSpans::new(encoded, encoded.len())
}

/// The headers of a record; see [`header_spans`].
#[derive(Debug, Clone)]
pub struct HeaderSpans<'a> {
    rest: &'a [u8],
    /// What the end of `rest` counts as in the ranges.
    end: usize,
    left: usize,
}

impl<'a> HeaderSpans<'a> {
    #[inline]
    fn new(mut encoded: &'a [u8], end: usize) -> Result<HeaderSpans<'a>, RecordError> {
        let count = varint::get(&mut encoded)?;
        let left = usize::try_from(count).map_err(|_| RecordError::BadRecord("header count"))?;
        if left == 0 && !encoded.is_empty() {
            return Err(RecordError::BadRecord("bytes left behind the headers"));
        }
        Ok(HeaderSpans { rest: encoded, end, left })
    }

    fn span(&mut self) -> Result<(Range<usize>, Option<Range<usize>>), RecordError> {
        let key = range(&mut self.rest, self.end)?.ok_or(RecordError::BadRecord("header key"))?;
        let value = range(&mut self.rest, self.end)?;
        if self.left == 1 && !self.rest.is_empty() {
            return Err(RecordError::BadRecord("bytes left behind the headers"));
        }
        Ok((key, value))
    }
}

impl Iterator for HeaderSpans<'_> {
    type Item = Result<(Range<usize>, Option<Range<usize>>), RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let span = self.span();
        self.left = if span.is_ok() { self.left - 1 } else { 0 };
        Some(span)
    }
}

/// Reads a length and checks that as many bytes follow; any negative one is null, as Java takes it.
#[inline(always)]
fn length(rest: &mut &[u8]) -> Result<Option<usize>, RecordError> {
    let Ok(wanted) = usize::try_from(varint::get(rest)?) else { return Ok(None) };
    let left = rest.len();
    if wanted > left { Err(RecordError::Truncated { wanted, left }) } else { Ok(Some(wanted)) }
}

/// Skips a field behind its length, and says where it lies when `rest` ends at `end`.
#[inline(always)]
fn range(rest: &mut &[u8], end: usize) -> Result<Option<Range<usize>>, RecordError> {
    let Some(len) = length(rest)? else { return Ok(None) };
    let start = end - rest.len();
    *rest = rest.get(len..).unwrap_or_default();
    Ok(Some(start..start + len))
}

/// The records of a decompressed body.
pub(super) fn records(header: &BatchHeader, body: &Bytes) -> Result<Vec<Record>, RecordError> {
    let count = usize::try_from(header.record_count)
        .map_err(|_| RecordError::BadBatch("negative record count"))?;
    let mut records = Vec::with_capacity(count.min(body.len() / MIN_RECORD_BYTES));
    let append_time =
        (header.timestamp_type() == TimestampType::LogAppendTime).then_some(header.max_timestamp);
    for span in spans(body, header.record_count) {
        let span = span?;
        let timestamp = header.base_timestamp.wrapping_add(span.timestamp_delta);
        records.push(Record {
            offset: header.base_offset.wrapping_add(i64::from(span.offset_delta)),
            timestamp: append_time.unwrap_or(timestamp),
            key: span.key.map(|key| body.slice(key)),
            value: span.value.map(|value| body.slice(value)),
            headers: headers(&body.slice(span.headers))?,
        });
    }
    Ok(records)
}

/// The headers that are encoded in `encoded`, their count first.
///
/// # Errors
/// [`RecordError::BadRecord`] or [`RecordError::Truncated`].
pub fn headers(encoded: &Bytes) -> Result<Vec<Header>, RecordError> {
    let spans = header_spans(encoded)?;
    if spans.left == 0 {
        return Ok(Vec::new());
    }
    let mut headers = Vec::with_capacity(spans.left.min(encoded.len() / MIN_HEADER_BYTES));
    for span in spans {
        let (key, value) = span?;
        let key = encoded.slice(key);
        headers.push(Header { key, value: value.map(|value| encoded.slice(value)) });
    }
    Ok(headers)
}

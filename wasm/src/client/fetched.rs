//! Fetched records on their way to JavaScript: the bytes of many records in one array, and tables
//! that say where each lies, from which the package makes its messages (`js/message.ts`).

use js_sys::{Float64Array, Int32Array, Object, Uint8Array};
use ottla::client::Fetched;
use ottla::record::{Batch, RecordError, TimestampType, spans};
use wasm_bindgen::prelude::*;

use crate::object::object;

/// The largest decompressed batch: one of the largest record that a client sends, and more than one
/// fetch brings of others.
const MAX_BODY_BYTES: usize = 128 * 1024 * 1024;

/// The numbers of one record in the table of places: where the key starts and ends, where the value
/// starts and ends, where the headers start. −1 for what is null, and for no headers.
const PLACES: usize = 5;

/// The records of a fetch, side by side.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Table {
    /// The bodies of the batches, one behind the other.
    pub(super) bytes: Vec<u8>,
    /// [`PLACES`] numbers for each record, within `bytes`.
    pub(super) places: Vec<i32>,
    /// Offset and timestamp of each record.
    pub(super) stamps: Vec<f64>,
}

impl Table {
    /// Adds the records of a batch at and behind an offset.
    pub(super) fn add(&mut self, batch: &Batch, first_offset: i64) -> Result<(), RecordError> {
        let header = &batch.header;
        let body = batch.body(MAX_BODY_BYTES)?;
        let appended = header.timestamp_type() == TimestampType::LogAppendTime;
        let shift = self.bytes.len();
        let place = |at: usize| (shift + at) as i32;
        self.bytes.extend_from_slice(&body);
        self.places.reserve(usize::try_from(header.record_count).unwrap_or(0).min(body.len()));
        for span in spans(&body, header.record_count) {
            let span = span?;
            let offset = header.base_offset + i64::from(span.offset_delta);
            if offset < first_offset {
                continue;
            }
            let timestamp = if appended {
                header.max_timestamp
            } else {
                header.base_timestamp.saturating_add(span.timestamp_delta)
            };
            let key = span.key.map_or((-1, -1), |key| (place(key.start), place(key.end)));
            let value = span.value.map_or((-1, -1), |value| (place(value.start), place(value.end)));
            // One byte is a count of zero.
            let headers = if span.headers.len() > 1 { place(span.headers.start) } else { -1 };
            self.places.extend_from_slice(&[key.0, key.1, value.0, value.1, headers]);
            self.stamps.extend_from_slice(&[offset as f64, timestamp as f64]);
        }
        Ok(())
    }

    fn truncate(&mut self, records: usize) {
        self.places.truncate(records * PLACES);
        self.stamps.truncate(records * 2);
    }

    fn records(&self) -> usize {
        self.stamps.len() / 2
    }
}

/// A fetch as an object for JavaScript.
pub(super) fn to_js(fetched: &Fetched) -> JsValue {
    let mut table = Table::default();
    let size_bytes = fetched.batches.iter().map(|batch| batch.bytes.len()).sum();
    table.bytes.reserve(size_bytes);
    let mut damage = JsValue::UNDEFINED;
    for batch in &fetched.batches {
        let before = table.records();
        if let Err(error) = table.add(batch, fetched.first_offset) {
            table.truncate(before);
            let header = &batch.header;
            damage = object(&[
                ("offset", (header.base_offset as f64).into()),
                ("lastOffset", (header.last_offset() as f64).into()),
                ("message", error.to_string().into()),
            ]);
            break;
        }
    }
    let place: Object = object(&[
        ("topic", (&*fetched.topic).into()),
        ("partition", fetched.partition.into()),
        ("firstOffset", (fetched.first_offset as f64).into()),
        ("nextOffset", (fetched.next_offset as f64).into()),
        ("highWatermark", (fetched.high_watermark as f64).into()),
        ("count", (table.records() as f64).into()),
        ("bytes", Uint8Array::from(&table.bytes[..]).into()),
        ("places", Int32Array::from(&table.places[..]).into()),
        ("stamps", Float64Array::from(&table.stamps[..]).into()),
        ("damage", damage),
    ])
    .unchecked_into();
    place.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ottla::record::{BatchBuilder, BatchOptions, Compression, batches};
    use wasm_bindgen_test::wasm_bindgen_test;

    fn batch(compression: Compression) -> Batch {
        let mut builder = BatchBuilder::new();
        builder.append(1_000, Some(b"k0"), Some(b"value 0"), &[]);
        builder.append(1_005, None, Some(b""), &[("h", Some(&b"x"[..]))]);
        builder.append(1_002, Some(b""), None, &[]);
        let options = BatchOptions { compression, base_offset: 40, ..BatchOptions::default() };
        let bytes = builder.finish(&options).unwrap();
        batches(bytes).next().unwrap().unwrap()
    }

    #[wasm_bindgen_test]
    fn the_tables_say_where_each_record_lies() {
        for compression in [Compression::None, Compression::Gzip, Compression::Lz4] {
            let mut table = Table { bytes: b"before".to_vec(), ..Table::default() };
            table.add(&batch(compression), 0).unwrap();
            assert_eq!(table.stamps, [40.0, 1_000.0, 41.0, 1_005.0, 42.0, 1_002.0]);
            let rows: Vec<_> = table.places.chunks(PLACES).collect();
            let part = |from: i32, to: i32| &table.bytes[from as usize..to as usize];
            assert_eq!(part(rows[0][0], rows[0][1]), b"k0");
            assert_eq!(part(rows[0][2], rows[0][3]), b"value 0");
            assert_eq!(rows[0][4], -1);
            assert_eq!(rows[1][..2], [-1, -1]);
            assert_eq!(rows[1][2], rows[1][3]);
            // Zigzag varints: one header, a name of 1 byte, a value of 1 byte.
            assert_eq!(part(rows[1][4], rows[1][4] + 5), b"\x02\x02h\x02x");
            assert_eq!(rows[2][0], rows[2][1]);
            assert_eq!(rows[2][2..4], [-1, -1]);
        }
    }

    #[wasm_bindgen_test]
    fn records_below_the_offset_asked_for_are_left_out() {
        let mut table = Table::default();
        table.add(&batch(Compression::None), 42).unwrap();
        assert_eq!(table.stamps, [42.0, 1_002.0]);
    }
}

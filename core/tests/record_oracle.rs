//! Record batches against the crate `kafka-protocol`, in both directions and every compression.

#![allow(clippy::unwrap_used)] // Clippy's exception covers test functions, not what they call.

use bytes::{Bytes, BytesMut};
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records as oracle;
use ottla::record::{Batch, BatchBuilder, BatchOptions, Compression, batches, spans};
use proptest::prelude::*;

const MAX_BYTES: usize = 16 << 20;

#[derive(Debug, Clone)]
struct Case {
    options: BatchOptions,
    records: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    timestamp: i64,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    /// Distinct names: the oracle keeps headers in a map.
    headers: Vec<(String, Option<Vec<u8>>)>,
}

fn bytes(max: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..40),
        1 => (any::<u8>(), 0..max).prop_map(|(byte, len)| vec![byte; len]),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let headers = prop::collection::btree_map(".{0,9}", prop::option::of(bytes(300)), 0..4);
    (0..1i64 << 50, prop::option::of(bytes(300)), prop::option::of(bytes(40_000)), headers)
        .prop_map(|(timestamp, key, value, headers)| Row {
            timestamp,
            key,
            value,
            headers: headers.into_iter().collect(),
        })
}

fn case() -> impl Strategy<Value = Case> {
    let options = (
        prop::sample::select(&Compression::ALL[..]),
        // None, or what an idempotent producer says.
        prop::option::of((0..i64::MAX, 0..i16::MAX, 0..i32::MAX / 2)),
        any::<bool>(),
        0..i64::MAX / 2,
        -1..i32::MAX,
    )
        .prop_map(|(compression, producer, is_transactional, base_offset, epoch)| {
            let (producer_id, producer_epoch, base_sequence) = producer.unwrap_or((-1, -1, -1));
            BatchOptions {
                compression,
                producer_id,
                producer_epoch,
                base_sequence,
                is_transactional,
                base_offset,
                partition_leader_epoch: epoch,
                ..BatchOptions::default()
            }
        });
    (options, prop::collection::vec(row(), 1..40))
        .prop_map(|(options, records)| Case { options, records })
}

fn ours(case: &Case) -> Bytes {
    let mut builder = BatchBuilder::new();
    for row in &case.records {
        let headers: Vec<_> =
            row.headers.iter().map(|(key, value)| (key.as_str(), value.as_deref())).collect();
        builder.append(row.timestamp, row.key.as_deref(), row.value.as_deref(), &headers);
    }
    builder.finish(&case.options).unwrap()
}

fn theirs(case: &Case) -> Vec<oracle::Record> {
    let options = &case.options;
    let record = |(index, row): (i32, &Row)| oracle::Record {
        transactional: options.is_transactional,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: options.partition_leader_epoch,
        producer_id: options.producer_id,
        producer_epoch: options.producer_epoch,
        timestamp_type: oracle::TimestampType::Creation,
        offset: options.base_offset + i64::from(index),
        // The oracle counts on from −1 as well.
        sequence: options.base_sequence.wrapping_add(index),
        timestamp: row.timestamp,
        key: row.key.clone().map(Bytes::from),
        value: row.value.clone().map(Bytes::from),
        headers: (row.headers.iter())
            .map(|(key, value)| (StrBytes::from(key.clone()), value.clone().map(Bytes::from)))
            .collect::<IndexMap<_, _>>(),
    };
    (0..).zip(&case.records).map(record).collect()
}

fn oracle_compression(compression: Compression) -> oracle::Compression {
    match compression {
        Compression::None => oracle::Compression::None,
        Compression::Gzip => oracle::Compression::Gzip,
        Compression::Snappy => oracle::Compression::Snappy,
        Compression::Lz4 => oracle::Compression::Lz4,
        Compression::Zstd => oracle::Compression::Zstd,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_oracle_reads_ours(case in case()) {
        let set = oracle::RecordBatchDecoder::decode(&mut ours(&case)).unwrap();
        prop_assert_eq!(set.version, 2);
        prop_assert_eq!(set.compression, oracle_compression(case.options.compression));
        prop_assert_eq!(set.records, theirs(&case));
    }

    #[test]
    fn we_read_the_oracles(case in case()) {
        let mut encoded = BytesMut::new();
        let options = oracle::RecordEncodeOptions {
            version: 2,
            compression: oracle_compression(case.options.compression),
        };
        let records = theirs(&case);
        oracle::RecordBatchEncoder::encode(&mut encoded, &records, &options).unwrap();
        let all = batches(encoded.freeze()).collect::<Result<Vec<_>, _>>().unwrap();
        prop_assert_eq!(all.len(), 1);
        let batch = &all[0];
        prop_assert_eq!(batch.verify(), Ok(()));
        let header = batch.header;
        prop_assert_eq!(header.compression(), Ok(case.options.compression));
        prop_assert_eq!(header.producer_id, case.options.producer_id);
        prop_assert_eq!(header.producer_epoch, case.options.producer_epoch);
        prop_assert_eq!(header.base_sequence, case.options.base_sequence);
        prop_assert_eq!(header.is_transactional(), case.options.is_transactional);
        prop_assert_eq!(header.partition_leader_epoch, case.options.partition_leader_epoch);
        let read = batch.records(MAX_BYTES).unwrap();
        prop_assert_eq!(read.len(), records.len());
        for (ours, theirs) in read.iter().zip(&records) {
            prop_assert_eq!(ours.offset, theirs.offset);
            prop_assert_eq!(ours.timestamp, theirs.timestamp);
            prop_assert_eq!(&ours.key, &theirs.key);
            prop_assert_eq!(&ours.value, &theirs.value);
            prop_assert_eq!(ours.headers.len(), theirs.headers.len());
            for (ours, (key, value)) in ours.headers.iter().zip(&theirs.headers) {
                prop_assert_eq!(ours.key_str(), key.as_str());
                prop_assert_eq!(&ours.value, value);
            }
        }
    }

    /// The oracle makes the earliest timestamp the base, Java and we the first; apart from that an
    /// uncompressed batch has one encoding.
    #[test]
    fn uncompressed_bytes_are_the_oracles(mut case in case()) {
        case.options.compression = Compression::None;
        case.records.sort_by_key(|row| row.timestamp);
        let mut encoded = BytesMut::new();
        let options = oracle::RecordEncodeOptions {
            version: 2,
            compression: oracle::Compression::None,
        };
        oracle::RecordBatchEncoder::encode(&mut encoded, &theirs(&case), &options).unwrap();
        prop_assert_eq!(ours(&case), encoded.freeze());
    }
    /// What compaction does where it drops nothing, and a binding's index table rests on.
    #[test]
    fn spans_put_together_again_are_the_batch(mut case in case()) {
        case.options.compression = Compression::None;
        let bytes = ours(&case);
        let batch = Batch::split_from(&mut bytes.clone()).unwrap();
        let body = batch.body(MAX_BYTES).unwrap();
        let mut builder = BatchBuilder::new();
        for span in spans(&body, batch.header.record_count) {
            let span = span.unwrap();
            builder.append_encoded(
                span.offset_delta,
                batch.header.base_timestamp + span.timestamp_delta,
                span.key.map(|key| &body[key]),
                span.value.map(|value| &body[value]),
                &body[span.headers],
            );
        }
        prop_assert_eq!(builder.finish(&case.options).unwrap(), bytes);
    }
}

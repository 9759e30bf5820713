//! Record batches that Kafka's own clients made; tests/golden/record/README.md says how.

#![allow(clippy::unwrap_used, clippy::panic)] // Clippy's exception covers test functions only.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use ottla::record::{
    Batch, BatchBuilder, BatchOptions, Compression, ControlType, TimestampType, batches,
    set_log_append_time,
};
use serde_json::Value;

const MAX_BYTES: usize = 1 << 20;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/record")
}

/// The .json files of a directory, each with what it says.
fn specs(directory: &str) -> Vec<(PathBuf, Value)> {
    let files = fs::read_dir(golden().join(directory)).unwrap().map(|entry| entry.unwrap().path());
    let specs = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    specs.map(|path| (path.clone(), read_json(&path))).collect()
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn number<N: TryFrom<i64>>(value: &Value, name: &str) -> N {
    let number = value[name].as_i64().unwrap_or_else(|| panic!("{name} of {value}"));
    N::try_from(number).unwrap_or_else(|_| panic!("{name} of {value}"))
}

/// Hexadecimal digits, null, or `digits*times` for bytes that repeat.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    let (digits, times) = match value.as_str()?.split_once('*') {
        Some((digits, times)) => (digits, times.parse().unwrap()),
        None => (value.as_str()?, 1),
    };
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    Some((0..digits.len()).step_by(2).map(byte).collect::<Vec<_>>().repeat(times))
}

type OwnedHeader = (String, Option<Vec<u8>>);

fn headers(record: &Value) -> Vec<OwnedHeader> {
    let header = |header: &Value| (header[0].as_str().unwrap().to_owned(), bytes(&header[1]));
    list(record, "headers").iter().map(header).collect()
}

fn options(spec: &Value) -> BatchOptions {
    BatchOptions {
        compression: Compression::from_name(spec["compression"].as_str().unwrap()).unwrap(),
        timestamp_type: TimestampType::CreateTime,
        producer_id: number(spec, "producerId"),
        producer_epoch: number(spec, "producerEpoch"),
        base_sequence: number(spec, "baseSequence"),
        is_transactional: spec["isTransactional"].as_bool().unwrap(),
        is_control: spec["isControl"].as_bool().unwrap(),
        base_offset: number(spec, "baseOffset"),
        partition_leader_epoch: number(spec, "partitionLeaderEpoch"),
    }
}

/// The batch that we make of a spec.
fn build(spec: &Value, options: &BatchOptions) -> Bytes {
    let mut builder = BatchBuilder::new();
    for record in list(spec, "records") {
        let delta = number::<i64>(record, "offset") - options.base_offset;
        let headers = headers(record);
        let headers: Vec<_> =
            headers.iter().map(|(key, value)| (key.as_str(), value.as_deref())).collect();
        builder.append_at(
            i32::try_from(delta).unwrap(),
            number(record, "timestamp"),
            bytes(&record["key"]).as_deref(),
            bytes(&record["value"]).as_deref(),
            &headers,
        );
    }
    builder.keep_last_offset_delta(number(spec, "lastOffsetDelta"));
    let mut bytes = builder.finish(options).unwrap().to_vec();
    if spec["timestampType"] == "LogAppendTime" {
        set_log_append_time(&mut bytes, number(spec, "maxTimestamp"));
    }
    Bytes::from(bytes)
}

fn check(name: &str, spec: &Value, batch: &Batch) {
    batch.verify().unwrap();
    let header = &batch.header;
    let options = options(spec);
    assert_eq!(header.base_offset, options.base_offset, "{name}");
    assert_eq!(header.last_offset_delta, number::<i32>(spec, "lastOffsetDelta"), "{name}");
    assert_eq!(header.partition_leader_epoch, options.partition_leader_epoch, "{name}");
    assert_eq!(header.compression(), Ok(options.compression), "{name}");
    assert_eq!(format!("{:?}", header.timestamp_type()), spec["timestampType"], "{name}");
    assert_eq!(header.max_timestamp, number::<i64>(spec, "maxTimestamp"), "{name}");
    assert_eq!(header.producer_id, options.producer_id, "{name}");
    assert_eq!(header.producer_epoch, options.producer_epoch, "{name}");
    assert_eq!(header.base_sequence, options.base_sequence, "{name}");
    assert_eq!(header.is_transactional(), options.is_transactional, "{name}");
    assert_eq!(header.is_control(), options.is_control, "{name}");
    assert!(!header.has_delete_horizon(), "{name}");
    match spec["endTransactionMarker"]["type"].as_str() {
        Some("COMMIT") => assert_eq!(batch.control_type(), Ok(ControlType::Commit), "{name}"),
        Some("ABORT") => assert_eq!(batch.control_type(), Ok(ControlType::Abort), "{name}"),
        _ => assert!(batch.control_type().is_err(), "{name}"),
    }

    let records = batch.records(MAX_BYTES).unwrap();
    assert_eq!(records.len(), list(spec, "records").len(), "{name}");
    for (record, expected) in records.iter().zip(list(spec, "records")) {
        assert_eq!(record.offset, number::<i64>(expected, "offset"), "{name}");
        let timestamp: i64 = match header.timestamp_type() {
            TimestampType::CreateTime => number(expected, "timestamp"),
            TimestampType::LogAppendTime => number(spec, "maxTimestamp"),
        };
        assert_eq!(record.timestamp, timestamp, "{name}");
        assert_eq!(record.key.as_deref(), bytes(&expected["key"]).as_deref(), "{name}");
        assert_eq!(record.value.as_deref(), bytes(&expected["value"]).as_deref(), "{name}");
        let read: Vec<OwnedHeader> = record
            .headers
            .iter()
            .map(|header| {
                (header.key_str().into_owned(), header.value.as_ref().map(|value| value.to_vec()))
            })
            .collect();
        assert_eq!(read, headers(expected), "{name}");
    }
}

fn check_directory(directory: &str, at_least: usize) {
    let specs = specs(directory);
    assert!(specs.len() >= at_least, "{} files in {directory}", specs.len());
    for (path, spec) in &specs {
        let name = path.display().to_string();
        let golden = Bytes::from(fs::read(path.with_extension("bin")).unwrap());
        let read = batches(golden).collect::<Result<Vec<_>, _>>().unwrap();
        let specs = list(spec, "batches");
        assert_eq!(read.len(), specs.len(), "{name}");
        for (batch, spec) in read.iter().zip(specs) {
            check(&name, spec, batch);

            let options = options(spec);
            let ours = build(spec, &options);
            if options.compression == Compression::None {
                assert_eq!(ours, batch.bytes, "{name}");
                continue;
            }
            // Compressors differ; what they compress does not, nor does any header field that
            // does not depend on it.
            let ours = Batch::split_from(&mut ours.clone()).unwrap();
            check(&name, spec, &ours);
            let body = batch.body(MAX_BYTES).unwrap();
            assert_eq!(ours.body(MAX_BYTES).unwrap(), body, "{name}");
            let packed = options.compression.compress(&body).unwrap();
            let plain = options.compression.decompress(&packed, body.len()).unwrap();
            assert_eq!(plain, body, "{name}");
        }
    }
}

#[test]
fn batches_of_javas_client() {
    check_directory("java-clients", 21);
}

/// librdkafka puts no frame around snappy.
#[test]
fn batches_of_librdkafka() {
    check_directory("librdkafka", 10);
}

/// Leaves our own batches where the Java program can be told to verify them; see the README.
#[test]
fn write_batches_for_java() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("record-batches");
    fs::create_dir_all(&target).unwrap();
    for (path, spec) in specs("java-clients") {
        let batches = list(&spec, "batches");
        let bytes: Vec<u8> = batches.iter().flat_map(|spec| build(spec, &options(spec))).collect();
        let name = path.with_extension("bin");
        fs::write(target.join(name.file_name().unwrap()), bytes).unwrap();
    }
    assert_eq!(fs::read_dir(target).unwrap().count(), 21);
}

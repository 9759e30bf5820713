//! Record batches from someone who lies: nothing panics, and memory stays within the bound.

#![allow(clippy::unwrap_used)] // Clippy's exception covers test functions, not what they call.

use std::io::Write;

use bytes::Bytes;
use ottla::record::{
    Batch, BatchBuilder, BatchHeader, BatchOptions, Compression, HEADER_BYTES, RecordError,
    batches, set_log_append_time, spans, validate,
};
use proptest::prelude::*;

const MAX_BYTES: usize = 1 << 20;

fn sample(compression: Compression) -> Vec<u8> {
    let mut builder = BatchBuilder::new();
    for index in 0..60 {
        let value = format!("{index} is the number of this record, and {}", index * 7919);
        let headers: &[(&str, Option<&[u8]>)] = &[("name", Some(b"value")), ("none", None)];
        let headers = if index % 3 == 0 { headers } else { &[] };
        builder.append(1_700_000_000_000 + index, Some(b"key"), Some(value.as_bytes()), headers);
    }
    let options = BatchOptions { compression, ..BatchOptions::default() };
    builder.finish(&options).unwrap().to_vec()
}

/// Everything that reads a batch, which must return and do nothing worse.
fn read_all(bytes: Bytes) {
    for batch in batches(bytes).flatten() {
        let _ = batch.verify();
        let _ = batch.control_type();
        let _ = validate(&batch, true, MAX_BYTES);
        if let Ok(records) = batch.records(MAX_BYTES) {
            assert_eq!(records.len(), batch.header.record_count as usize);
        }
        let _ = batch.header.last_sequence();
        let _ = batch.header.next_offset();
    }
}

fn compressions() -> impl Strategy<Value = Compression> {
    prop::sample::select(&Compression::ALL[..])
}

#[test]
fn a_header_key_that_is_not_utf_8_can_be_read_as_in_java() {
    let mut builder = BatchBuilder::new();
    builder.append(1, None, Some(b"value"), &[("kXy", Some(b"v"))]);
    let mut bytes = builder.finish(&BatchOptions::default()).unwrap().to_vec();
    let at = bytes.windows(3).position(|part| part == b"kXy").unwrap();
    bytes[at + 1] = 0xff;
    let crc = crc32c::crc32c(&bytes[21..]);
    bytes[17..21].copy_from_slice(&crc.to_be_bytes());
    let batch = batches(bytes.into()).next().unwrap().unwrap();
    // What a broker takes, a consumer must not stumble over.
    validate(&batch, false, 1000).unwrap();
    let records = batch.records(1000).unwrap();
    assert_eq!(records[0].headers[0].key, &b"k\xffy"[..]);
    assert_eq!(records[0].headers[0].key_str(), "k\u{fffd}y");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn mutated_batches_never_panic(
        compression in compressions(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut bytes = sample(compression);
        // Mostly in the body: a wrong length or magic in the header ends the reading early.
        let body = bytes.len() - HEADER_BYTES;
        for (at, byte) in changes {
            let at = HEADER_BYTES + at.index(body);
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(HEADER_BYTES + cut.index(body));
            let length = (bytes.len() - 12) as i32;
            bytes[8..12].copy_from_slice(&length.to_be_bytes());
        }
        read_all(Bytes::from(bytes));
    }

    #[test]
    fn mutated_headers_never_panic(
        compression in compressions(),
        changes in prop::collection::vec((0..HEADER_BYTES, any::<u8>()), 1..4),
    ) {
        let mut bytes = sample(compression);
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        set_log_append_time(&mut bytes, 5);
        read_all(Bytes::from(bytes));
    }

    #[test]
    fn a_changed_byte_behind_the_checksum_is_noticed(
        compression in compressions(),
        at in any::<prop::sample::Index>(),
        change in 1..=u8::MAX,
    ) {
        let mut bytes = sample(compression);
        let at = 21 + at.index(bytes.len() - 21);
        bytes[at] ^= change;
        let batch = Batch::split_from(&mut Bytes::from(bytes)).unwrap();
        let noticed = matches!(batch.verify(), Err(RecordError::BadCrc { .. }));
        prop_assert!(noticed);
    }

    #[test]
    fn noise_never_panics(
        compression in compressions(),
        noise in prop::collection::vec(any::<u8>(), 0..300),
        count in any::<i32>(),
    ) {
        for span in spans(&noise, count) {
            let _ = span;
        }
        let _ = compression.decompress(&noise, MAX_BYTES);
        let _ = BatchHeader::parse(&noise);
        read_all(Bytes::from(noise));
    }
}

#[test]
fn every_truncation_is_refused() {
    for compression in Compression::ALL {
        let bytes = Bytes::from(sample(compression));
        for len in 1..bytes.len() {
            let cut = batches(bytes.slice(..len)).collect::<Vec<_>>();
            assert!(matches!(cut[..], [Err(RecordError::Truncated { .. })]), "{compression} {len}");
        }
    }
}

#[test]
fn a_whole_batch_before_a_cut_off_one_is_still_read() {
    let mut bytes = sample(Compression::Lz4);
    bytes.extend_from_slice(&sample(Compression::None)[..70]);
    let all = batches(Bytes::from(bytes)).collect::<Vec<_>>();
    assert!(matches!(all[..], [Ok(_), Err(RecordError::Truncated { left: 70, .. })]));
}

#[test]
fn old_formats_are_refused_even_where_they_are_shorter_than_a_header() {
    for (magic, len) in [(0, 26), (1, 34), (1, 80), (3, 80)] {
        let mut bytes = vec![0; len];
        bytes[16] = magic;
        let error = batches(Bytes::from(bytes)).next().unwrap().unwrap_err();
        assert_eq!(error, RecordError::UnsupportedMagic(magic as i8));
    }
}

/// A megabyte is allowed, and 16 would come out.
#[test]
fn bombs_are_bounded() {
    const BOMB_BYTES: usize = 16 << 20;
    let zeros = vec![0; BOMB_BYTES];
    for compression in &Compression::ALL[1..] {
        let packed = compression.compress(&zeros).unwrap();
        assert!(packed.len() < BOMB_BYTES / 20, "{compression}: {}", packed.len());
        let error = compression.decompress(&packed, MAX_BYTES).unwrap_err();
        assert_eq!(error, RecordError::TooLarge { max_bytes: MAX_BYTES }, "{compression}");
        // Exactly enough is enough, and a byte less is not.
        let small = compression.compress(&zeros[..MAX_BYTES]).unwrap();
        assert_eq!(
            compression.decompress(&small, MAX_BYTES).map(|plain| plain.len()),
            Ok(MAX_BYTES)
        );
        assert!(compression.decompress(&small, MAX_BYTES - 1).is_err(), "{compression}");
    }
}

/// A zstd frame of run-length blocks: 4 bytes each for 128 KiB, in a window of 128 MiB that a
/// decoder might fill before it shows anything.
#[test]
fn a_zstd_bomb_within_its_window_is_bounded() {
    let mut packed = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3];
    for _ in 0..100_000 {
        let header = (128u32 << 10) << 3 | 1 << 1;
        packed.write_all(&header.to_le_bytes()[..3]).unwrap();
        packed.push(0);
    }
    let error = Compression::Zstd.decompress(&packed, MAX_BYTES).unwrap_err();
    assert_eq!(error, RecordError::TooLarge { max_bytes: MAX_BYTES });
}

#[test]
fn a_lying_record_count_is_refused() {
    for (count, is_refused) in [(59, true), (60, false), (61, true), (i32::MAX, true), (-1, true)] {
        let mut bytes = sample(Compression::None);
        bytes[57..61].copy_from_slice(&count.to_be_bytes());
        let batch = Batch::split_from(&mut Bytes::from(bytes)).unwrap();
        assert_eq!(batch.records(MAX_BYTES).is_err(), is_refused, "{count}");
    }
}

#[test]
fn a_lying_record_length_is_refused() {
    // A record of 7 bytes (length 6) by itself, then with each field's length beyond it.
    let good = [12, 0, 0, 0, 1, 1, 0];
    assert!(spans(&good, 1).all(|span| span.is_ok()));
    let bad: [&[u8]; 9] = [
        &[14, 0, 0, 0, 1, 1, 0],                            // longer than the body
        &[10, 0, 0, 0, 1, 1, 0],                            // shorter than its fields
        &[14, 0, 0, 0, 1, 1, 0, 0],                         // longer than its fields
        &[1, 0, 0, 0, 1, 1, 0],                             // negative
        &[0],                                               // no attributes
        &[12, 0, 0, 0, 2, 1, 0], // the key takes the value's place, and so on
        &[12, 0, 0, 0, 1, 0x7e, 0], // a value of 63 bytes
        &[12, 0, 0, 0, 1, 1, 1], // −1 headers
        &[20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f], // 2³¹−1 headers
    ];
    for body in bad {
        let all = spans(body, 1).collect::<Vec<_>>();
        assert!(all.iter().any(Result::is_err), "{body:?}: {all:?}");
        assert!(all.len() <= 2);
    }
}

#[test]
fn what_a_producer_may_not_send() {
    let make = |change: &dyn Fn(&mut BatchOptions, &mut Vec<u8>)| {
        let mut options = BatchOptions::default();
        change(&mut options, &mut Vec::new());
        let mut builder = BatchBuilder::new();
        builder.append(5, Some(b"k"), None, &[]);
        builder.append(-1, None, Some(b"v"), &[]);
        builder.append(3, Some(b"k"), None, &[]);
        let mut bytes = builder.finish(&options).unwrap().to_vec();
        change(&mut options, &mut bytes);
        Batch::split_from(&mut Bytes::from(bytes)).unwrap()
    };
    let check = |batch: &Batch, keys_required| validate(batch, keys_required, MAX_BYTES);

    let good = make(&|_, _| {});
    let seen = check(&good, false).unwrap();
    assert_eq!((seen.min_timestamp, seen.max_timestamp), (Some(3), 5));
    assert_eq!(check(&good, true), Err(RecordError::MissingKey { index: 1 }));

    let control = make(&|options, _| options.is_control = true);
    assert!(matches!(check(&control, false), Err(RecordError::BadBatch(_))));
    let no_sequence = make(&|options, _| options.producer_id = 4);
    assert!(matches!(check(&no_sequence, false), Err(RecordError::BadBatch(_))));
    let stamped = make(&|_, bytes| set_log_append_time(bytes, 9));
    assert_eq!(check(&stamped, false), Err(RecordError::BadTimestampType));
    for (count, last_offset_delta) in [(0, -1), (0, 2), (3, 3), (3, -1), (2, 1), (4, 3)] {
        let lying = make(&|_, bytes| {
            if !bytes.is_empty() {
                bytes[23..27].copy_from_slice(&i32::to_be_bytes(last_offset_delta));
                bytes[57..61].copy_from_slice(&i32::to_be_bytes(count));
            }
        });
        assert!(check(&lying, false).is_err(), "{count} {last_offset_delta}");
    }

    let mut gap = BatchBuilder::new();
    gap.append_at(0, 5, None, None, &[]);
    gap.append_at(3, 5, None, None, &[]);
    let bytes = gap.finish(&BatchOptions::default()).unwrap();
    assert!(check(&Batch::split_from(&mut bytes.clone()).unwrap(), false).is_err());
    // As many offsets as records, but not one by one.
    let mut bytes = bytes.to_vec();
    bytes[23..27].copy_from_slice(&1i32.to_be_bytes());
    let batch = Batch::split_from(&mut Bytes::from(bytes)).unwrap();
    assert!(matches!(check(&batch, false), Err(RecordError::BadRecord(_))));
}

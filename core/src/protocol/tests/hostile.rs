//! No bytes make a decoder panic, or allocate more than a small multiple of their number.

use allocation_counter::measure;
use bytes::Bytes;
use proptest::prelude::*;

use super::samples::Samples;
use super::{for_each, versions};
use crate::protocol::{
    DecodeError, Message, Reader, decode_message, decode_request, decode_response, encode_message,
    peek_header,
};

/// What a decoder may have allocated at once, for each byte of the frame. A message is larger in
/// memory than on the wire: an empty string takes one byte there and 24 here. Arrays within arrays
/// are reserved before the inner one's claim is found wanting, so that theirs add up: most in an
/// OffsetFetch request, whose groups, topics and partitions may take 3, 3 and 4 bytes and become 80,
/// 64 and 4.
const MAX_BYTES_PER_BYTE: u64 = 49;
/// The same, whatever the frame's size.
const MAX_BYTES_ASIDE: u64 = 256;

/// Decodes hostile bytes; what comes out must survive a round trip.
fn decode<M: Message>(bytes: &[u8], version: i16) -> Result<M, DecodeError> {
    let frame = Bytes::copy_from_slice(bytes);
    let mut result = Err(DecodeError::Trailing(0));
    let allocated = measure(|| result = decode_message::<M>(frame, version));
    let bound = MAX_BYTES_PER_BYTE * bytes.len() as u64 + MAX_BYTES_ASIDE;
    assert!(
        allocated.bytes_max <= bound,
        "{:?} {version}: {} bytes allocated for {}",
        M::API,
        allocated.bytes_max,
        bytes.len()
    );
    if let Ok(message) = &result {
        let again =
            decode_message::<M>(encode_message(message, version, Vec::new()).into(), version);
        assert_eq!(again.as_ref(), Ok(message), "{:?} {version}", M::API);
    }
    result
}

fn full<M: Message>(version: i16) -> Vec<u8> {
    encode_message(&M::sample(&mut Samples::full(version, true)), version, Vec::new())
}

#[test]
fn a_message_cut_short_is_refused() {
    fn check<M: Message>() {
        for (version, _) in versions::<M>() {
            let whole = full::<M>(version);
            for len in 0..whole.len() {
                assert!(decode::<M>(&whole[..len], version).is_err(), "{:?} {version}", M::API);
            }
            let mut longer = whole.clone();
            longer.push(0);
            assert_eq!(decode::<M>(&longer, version), Err(DecodeError::Trailing(1)));
        }
    }
    for_each!(message check());
}

#[test]
fn a_length_that_lies_reserves_nothing() {
    fn check<M: Message>() {
        for (version, flexible) in versions::<M>() {
            let whole = full::<M>(version);
            for at in 0..whole.len() {
                let behind = (whole.len() - at) as u8;
                let lies: &[&[u8]] = if flexible {
                    &[&[0xff, 0xff, 0xff, 0xff, 0x07], &[0xff, 0xff, 0xff, 0xff, 0xff], &[behind]]
                } else {
                    &[
                        &[0x7f, 0xff, 0xff, 0xff],
                        &[0x80, 0, 0, 0],
                        &[0, 0, 0, behind],
                        &[0x7f, 0xff],
                    ]
                };
                for lie in lies {
                    let mut bytes = whole.clone();
                    let end = whole.len().min(at + lie.len());
                    bytes[at..end].copy_from_slice(&lie[..end - at]);
                    let _ = decode::<M>(&bytes, version);
                }
            }
        }
    }
    for_each!(message check());
}

#[test]
fn arrays_of_the_smallest_elements_stay_within_bounds() {
    fn check<M: Message>() {
        for (version, _) in versions::<M>() {
            let hollow = M::sample(&mut Samples::hollow(version, 500));
            let bytes = encode_message(&hollow, version, Vec::new());
            assert_eq!(decode::<M>(&bytes, version).as_ref(), Ok(&hollow));
        }
    }
    for_each!(message check());
}

#[test]
fn an_array_reserves_what_it_says_and_no_more() {
    use crate::protocol::messages as m;
    // One group, of no name, with one topic, whose name is null.
    let frame = Bytes::from_static(&[2, 1, 2, 0, 0, 0]);
    let mut refused = Ok(m::OffsetFetchRequest::default());
    let allocated = measure(|| refused = decode_message(frame, 8));
    assert_eq!(refused, Err(DecodeError::BadLength(-1)));
    let one_each =
        size_of::<m::OffsetFetchRequestGroup>() + size_of::<m::OffsetFetchRequestTopics>();
    assert_eq!(allocated.bytes_max, one_each as u64);
}

/// A frame whose arrays claim so much that decoding it allocates the most that can be found: one lie
/// after the other, each where it has the most effect and still passes.
fn worst_lies<M: Message>(version: i16) -> Vec<u8> {
    // Every array has one element and every string one character, until the frame lies.
    let mut worst = (0, vec![2; 600]);
    for _ in 0..3 {
        let before = worst.1.clone();
        for at in 0..40 {
            // Elements of so many bytes, as many as the frame has room for.
            for element_bytes in 1..=16 {
                let claimed = (before.len() - at) / element_bytes;
                let mut frame = before.clone();
                frame[at] = claimed as u8 | 0x80;
                frame[at + 1] = (claimed >> 7) as u8;
                let bytes = Bytes::copy_from_slice(&frame);
                let allocated = measure(|| drop(decode_message::<M>(bytes, version))).bytes_max;
                if allocated > worst.0 {
                    worst = (allocated, frame);
                }
            }
        }
    }
    worst.1
}

#[test]
fn lies_within_lies_stay_within_bounds() {
    fn check<M: Message>() {
        for (version, flexible) in versions::<M>() {
            // In other versions each element takes more bytes.
            if flexible {
                let _ = decode::<M>(&worst_lies::<M>(version), version);
            }
        }
    }
    for_each!(message check());
}

#[test]
fn versions_that_are_not_described_are_refused() {
    fn check<M: Message>() {
        for version in [*M::VERSIONS.start() - 1, *M::VERSIONS.end() + 1, i16::MIN, i16::MAX] {
            assert_eq!(decode::<M>(&[], version), Err(DecodeError::UnknownVersion(version)));
        }
    }
    for_each!(message check());
}

/// Overwrites bytes of a frame: each change is a place, a value, and a choice among them.
fn mutate(frame: &mut [u8], changes: &[(u16, u8, u8)]) {
    for &(place, value, choice) in changes {
        let at = usize::from(place) % frame.len().max(1);
        if let Some(byte) = frame.get_mut(at) {
            *byte = match choice % 6 {
                0 => 0,
                1 => 0xff,
                2 => 0x7f,
                3 => byte.wrapping_add(1),
                4 => byte.wrapping_sub(1),
                _ => value,
            };
        }
    }
}

/// As many cases as `PROPTEST_CASES` says, or few.
fn cases() -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(128),
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_bytes_are_a_message_or_an_error(
        bytes in proptest::collection::vec(prop_oneof![Just(0u8), 0..4u8, any::<u8>()], 0..400),
    ) {
        fn check<M: Message>(bytes: &[u8]) {
            for (version, _) in versions::<M>() {
                let _ = decode::<M>(bytes, version);
                let _ = decode_response::<M>(Bytes::copy_from_slice(bytes), version);
            }
            if let Ok((header, rest)) = peek_header(Bytes::copy_from_slice(bytes)) {
                let _ = decode_request::<M>(&header, rest);
            }
        }
        for_each!(message check(&bytes));
    }

    #[test]
    fn a_mutated_message_is_a_message_or_an_error(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        changes in proptest::collection::vec(any::<(u16, u8, u8)>(), 1..8),
    ) {
        fn check<M: Message>(bytes: &[u8], changes: &[(u16, u8, u8)]) {
            for (version, _) in versions::<M>() {
                let message = M::sample(&mut Samples::random(version, bytes));
                let mut frame = encode_message(&message, version, Vec::new());
                mutate(&mut frame, changes);
                let _ = decode::<M>(&frame, version);
            }
        }
        for_each!(message check(&bytes, &changes));
    }
}

#[test]
fn what_can_be_counted_is_bounded_by_the_bytes() {
    // An array of two-byte strings that claims as many as there are bytes.
    let mut from = Reader::new(Bytes::from_static(&[0, 0, 0, 4, 0, 0, 0, 0]), 0, false);
    let error = DecodeError::Truncated { wanted: 8, left: 4 };
    assert_eq!(<Vec<String> as crate::protocol::Field>::read(&mut from), Err(error));
}

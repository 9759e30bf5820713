//! Subscriptions and assignments, against the crate `kafka-protocol` and against hostile bytes.

use std::fmt::Debug;

use bytes::{Buf, BufMut, BytesMut};
use kafka_protocol::messages as oracle;
use kafka_protocol::protocol::{Decodable, Encodable};
use proptest::prelude::*;

use super::oracle::same;
use super::samples::Samples;
use crate::protocol::{
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, DecodeError, Field,
    decode_consumer_protocol, encode_consumer_protocol,
};

/// Has the oracle read and write what we write, and reads that.
fn check<T, O>(value: &T, version: i16) -> O
where
    T: Field + Clone + PartialEq + Debug,
    O: Encodable + Decodable,
{
    let ours = encode_consumer_protocol(value, version);
    let mut rest = ours.clone();
    assert_eq!(rest.get_i16(), version);
    let theirs = O::decode(&mut rest, version).unwrap();
    assert_eq!(rest, "");
    let mut written = BytesMut::new();
    written.put_i16(version);
    theirs.encode(&mut written, version).unwrap();
    assert_eq!(written, ours);
    assert_eq!(decode_consumer_protocol::<T>(ours).unwrap(), (version, value.clone()));
    theirs
}

type Subscription = ConsumerProtocolSubscription;
type Assignment = ConsumerProtocolAssignment;

#[test]
fn every_field_of_every_version_is_the_oracles() {
    for version in 0..=3 {
        let ours = Subscription::sample(&mut Samples::full(version, true));
        let theirs: oracle::ConsumerProtocolSubscription = check(&ours, version);
        same(&ours, &theirs);
        let ours = Assignment::sample(&mut Samples::full(version, true));
        let theirs: oracle::ConsumerProtocolAssignment = check(&ours, version);
        same(&ours, &theirs);
    }
}

#[test]
fn a_newer_version_is_read_as_far_as_it_is_known() {
    let subscription = Subscription::sample(&mut Samples::full(3, true));
    let mut newer = encode_consumer_protocol(&subscription, 3).to_vec();
    newer[1] = 9;
    newer.extend_from_slice(b"what version 9 adds");
    assert_eq!(decode_consumer_protocol(newer.into()), Ok((9, subscription)));
}

#[test]
fn a_negative_version_is_refused() {
    let bytes = bytes::Bytes::from_static(&[0xff, 0xff, 0, 0, 0, 0]);
    let refused = decode_consumer_protocol::<Subscription>(bytes);
    assert_eq!(refused, Err(DecodeError::UnknownVersion(-1)));
}

proptest! {
    #[test]
    fn whatever_the_values_the_bytes_are_the_oracles(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        version in 0..=3_i16,
    ) {
        let ours = Subscription::sample(&mut Samples::random(version, &bytes));
        check::<_, oracle::ConsumerProtocolSubscription>(&ours, version);
        let ours = Assignment::sample(&mut Samples::random(version, &bytes));
        check::<_, oracle::ConsumerProtocolAssignment>(&ours, version);
    }

    #[test]
    fn any_bytes_are_a_subscription_or_an_error(
        bytes in proptest::collection::vec(prop_oneof![Just(0u8), 0..4u8, any::<u8>()], 0..200),
    ) {
        let bytes = bytes::Bytes::from(bytes);
        if let Ok((version, value)) = decode_consumer_protocol::<Subscription>(bytes.clone()) {
            let again = encode_consumer_protocol(&value, version.min(3));
            prop_assert_eq!(decode_consumer_protocol(again), Ok((version.min(3), value)));
        }
        let _ = decode_consumer_protocol::<Assignment>(bytes);
    }
}

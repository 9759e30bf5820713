//! Frames that we write are read and written again by the crate `kafka-protocol`, and the other
//! way round, in every version of every message.

use std::fmt::Debug;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{RequestHeader as OracleRequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Message as Versioned};
use kafka_protocol::{error::ParseResponseErrorCode, messages::ApiKey as OracleApiKey};
use proptest::prelude::*;

use super::samples::Samples;
use super::tree::{Tree, tree};
use super::{for_each, versions};
use crate::protocol::{
    ApiKey, ErrorCode, Field, Message, Request, decode_request, decode_response, encode_request,
    encode_response, peek_header,
};

/// Versions newer than the oracle, which has the schemas of Kafka 4.1, each with the older version
/// whose layout it keeps: ListOffsets 11 (Kafka 4.2) gave a meaning to timestamp −6, no more.
const NEWER_THAN_THE_ORACLE: &[(ApiKey, i16, i16)] = &[(ApiKey::ListOffsets, 11, 10)];

/// Requests whose newest version the oracle has not, though it has that of the response: Java's
/// bytes of them are in `golden`.
const REQUESTS_NEWER_THAN_THE_ORACLE: &[(ApiKey, i16)] =
    &[(ApiKey::OffsetCommit, 10), (ApiKey::OffsetFetch, 10)];

/// Whether the oracle can read and write a request in this version.
fn has_request<Q: Request, OQ: Oracle>(version: i16) -> bool {
    let listed = REQUESTS_NEWER_THAN_THE_ORACLE.contains(&(Q::API, version));
    assert!(!listed || OQ::VERSIONS.max < version, "take {:?} {version} off the list", Q::API);
    !listed
}

/// What the oracle can do with a message.
pub(super) trait Oracle:
    Encodable + Decodable + HeaderVersion + Versioned + Default + Debug
{
}
impl<T: Encodable + Decodable + HeaderVersion + Versioned + Default + Debug> Oracle for T {}

/// The version that stands for `version` at the oracle.
fn oracle_version<M: Message, O: Oracle>(version: i16) -> i16 {
    let newer = NEWER_THAN_THE_ORACLE.iter().find(|row| (row.0, row.1) == (M::API, version));
    let known = (O::VERSIONS.min..=O::VERSIONS.max).contains(&version);
    match newer {
        Some(&(.., same_layout)) => {
            assert!(!known, "the oracle knows {:?} {version} now: take it off the list", M::API);
            same_layout
        }
        None => {
            assert!(known, "the oracle does not know {:?} {version}", M::API);
            version
        }
    }
}

const CORRELATION_ID: i32 = 0x1234_5678;

/// Writes the value, has the oracle read and write it, reads that: gives the oracle's value.
fn check_request<M: Request, O: Oracle>(value: &M, version: i16, client_id: Option<&str>) -> O {
    let frame = encode_request(value, version, CORRELATION_ID, client_id);

    let header_version = O::header_version(version);
    let mut rest = frame.clone();
    let mut header = OracleRequestHeader::decode(&mut rest, header_version).unwrap();
    assert_eq!((header.request_api_key, header.request_api_version), (M::API as i16, version));
    assert_eq!(header.correlation_id, CORRELATION_ID);
    assert_eq!(header.client_id.as_deref(), client_id);
    let body_version = oracle_version::<M, O>(version);
    let theirs = O::decode(&mut rest, body_version).unwrap();
    assert_eq!(rest, "", "left behind by the oracle in {:?} {version}", M::API);

    // A tagged field in the header that nobody knows is to be skipped.
    for tagged in [false, true] {
        if tagged {
            header.unknown_tagged_fields.insert(77, Bytes::from_static(b"skip me"));
        }
        let mut written = BytesMut::new();
        header.encode(&mut written, header_version).unwrap();
        theirs.encode(&mut written, body_version).unwrap();
        assert!(tagged || written == frame, "{:?} {version}: {written:?} {frame:?}", M::API);

        let (ours, rest) = peek_header(written.freeze()).unwrap();
        assert_eq!((ours.api_key, ours.api_version), (M::API as i16, version));
        assert_eq!(ours.correlation_id, CORRELATION_ID);
        assert_eq!(ours.client_id.as_deref(), client_id);
        assert_eq!(&decode_request::<M>(&ours, rest).unwrap(), value, "{:?} {version}", M::API);
    }
    theirs
}

/// As [`check_request`], for a response.
fn check_response<M: Message, O: Oracle>(value: &M, version: i16) -> O {
    let frame = encode_response(value, version, CORRELATION_ID);

    let header_version = O::header_version(version);
    let mut rest = frame.clone();
    let mut header = ResponseHeader::decode(&mut rest, header_version).unwrap();
    assert_eq!(header.correlation_id, CORRELATION_ID);
    let body_version = oracle_version::<M, O>(version);
    let theirs = O::decode(&mut rest, body_version).unwrap();
    assert_eq!(rest, "", "left behind by the oracle in {:?} {version}", M::API);

    for tagged in [false, true] {
        if tagged {
            header.unknown_tagged_fields.insert(77, Bytes::from_static(b"skip me"));
        }
        let mut written = BytesMut::new();
        header.encode(&mut written, header_version).unwrap();
        theirs.encode(&mut written, body_version).unwrap();
        assert!(tagged || written == frame, "{:?} {version}: {written:?} {frame:?}", M::API);
        let (correlation_id, ours) = decode_response::<M>(written.freeze(), version).unwrap();
        assert_eq!(correlation_id, CORRELATION_ID);
        assert_eq!(&ours, value, "{:?} {version}", M::API);
    }
    theirs
}

/// Fields that the oracle has of InitProducerId's unstable version 6.
const UNSTABLE: &[&str] =
    &["enable_2_pc", "keep_prepared_txn", "ongoing_txn_producer_id", "ongoing_txn_producer_epoch"];

/// Whether both have the same fields, by name, with the same values.
pub(super) fn same(ours: &impl Debug, theirs: &impl Debug) {
    let mut theirs = tree(theirs);
    if let Tree::Struct(fields) = &mut theirs {
        fields.retain(|name, _| !UNSTABLE.contains(&name.as_str()));
    }
    assert_eq!(tree(ours), theirs);
}

#[test]
fn every_field_of_every_version_is_the_oracles() {
    fn check<Q: Request, OQ: Oracle, OS: Oracle>() {
        for (version, _) in versions::<Q>() {
            for flag in [false, true] {
                if has_request::<Q, OQ>(version) {
                    let request = Q::sample(&mut Samples::full(version, flag));
                    let theirs: OQ = check_request(&request, version, Some("client"));
                    same(&request, &theirs);
                }
                let response = Q::Response::sample(&mut Samples::full(version, flag));
                let theirs: OS = check_response(&response, version);
                same(&response, &theirs);
            }
        }
    }
    for_each!(api check());
}

#[test]
fn every_default_is_the_oracles() {
    fn check<Q: Request, OQ: Oracle, OS: Oracle>() {
        same(&Q::default(), &OQ::default());
        same(&Q::Response::default(), &OS::default());
    }
    for_each!(api check());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_values_the_bytes_are_the_oracles(
        bytes in proptest::collection::vec(any::<u8>(), 0..1500),
        client_id in proptest::option::of(".{0,20}"),
    ) {
        fn check<Q: Request, OQ: Oracle, OS: Oracle>(
            bytes: &[u8],
            client_id: Option<&str>,
        ) {
            for (version, _) in versions::<Q>() {
                if has_request::<Q, OQ>(version) {
                    let request = Q::sample(&mut Samples::random(version, bytes));
                    check_request::<Q, OQ>(&request, version, client_id);
                }
                let response = Q::Response::sample(&mut Samples::random(version, bytes));
                check_response::<Q::Response, OS>(&response, version);
            }
        }
        for_each!(api check(&bytes, client_id.as_deref()));
    }
}

#[test]
fn the_header_of_an_api_versions_response_is_never_flexible() {
    use crate::protocol::messages::ApiVersionsResponse;
    for version in 0..=4 {
        let frame = encode_response(&ApiVersionsResponse::default(), version, 7);
        // Correlation id, then at once the error code.
        assert_eq!(frame[..6], [0, 0, 0, 7, 0, 0]);
    }
}

#[test]
fn keys_and_names_are_the_oracles() {
    for key in i16::MIN..=i16::MAX {
        if let Ok(ours) = ApiKey::try_from(key) {
            assert_eq!(ours as i16, key);
            assert_eq!(ours.name(), format!("{:?}", OracleApiKey::try_from(key).unwrap()));
        }
    }
}

#[test]
fn error_codes_are_the_oracles() {
    for error in ErrorCode::ALL {
        let Some(theirs) = error.code().err() else {
            assert_eq!(*error, ErrorCode::None);
            continue;
        };
        if matches!(theirs, kafka_protocol::ResponseError::Unknown(_)) {
            assert!(error.code() >= 129, "the oracle does not know {error:?}");
            continue;
        }
        assert_eq!(format!("{theirs:?}"), format!("{error:?}"));
    }
}

//! The primitive types and the description's rules, by their bytes.

use bytes::Bytes;

use crate::Uuid;
use crate::protocol::messages::*;
use crate::protocol::{
    DecodeError, Field, Reader, Writer, decode_message, decode_response, encode_message,
    encode_request, encode_response, peek_header,
};

fn write(value: &impl Field, flexible: bool) -> Vec<u8> {
    let mut out = Writer::new(Vec::new(), 0, flexible);
    value.write(&mut out);
    out.into_inner()
}

fn read<T: Field>(bytes: &[u8], flexible: bool) -> Result<T, DecodeError> {
    T::read(&mut Reader::new(Bytes::copy_from_slice(bytes), 0, flexible))
}

#[test]
fn numbers_are_in_network_order() {
    assert_eq!(write(&0x0102_0304_i32, true), [1, 2, 3, 4]);
    assert_eq!(write(&-2_i16, false), [0xff, 0xfe]);
    assert_eq!(write(&true, false), [1]);
    assert_eq!(read::<bool>(&[2], false), Ok(true));
    assert_eq!(read::<i64>(&[0, 0, 0, 0, 0, 0, 1, 0], false), Ok(256));
    assert_eq!(read::<f64>(&1.5_f64.to_be_bytes(), false), Ok(1.5));
    assert_eq!(read::<i32>(&[0, 0], false), Err(DecodeError::Truncated { wanted: 4, left: 2 }));
    assert_eq!(read::<Uuid>(&[7; 16], true), Ok(Uuid([7; 16])));
}

#[test]
fn lengths_are_compact_where_the_version_is_flexible() {
    let text = "ab".to_owned();
    assert_eq!(write(&text, false), [0, 2, b'a', b'b']);
    assert_eq!(write(&text, true), [3, b'a', b'b']);
    assert_eq!(write(&Bytes::from_static(b"ab"), false), [0, 0, 0, 2, b'a', b'b']);
    assert_eq!(write(&Bytes::from_static(b"ab"), true), [3, b'a', b'b']);
    assert_eq!(write(&vec![1_i8], false), [0, 0, 0, 1, 1]);
    assert_eq!(write(&vec![1_i8; 127], true)[..3], [0x80, 0x01, 1]);
    assert_eq!(write(&None::<String>, false), [0xff, 0xff]);
    assert_eq!(write(&None::<String>, true), [0]);
    assert_eq!(write(&None::<Vec<i8>>, false), [0xff; 4]);
}

#[test]
fn null_is_refused_where_a_value_must_be() {
    assert_eq!(read::<String>(&[0xff, 0xff], false), Err(DecodeError::BadLength(-1)));
    assert_eq!(read::<Vec<i32>>(&[0], true), Err(DecodeError::BadLength(-1)));
    assert_eq!(read::<Option<Vec<i32>>>(&[0], true), Ok(None));
    assert_eq!(read::<Option<String>>(&[0xff, 0xfe], false), Err(DecodeError::BadLength(-2)));
}

#[test]
fn varints_have_at_most_32_bits() {
    fn uvarint(bytes: impl Into<Bytes>) -> Result<u32, DecodeError> {
        let mut from = Reader::new(bytes.into(), 0, true);
        let value = from.uvarint();
        from.check().map(|()| value)
    }
    assert_eq!(uvarint([0xac, 0x02].to_vec()), Ok(300));
    assert_eq!(uvarint([0xff, 0xff, 0xff, 0xff, 0x0f].to_vec()), Ok(u32::MAX));
    assert_eq!(uvarint([0xff, 0xff, 0xff, 0xff, 0x10].to_vec()), Err(DecodeError::BadVarint));
    assert_eq!(uvarint([0x80, 0x80, 0x80, 0x80, 0x80, 0x00].to_vec()), Err(DecodeError::BadVarint));
    assert_eq!(uvarint([0x80].to_vec()), Err(DecodeError::Truncated { wanted: 1, left: 0 }));
    for value in [0, 1, 127, 128, 16_383, 16_384, u32::MAX] {
        let mut out = Writer::new(Vec::new(), 0, true);
        out.uvarint(value);
        assert_eq!(uvarint(out.into_inner()), Ok(value));
    }
}

#[test]
fn strings_are_utf8_of_at_most_32767_bytes() {
    assert_eq!(read::<String>(&[0, 1, 0xff], false), Err(DecodeError::BadString));
    let longest = "x".repeat(32_767);
    assert_eq!(read::<String>(&write(&longest, true), true).as_deref(), Ok(longest.as_str()));
    // A longer one is cut, between characters.
    for flexible in [false, true] {
        let cut = read::<String>(&write(&"é".repeat(20_000), flexible), flexible);
        assert_eq!(cut.as_deref(), Ok("é".repeat(16_383).as_str()));
    }
    let mut out = Writer::new(Vec::new(), 0, true);
    out.uvarint(32_769);
    out.put(&[b'x'; 32_768]);
    assert_eq!(read::<String>(&out.into_inner(), true), Err(DecodeError::BadLength(32_768)));
}

#[test]
fn a_null_that_the_version_lacks_is_written_empty_and_refused_when_read() {
    let all = MetadataRequest { topics: None, ..Default::default() };
    assert_eq!(encode_message(&all, 0, Vec::new()), [0, 0, 0, 0]);
    assert_eq!(encode_message(&all, 1, Vec::new()), [0xff; 4]);
    let read = |bytes: &'static [u8], version| {
        decode_message::<MetadataRequest>(Bytes::from_static(bytes), version)
    };
    assert_eq!(read(&[0xff; 4], 0), Err(DecodeError::BadLength(-1)));
    assert_eq!(read(&[0xff; 4], 1), Ok(all));
}

#[test]
fn tagged_fields_may_be_missing_unknown_or_wrong() {
    let read = |tags: &'static [u8]| {
        let fields = [0, 0, 1, 0, 0, 0, 0]; // No error, no APIs, no throttling.
        let bytes = [&fields, tags].concat();
        decode_message::<ApiVersionsResponse>(bytes.into(), 4)
    };
    assert_eq!(read(&[0]), Ok(ApiVersionsResponse::default()));
    // Tag 1 is known, tag 9 is not.
    let epoch = ApiVersionsResponse { finalized_features_epoch: 5, ..Default::default() };
    assert_eq!(read(&[2, 1, 8, 0, 0, 0, 0, 0, 0, 0, 5, 9, 2, 0xff, 0xff]), Ok(epoch.clone()));
    assert_eq!(
        encode_message(&epoch, 4, Vec::new()),
        [0, 0, 1, 0, 0, 0, 0, 1, 1, 8, 0, 0, 0, 0, 0, 0, 0, 5]
    );
    // A field longer or shorter than its tag says, and a size beyond the frame.
    assert_eq!(read(&[1, 3, 2, 1, 1]), Err(DecodeError::Trailing(1)));
    assert_eq!(read(&[1, 1, 4, 0, 0, 0, 5]), Err(DecodeError::Truncated { wanted: 8, left: 4 }));
    assert_eq!(read(&[1, 9, 4, 0]), Err(DecodeError::Truncated { wanted: 4, left: 1 }));
}

#[test]
fn a_nullable_struct_is_preceded_by_a_byte() {
    let mut request = DescribeTopicPartitionsRequest::default();
    let head = [1, 0, 0, 0x07, 0xd0]; // No topics, 2,000 partitions.
    assert_eq!(encode_message(&request, 0, Vec::new()), [&head[..], &[0xff, 0]].concat());
    request.cursor = Some(Cursor { topic_name: "t".into(), partition_index: 3 });
    let cursor = [1, 2, b't', 0, 0, 0, 3, 0];
    assert_eq!(encode_message(&request, 0, Vec::new()), [&head[..], &cursor, &[0]].concat());
}

#[test]
fn request_headers_by_their_bytes() {
    let request = ListOffsetsRequest { replica_id: -1, ..Default::default() };
    let body_v1 = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
    let v1 = encode_request(&request, 1, 9, Some("me"));
    assert_eq!(v1, [&[0, 2, 0, 1, 0, 0, 0, 9, 0, 2, b'm', b'e'][..], &body_v1].concat());
    // Flexible: the client id's length stays 16 bits wide, and tagged fields follow it.
    let v6 = encode_request(&request, 6, 9, None);
    assert_eq!(v6[..11], [0, 2, 0, 6, 0, 0, 0, 9, 0xff, 0xff, 0]);
    assert_eq!(v6[11..], [0xff, 0xff, 0xff, 0xff, 0, 1, 0]);

    // The header can be read whatever the key and the version are.
    let unknown = Bytes::from_static(&[0x7f, 0xff, 0x7f, 0xff, 0, 0, 0, 9, 0xff, 0xff, 1, 2]);
    let (header, rest) = peek_header(unknown).unwrap();
    assert_eq!((header.api_key, header.api_version, header.correlation_id), (32_767, 32_767, 9));
    assert_eq!(header.client_id, None);
    assert_eq!(rest.into_rest(), [1, 2][..]);
    assert!(peek_header(Bytes::from_static(&[0, 2, 0, 6, 0, 0, 0, 9, 0])).is_err());
}

#[test]
fn response_headers_by_their_bytes() {
    let response = ListOffsetsResponse::default();
    assert_eq!(encode_response(&response, 1, 9), [0, 0, 0, 9, 0, 0, 0, 0][..]);
    let flexible = encode_response(&response, 6, 9);
    assert_eq!(flexible, [0, 0, 0, 9, 0, 0, 0, 0, 0, 1, 0][..]);
    assert_eq!(decode_response(flexible, 6), Ok((9, response)));
}

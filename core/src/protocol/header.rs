//! Request headers v1 and v2, response headers v0 and v1 (KIP-482).
//!
//! A flexible version of a message takes the flexible header. The one exception: ApiVersions
//! responses always have header v0, so that a client can read the answer to a version that the
//! broker does not know (KIP-511).

use std::ops::RangeInclusive;

use bytes::Bytes;

use super::describe::{FieldsIn, FieldsOut};
use super::wire::{DecodeError, Reader, Writer};
use super::{ApiKey, Field, Message, Request};

/// Room for most frames without records: growing in small steps costs more than the encoding.
const INITIAL_BYTES: usize = 512;

/// What precedes the body of each request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHeader {
    /// The API's key, which may be one that nobody knows.
    pub api_key: i16,
    /// The version of the request and of its response.
    pub api_version: i16,
    /// Comes back in the response.
    pub correlation_id: i32,
    /// The client's name for itself.
    pub client_id: Option<String>,
}

/// Reads the part of a header that every version has, without its tagged fields, and leaves the
/// reader behind the client id. Use it before it is known whether the version is served.
pub fn peek_header(frame: Bytes) -> Result<(RequestHeader, Reader), DecodeError> {
    let mut from = Reader::new(frame, 1, false);
    let header = RequestHeader {
        api_key: Field::read(&mut from)?,
        api_version: Field::read(&mut from)?,
        correlation_id: Field::read(&mut from)?,
        // The client id keeps its 16-bit length in the flexible header too.
        client_id: Field::read(&mut from)?,
    };
    Ok((header, from))
}

/// Reads the body that follows the header that [`peek_header`] read. Bytes behind the body are
/// ignored, as Kafka ignores them: when librdkafka (2.16) asks for all topics with Metadata 13, it
/// leaves three there.
pub fn decode_request<M: Message>(
    header: &RequestHeader,
    mut from: Reader,
) -> Result<M, DecodeError> {
    let mut message = M::default();
    from.version = header.api_version;
    from.flexible = header.api_version >= M::FLEXIBLE_FROM;
    from.fields(&mut ());
    from.message(&mut message, &M::VERSIONS, M::FLEXIBLE_FROM)?;
    Ok(message)
}

/// A request's frame, without its length.
pub fn encode_request<R: Request>(
    request: &R,
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
) -> Bytes {
    let header = RequestHeader {
        api_key: R::API as i16,
        api_version: version,
        correlation_id,
        client_id: client_id.map(str::to_owned),
    };
    request_frame(&header, request, R::FLEXIBLE_FROM)
}

fn request_frame(header: &RequestHeader, body: &dyn FieldsOut, flexible_from: i16) -> Bytes {
    let mut out = Writer::new(Vec::with_capacity(INITIAL_BYTES), header.api_version, false);
    header.api_key.write(&mut out);
    header.api_version.write(&mut out);
    header.correlation_id.write(&mut out);
    header.client_id.write(&mut out);
    finish(out, body, flexible_from, flexible_from)
}

/// The first version of a response that has header v1.
const fn flexible_header_from<M: Message>() -> i16 {
    if matches!(M::API, ApiKey::ApiVersions) { i16::MAX } else { M::FLEXIBLE_FROM }
}

/// A response's frame, without its length.
pub fn encode_response<M: Message>(response: &M, version: i16, correlation_id: i32) -> Bytes {
    let mut out = Writer::new(Vec::with_capacity(INITIAL_BYTES), version, false);
    correlation_id.write(&mut out);
    finish(out, response, flexible_header_from::<M>(), M::FLEXIBLE_FROM)
}

/// Writes the tagged fields of a header, of which there are none, and a body; each is flexible from
/// a version on.
fn finish(mut out: Writer, body: &dyn FieldsOut, header_from: i16, body_from: i16) -> Bytes {
    if out.version >= header_from {
        out.uvarint(0);
    }
    out.flexible = out.version >= body_from;
    out.fields(body);
    out.into_inner().into()
}

/// Reads a response's frame: its correlation id and its body.
pub fn decode_response<M: Message>(frame: Bytes, version: i16) -> Result<(i32, M), DecodeError> {
    let mut message = M::default();
    let mut from = Reader::new(frame, version, version >= flexible_header_from::<M>());
    let correlation_id = response(&mut from, &mut message, &M::VERSIONS, M::FLEXIBLE_FROM)?;
    Ok((correlation_id, message))
}

fn response(
    from: &mut Reader,
    into: &mut dyn FieldsIn,
    versions: &RangeInclusive<i16>,
    flexible_from: i16,
) -> Result<i32, DecodeError> {
    let correlation_id = i32::parse(from);
    from.fields(&mut ());
    from.message(into, versions, flexible_from)?;
    from.end()?;
    Ok(correlation_id)
}

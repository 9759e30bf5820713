//! Request headers v1 and v2, response headers v0 and v1 (KIP-482).
//!
//! A flexible version of a message takes the flexible header. The one exception: ApiVersions
//! responses always have header v0, so that a client can read the answer to a version that the
//! broker does not know (KIP-511).

use bytes::Bytes;

use super::wire::{DecodeError, Field, Reader, Writer};
use super::{ApiKey, Message, Request};

/// Room for most frames without records: growing in small steps costs more than the encoding.
const INITIAL_BYTES: usize = 256;

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
    from.version = header.api_version;
    from.flexible = header.api_version >= M::FLEXIBLE_FROM;
    from.tags(&mut |_, _| false);
    from.check()?;
    super::decode_message_prefix(from.into_rest(), header.api_version).map(|(message, _)| message)
}

/// A request's frame, without its length.
pub fn encode_request<R: Request>(
    request: &R,
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
) -> Bytes {
    let mut out = Writer::new(Vec::with_capacity(INITIAL_BYTES), version, false);
    (R::API as i16).write(&mut out);
    version.write(&mut out);
    correlation_id.write(&mut out);
    client_id.map(str::to_owned).write(&mut out);
    if version >= R::FLEXIBLE_FROM {
        out.uvarint(0);
    }
    super::encode_message(request, version, out.into_inner()).into()
}

fn flexible_response_header<M: Message>(version: i16) -> bool {
    version >= M::FLEXIBLE_FROM && M::API != ApiKey::ApiVersions
}

/// A response's frame, without its length.
pub fn encode_response<M: Message>(response: &M, version: i16, correlation_id: i32) -> Bytes {
    let mut out = Writer::new(Vec::with_capacity(INITIAL_BYTES), version, false);
    correlation_id.write(&mut out);
    if flexible_response_header::<M>(version) {
        out.uvarint(0);
    }
    super::encode_message(response, version, out.into_inner()).into()
}

/// Reads a response's frame: its correlation id and its body.
pub fn decode_response<M: Message>(frame: Bytes, version: i16) -> Result<(i32, M), DecodeError> {
    let mut from = Reader::new(frame, version, flexible_response_header::<M>(version));
    let correlation_id = Field::read(&mut from)?;
    from.tags(&mut |_, _| false);
    from.check()?;
    Ok((correlation_id, super::decode_message(from.into_rest(), version)?))
}

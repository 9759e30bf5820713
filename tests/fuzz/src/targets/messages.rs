//! Each message in each version: what is accepted is written again and read again, and is the same.

use bytes::Bytes;
use ottla::protocol::{Message, Request, decode_message, encode_message, messages as m};

use crate::script::Script;
use crate::with_requests;

type Check = fn(u8, Bytes);

macro_rules! checks {
    ($($request:ident),*) => {
        /// For each API: its request and its response.
        const CHECKS: &[(i16, Check, Check)] = &[$((
            m::$request::API as i16,
            again::<m::$request>,
            again::<<m::$request as Request>::Response>,
        )),*];
    };
}

with_requests!(checks);

fn again<M: Message>(version: u8, bytes: Bytes) {
    let versions = M::VERSIONS;
    let count = versions.end() - versions.start() + 1;
    let version = versions.start() + i16::from(version) % count;
    let Ok(message) = decode_message::<M>(bytes, version) else { return };
    let encoded = encode_message(&message, version, Vec::new());
    let read = decode_message::<M>(encoded.into(), version).expect("what was written can be read");
    assert_eq!(read, message, "version {version}");
}

/// Which message (u8: the API's place and whether it is the response), which version (u8: counted
/// from its first one), the bytes.
pub fn run(data: &[u8]) {
    let mut script = Script::new(data);
    let (which, version) = (script.byte(), script.byte());
    let (_, request, response) = CHECKS[usize::from(which >> 1) % CHECKS.len()];
    let check = if which & 1 == 0 { request } else { response };
    check(version, script.rest());
}

/// An input from the body of a message; `None` for an API that is not listed.
pub fn seed<M: Message>(message: &M, is_response: bool, version: i16) -> Option<Vec<u8>> {
    let place = CHECKS.iter().position(|(api, ..)| *api == M::API as i16)?;
    let version_place = u8::try_from(version - M::VERSIONS.start()).ok()?;
    let mut seed = vec![u8::try_from(place).ok()? << 1 | u8::from(is_response), version_place];
    seed.extend(encode_message(message, version, Vec::new()));
    Some(seed)
}

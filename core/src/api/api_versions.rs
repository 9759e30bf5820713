//! ApiVersions (key 18, versions 0–4): what the broker serves. KIP-35, KIP-511, KIP-584.
//!
//! A version that is not known is answered by the broker itself before it comes here: see
//! [`unsupported`].

use bytes::Bytes;

use super::{Call, Node, Reply, SERVED};
use crate::Now;
use crate::protocol::{ErrorCode, messages as m};

pub(crate) fn api_versions(
    _: &mut Node,
    _: Now,
    call: Call,
    request: m::ApiVersionsRequest,
) -> Reply {
    let legal = |text: &str| {
        let edge = |c: char| c.is_ascii_alphanumeric();
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        text.chars().all(inner) && text.starts_with(edge) && text.ends_with(edge)
    };
    let named = legal(&request.client_software_name) && legal(&request.client_software_version);
    let error =
        if call.version >= 3 && !named { ErrorCode::InvalidRequest } else { ErrorCode::None };
    call.now(&response(error))
}

/// The answer to a version that is not known: an error in the form of version 0, with all versions,
/// so that the client can ask again.
pub(crate) fn unsupported(call: Call) -> Bytes {
    Call { version: 0, ..call }.encode(&response(ErrorCode::UnsupportedVersion))
}

fn response(error: ErrorCode) -> m::ApiVersionsResponse {
    let version = |&(api, min_version, max_version)| m::ApiVersion {
        api_key: api as i16,
        min_version,
        max_version,
    };
    m::ApiVersionsResponse {
        error_code: error.code(),
        api_keys: match error {
            ErrorCode::InvalidRequest => Vec::new(),
            _ => SERVED.iter().map(version).collect(),
        },
        finalized_features_epoch: 0,
        ..Default::default()
    }
}

//! What arrives on a connection: first the answer to ApiVersions, which both sides' versions come
//! from (KIP-35, KIP-511), and then the answers to requests.

use bytes::Bytes;

use super::{Network, Reply, State};
use crate::client::event::{ClientOutput, Link, Response};
use crate::map;
use crate::protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};
use crate::protocol::{ApiKey, ErrorCode, decode_response, encode_request};

impl Network {
    pub(super) fn negotiate(&mut self, at: usize, link: Link, version: i16) {
        let correlation_id = self.correlation_id();
        let endpoint = &mut self.endpoints[at];
        let (State::Connecting { deadline_ms, .. } | State::Negotiating { deadline_ms, .. }) =
            endpoint.state
        else {
            return;
        };
        endpoint.state = State::Negotiating { link, deadline_ms, version, correlation_id };
        let request = ApiVersionsRequest {
            client_software_name: "ottla".to_owned(),
            client_software_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let frame = encode_request(&request, version, correlation_id, Some(&self.client_id));
        self.outputs.push_back(ClientOutput::Send { link, frame });
    }

    /// Takes a frame, or says why the connection makes no sense any more.
    pub(super) fn received(&mut self, at: usize, frame: Bytes) -> Result<(), String> {
        let endpoint = &mut self.endpoints[at];
        let correlation_id = frame.first_chunk().map(|bytes| i32::from_be_bytes(*bytes));
        match endpoint.state {
            State::Negotiating { link, version, correlation_id: expected, .. } => {
                if correlation_id != Some(expected) {
                    return Err("an answer to a request that was not sent".to_owned());
                }
                // An unknown version is answered in version 0, whatever was asked (KIP-511).
                let code = frame.get(4..6).map_or(0, |code| i16::from_be_bytes([code[0], code[1]]));
                let refused = code == ErrorCode::UnsupportedVersion.code();
                let body = if refused { 0 } else { version };
                let (_, answer) =
                    decode_response::<ApiVersionsResponse>(frame, body).map_err(|error| {
                        format!("the answer to ApiVersions makes no sense: {error}")
                    })?;
                let served = answer.api_keys.iter();
                let versions = map::collect(
                    served.map(|api| (api.api_key, (api.min_version, api.max_version))),
                );
                if refused && version > 0 {
                    let known = versions.get(&(ApiKey::ApiVersions as i16));
                    let next = known.map_or(0, |known| known.1.clamp(0, version - 1));
                    self.negotiate(at, link, next);
                    return Ok(());
                }
                if answer.error_code != 0 {
                    let name = ErrorCode::from_code(answer.error_code).name();
                    return Err(format!("the broker answered {name} to ApiVersions"));
                }
                endpoint.versions = versions;
                endpoint.state = State::Ready { link };
                endpoint.failures = 0;
                Ok(())
            }
            State::Ready { .. } => match endpoint.in_flight.pop_front() {
                Some(entry) if correlation_id == Some(entry.correlation_id) => {
                    let response = Response { api: entry.api, version: entry.version, frame };
                    self.replies.push_back(Reply { owner: entry.owner, result: Ok(response) });
                    Ok(())
                }
                entry => {
                    entry.into_iter().for_each(|entry| endpoint.in_flight.push_front(entry));
                    Err("an answer to a request that was not sent".to_owned())
                }
            },
            _ => Err("a frame before the connection stood".to_owned()),
        }
    }
}

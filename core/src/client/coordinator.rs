//! Who coordinates a group: the question, and what the answer says.

use super::config::Address;
use super::connection::EndpointId;
use super::error::ClientError;
use super::event::Response;
use crate::protocol::messages::{FindCoordinatorRequest, FindCoordinatorResponse};
use crate::protocol::{ApiKey, ErrorCode};

/// How far a call is on its way to the coordinator of its group.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Route {
    /// It is to be looked for (again).
    #[default]
    Unknown,
    Asking,
    /// The endpoint, and how often connecting to it had failed when it was found.
    Known(EndpointId, u32),
}

pub(crate) fn question(group_id: &str) -> FindCoordinatorRequest {
    FindCoordinatorRequest {
        key: group_id.to_owned(),
        key_type: 0,
        coordinator_keys: vec![group_id.to_owned()],
    }
}

/// Reads the answer to [`question`].
pub(crate) fn address(response: &Response, group_id: &str) -> Result<Address, ClientError> {
    let answer: FindCoordinatorResponse = response.decode()?;
    // From version 4 on there is a list, of the one group that was asked for.
    let (code, message, host, port) = match answer.coordinators.into_iter().next() {
        Some(found) => (found.error_code, found.error_message, found.host, found.port),
        None => (answer.error_code, answer.error_message, answer.host, answer.port),
    };
    match ErrorCode::from_code(code) {
        ErrorCode::None => Ok(Address::new(host, port)),
        code => Err(ClientError::Broker {
            code,
            api: ApiKey::FindCoordinator,
            context: format!("coordinator of group {group_id}"),
            message,
        }),
    }
}

//! Who coordinates the group, and how to reach it.

use super::{Ask, Context, Shared};
use crate::client::connection::{Channel, EndpointId};
use crate::client::coordinator;
use crate::client::error::ClientError;
use crate::client::event::Response;
use crate::protocol::messages::FindCoordinatorRequest;

/// Which of the two connections to the coordinator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Joining, heartbeats, leaving.
    Membership,
    /// Offsets.
    Offsets,
}

#[derive(Debug, Clone, Copy, Default)]
enum State {
    #[default]
    Unknown,
    Asking,
    /// The endpoints, and how often connecting to them had failed when they were found.
    Known {
        membership: EndpointId,
        offsets: EndpointId,
        failures: (u32, u32),
    },
}

#[derive(Debug, Default)]
pub(super) struct Coordinator {
    state: State,
    attempts: u32,
    pub(super) not_before_ms: u64,
}

impl Coordinator {
    /// It is to be looked for again.
    pub(super) fn lost(&mut self) {
        if let State::Known { .. } = self.state {
            self.state = State::Unknown;
        }
    }

    fn back_off(&mut self, context: &mut Context<'_>) {
        let pause_ms = context.cluster.pause_ms(self.attempts);
        self.attempts += 1;
        self.not_before_ms = context.now_ms().saturating_add(pause_ms);
        self.state = State::Unknown;
    }

    /// An answer to the question who it is. An error is one that will not go away.
    pub(super) fn found(
        &mut self,
        context: &mut Context<'_>,
        group_id: &str,
        result: Result<Response, ClientError>,
    ) -> Result<(), ClientError> {
        self.state = State::Unknown;
        match result.and_then(|response| coordinator::address(&response, group_id)) {
            Ok(address) => {
                let net = &mut context.cluster.net;
                let membership = net.endpoint(&address, Channel::Group);
                let offsets = net.endpoint(&address, Channel::Main);
                let failures = (net.failures(membership), net.failures(offsets));
                self.state = State::Known { membership, offsets, failures };
                self.attempts = 0;
                Ok(())
            }
            Err(error) if error.is_retriable() => {
                self.back_off(context);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

impl Shared {
    /// The connection to the coordinator, where it stands; otherwise it is being found or made.
    pub(super) fn endpoint(&mut self, context: &mut Context<'_>, lane: Lane) -> Option<EndpointId> {
        let now = context.now;
        if let State::Known { membership, offsets, failures } = self.coordinator.state {
            let (endpoint, before) = match lane {
                Lane::Membership => (membership, failures.0),
                Lane::Offsets => (offsets, failures.1),
            };
            let cluster = &mut *context.cluster;
            if cluster.net.want(now, endpoint, &cluster.config) {
                return Some(endpoint);
            }
            if cluster.net.failures(endpoint) > before {
                // It may be another one by now.
                self.coordinator.back_off(context);
            }
            return None;
        }
        let asking = matches!(self.coordinator.state, State::Asking);
        if asking || self.coordinator.not_before_ms > now.monotonic_ms {
            return None;
        }
        let to = context.cluster.any_node(now)?;
        let request = coordinator::question(&self.config.group_id);
        match context.cluster.net.version::<FindCoordinatorRequest>(to, i16::MAX) {
            Ok(version) => {
                let owner = Some(self.owner(Ask::FindCoordinator));
                let timeout_ms = context.cluster.config.request_timeout_ms;
                context.cluster.net.send(now, to, &request, version, owner, timeout_ms);
                self.coordinator.state = State::Asking;
            }
            Err(error) => {
                self.coordinator.back_off(context);
                self.fail(context, error);
            }
        }
        None
    }

    /// Gives up what is in flight on the connection of the membership: what is asked next would
    /// otherwise wait behind a JoinGroup.
    pub(super) fn interrupt(&mut self, context: &mut Context<'_>) {
        if let State::Known { membership, .. } = self.coordinator.state {
            context.cluster.net.interrupt(membership);
        }
    }
}

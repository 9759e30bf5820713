//! Which node a request is for, and the way there.

use std::sync::Arc;

use super::cluster::Cluster;
use super::connection::{Channel, EndpointId, Owner};
use super::coordinator::{self, Route};
use super::error::ClientError;
use super::event::Response;
use crate::Now;
use crate::protocol::{ApiKey, Request};

/// Which node a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Whichever is least busy.
    AnyNode,
    /// The controller.
    Controller,
    /// The leader of a partition.
    Leader(Arc<str>, i32),
    /// The node with this id.
    Node(i32),
    /// The coordinator of the group with this id, which is looked for first.
    Coordinator(Arc<str>),
}

/// A request of a type that is forgotten: the version is chosen when the node is known.
pub(super) trait AnyRequest: Send {
    fn api(&self) -> ApiKey;
    fn send(
        &self,
        now: Now,
        cluster: &mut Cluster,
        to: EndpointId,
        owner: Owner,
        max_version: i16,
    ) -> Result<(), ClientError>;
}

impl<R: Request + Send> AnyRequest for R {
    fn api(&self) -> ApiKey {
        R::API
    }

    fn send(
        &self,
        now: Now,
        cluster: &mut Cluster,
        to: EndpointId,
        owner: Owner,
        max_version: i16,
    ) -> Result<(), ClientError> {
        let version = cluster.net.version::<R>(to, max_version)?;
        let timeout_ms = cluster.config.request_timeout_ms;
        cluster.net.send(now, to, self, version, Some(owner), timeout_ms);
        Ok(())
    }
}

/// A request that a caller makes of one node.
pub(super) struct Errand {
    target: Target,
    request: Box<dyn AnyRequest>,
    max_version: i16,
    /// Where the target is a coordinator.
    route: Route,
}

impl Errand {
    pub(super) fn new<R: Request + Send + 'static>(
        target: Target,
        request: R,
        max_version: i16,
    ) -> Errand {
        let request = Box::new(request);
        Errand { target, request, max_version, route: Route::Unknown }
    }

    pub(super) fn api(&self) -> ApiKey {
        self.request.api()
    }

    /// Sends the request, or the question where to send it to, where a connection stands. Says
    /// whether something was sent.
    pub(super) fn send(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        owner: Owner,
    ) -> Result<bool, ClientError> {
        let to = match &self.target {
            Target::AnyNode => cluster.any_node(now),
            Target::Controller => cluster.controller(now),
            Target::Node(node) => cluster.node(now, *node, Channel::Main),
            Target::Leader(topic, partition) => cluster
                .leader(now, topic, *partition)
                .and_then(|(node, _)| cluster.node(now, node, Channel::Main)),
            Target::Coordinator(group_id) => {
                if let Route::Known(endpoint, failures) = self.route {
                    let stands = cluster.net.want(now, endpoint, &cluster.config);
                    if !stands && cluster.net.failures(endpoint) > failures {
                        // It may be another one by now.
                        self.route = Route::Unknown;
                    }
                    stands.then_some(endpoint)
                } else {
                    let Some(to) = cluster.any_node(now) else { return Ok(false) };
                    coordinator::question(group_id).send(now, cluster, to, owner, i16::MAX)?;
                    self.route = Route::Asking;
                    return Ok(true);
                }
            }
        };
        let Some(to) = to else { return Ok(false) };
        self.request.send(now, cluster, to, owner, self.max_version)?;
        Ok(true)
    }

    /// Takes an answer. Says whether it was that to the request itself.
    pub(super) fn answered(
        &mut self,
        cluster: &mut Cluster,
        response: &Response,
    ) -> Result<bool, ClientError> {
        let (Target::Coordinator(group_id), Route::Asking) = (&self.target, self.route) else {
            return Ok(true);
        };
        let address = coordinator::address(response, group_id)?;
        let endpoint = cluster.net.endpoint(&address, Channel::Main);
        self.route = Route::Known(endpoint, cluster.net.failures(endpoint));
        Ok(false)
    }

    /// The way is to be looked for again.
    pub(super) fn lost(&mut self) {
        self.route = Route::Unknown;
    }
}

//! How a connection ends: given up, lost or too slow. What was in flight on it is answered with an
//! error.

use super::{EndpointId, InFlight, Network, Reply, State};
use crate::Now;
use crate::client::config::ClientConfig;
use crate::client::error::ClientError;
use crate::client::event::ClientOutput;
use crate::client::rng::Rng;

impl Network {
    /// Gives up a connection, and tells the host.
    pub(super) fn drop_link(
        &mut self,
        now: Now,
        at: usize,
        reason: String,
        config: &ClientConfig,
        rng: &mut Rng,
    ) {
        if let Some(link) = self.endpoints[at].link() {
            self.outputs.push_back(ClientOutput::Disconnect { link });
        }
        self.lose(now, at, reason, None, config, rng);
    }

    /// Gives up what is in flight on a connection that works, so that something else can be asked
    /// at once on another.
    pub(crate) fn interrupt(&mut self, id: EndpointId) {
        let endpoint = &mut self.endpoints[id.0];
        let State::Ready { link } = endpoint.state else { return };
        endpoint.state = State::Idle;
        self.outputs.push_back(ClientOutput::Disconnect { link });
        for entry in std::mem::take(&mut endpoint.in_flight) {
            let address = endpoint.address.to_string();
            let reason = "given up for another request".to_owned();
            let result = Err(ClientError::Connection { address, reason });
            self.replies.push_back(Reply { owner: entry.owner, result });
        }
    }

    pub(super) fn lose(
        &mut self,
        now: Now,
        at: usize,
        reason: String,
        late: Option<u64>,
        config: &ClientConfig,
        rng: &mut Rng,
    ) {
        let endpoint = &mut self.endpoints[at];
        let pause_ms = if matches!(endpoint.state, State::Ready { .. }) {
            config.reconnect_backoff_ms
        } else {
            endpoint.failures += 1;
            config.retry.delay_ms(endpoint.failures - 1, rng)
        };
        endpoint.state = State::Idle;
        endpoint.retry_at_ms = now.monotonic_ms.saturating_add(pause_ms);
        endpoint.last_reason = reason;
        self.lost = true;
        for entry in std::mem::take(&mut endpoint.in_flight) {
            let error = match late {
                Some(timeout_ms) => {
                    let what = format!("{:?} to {}", entry.api, endpoint.address);
                    ClientError::Timeout { what, timeout_ms }
                }
                None => ClientError::Connection {
                    address: endpoint.address.to_string(),
                    reason: endpoint.last_reason.clone(),
                },
            };
            self.replies.push_back(Reply { owner: entry.owner, result: Err(error) });
        }
    }

    /// Gives up what has taken too long.
    pub(crate) fn expire(&mut self, now: Now, config: &ClientConfig, rng: &mut Rng) {
        for at in 0..self.endpoints.len() {
            let endpoint = &self.endpoints[at];
            match endpoint.state {
                State::Connecting { link, deadline_ms }
                | State::Negotiating { link, deadline_ms, .. }
                    if deadline_ms <= now.monotonic_ms =>
                {
                    self.outputs.push_back(ClientOutput::Disconnect { link });
                    let reason = format!("not there within {} ms", config.connection_timeout_ms);
                    self.lose(now, at, reason, None, config, rng);
                }
                State::Ready { link } => {
                    let overdue = |entry: &&InFlight| entry.deadline_ms <= now.monotonic_ms;
                    if let Some(entry) = endpoint.in_flight.iter().find(overdue) {
                        let late = entry.timeout_ms;
                        let reason = format!("{:?} unanswered after {late} ms", entry.api);
                        self.outputs.push_back(ClientOutput::Disconnect { link });
                        self.lose(now, at, reason, Some(late), config, rng);
                    }
                }
                _ => {}
            }
        }
    }

    /// When something may have to be given up or tried again.
    pub(crate) fn deadline(&self, now: Now) -> Option<u64> {
        let each = self.endpoints.iter().filter_map(|endpoint| match endpoint.state {
            State::Idle => Some(endpoint.retry_at_ms).filter(|&at| at > now.monotonic_ms),
            State::Connecting { deadline_ms, .. } | State::Negotiating { deadline_ms, .. } => {
                Some(deadline_ms)
            }
            State::Ready { .. } => endpoint.in_flight.iter().map(|e| e.deadline_ms).min(),
        });
        each.min()
    }

    /// Closes every connection.
    pub(crate) fn close(&mut self) {
        for endpoint in &mut self.endpoints {
            if let Some(link) = endpoint.link() {
                self.outputs.push_back(ClientOutput::Disconnect { link });
            }
            endpoint.state = State::Idle;
            endpoint.in_flight.clear();
        }
    }
}

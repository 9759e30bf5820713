//! The broker's part in coordinating groups: reading them back, their timers, their responses.

use super::{Broker, Phase};
use crate::Now;
use crate::api::{Replay, is_of_groups};
use crate::protocol::RequestHeader;

impl Broker {
    /// Begins to read what is stored of groups. What has to do with groups waits for it.
    pub(super) fn load_groups(&mut self, now: Now) {
        let replay = Replay::new(&self.node);
        let id = self.parked.insert(None, Box::new(replay));
        self.advance(now, id);
    }

    /// Whether a request must wait until groups have been read.
    pub(super) fn delays(&self, header: &RequestHeader) -> bool {
        !self.node.coordinator.is_loaded() && is_of_groups(header.api_key)
    }

    /// Does what is due for groups, and sends off what they have to say.
    pub(super) fn coordinate(&mut self, now: Now) {
        if let Some(error) = self.node.failed.take() {
            self.fail(error);
        }
        if let Phase::Failed = self.phase {
            for (call, ..) in std::mem::take(&mut self.delayed) {
                self.close(call.connection, "the storage has failed".to_owned());
            }
            return;
        }
        if self.is_serving() && self.node.coordinator.is_loaded() {
            if !self.delayed.is_empty() {
                for (call, header, body) in std::mem::take(&mut self.delayed) {
                    self.serve(now, call, header, body);
                }
            }
            self.node.advance_groups(now);
        }
        if !self.node.answers.is_empty() {
            for (call, reply) in std::mem::take(&mut self.node.answers) {
                self.reply(now, call, reply);
            }
        }
    }
}

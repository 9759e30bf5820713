//! What a consumer group has to do with the fetcher: the partitions come and go one by one, and
//! begin at committed offsets.

use std::sync::Arc;

use super::super::cluster::Cluster;
use super::super::config::AutoOffsetReset;
use super::super::error::ClientError;
use super::Fetcher;
use super::assignment::State;
use super::position::StartPosition;
use super::session::Key;

impl Fetcher {
    pub(crate) fn is_assigned(&self) -> bool {
        !self.assignment.partitions.is_empty()
    }

    /// Fetches these too, once it is said where they start.
    pub(crate) fn add(&mut self, keys: &[Key]) {
        keys.iter().for_each(|key| self.assignment.add(key.clone(), State::Waiting));
    }

    /// Fetches these no more.
    pub(crate) fn remove(&mut self, keys: &[Key]) {
        self.assignment.remove(keys);
    }

    /// Gives out nothing more of these.
    pub(crate) fn hold(&mut self, keys: &[Key]) {
        for key in keys {
            if let Some(assigned) = self.assignment.partitions.get_mut(key) {
                assigned.held = true;
            }
        }
    }

    /// The partitions of which it must be said where they start, each with a number that is another
    /// one when it has been taken away and has come back.
    pub(crate) fn starting(&self) -> Vec<(Key, u64)> {
        let waiting = self.assignment.partitions.iter();
        let waiting = waiting.filter(|(_, assigned)| assigned.state == State::Waiting);
        waiting.map(|(key, assigned)| (key.clone(), assigned.generation)).collect()
    }

    /// A partition starts at this offset, and leader epoch; without one, where its topic's reset
    /// says.
    pub(crate) fn start(&mut self, cluster: &mut Cluster, key: &Key, at: Option<(i64, i32)>) {
        let reset = self.reset_of(cluster, key);
        let Some(assigned) = self.assignment.partitions.get_mut(key) else { return };
        if assigned.state != State::Waiting {
            return; // Sought elsewhere meanwhile.
        }
        assigned.state = State::Start(match (at, reset) {
            (Some((offset, epoch)), _) => {
                assigned.last_epoch = epoch;
                StartPosition::Offset(offset)
            }
            (None, AutoOffsetReset::Earliest) => StartPosition::Earliest,
            (None, AutoOffsetReset::Latest) => StartPosition::Latest,
            (None, AutoOffsetReset::None) => {
                let (topic, partition) = (key.0.to_string(), key.1);
                let error = ClientError::NoCommittedOffset { topic, partition };
                return self.stall(cluster, key.clone(), error);
            }
        });
    }

    /// It cannot be found out where a partition starts.
    pub(crate) fn cannot_start(&mut self, cluster: &mut Cluster, key: Key, error: ClientError) {
        self.stall(cluster, key, error);
    }

    pub(crate) fn set_reset(&mut self, topic: Arc<str>, reset: AutoOffsetReset) {
        self.resets.insert(topic, reset);
    }

    /// Where to go on when there is no other place.
    pub(super) fn reset_of(&self, cluster: &Cluster, (topic, _): &Key) -> AutoOffsetReset {
        let default = cluster.config.fetcher.auto_offset_reset;
        self.resets.get(topic).copied().unwrap_or(default)
    }

    /// How far the position is behind the end of what is stored.
    pub(crate) fn lag(&self, key: &Key) -> Option<i64> {
        let assigned = self.assignment.partitions.get(key)?;
        let end = Some(assigned.high_watermark).filter(|&end| end >= 0)?;
        Some(end.saturating_sub(assigned.position?).max(0))
    }
}

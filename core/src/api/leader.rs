//! Leadership, for a broker that is shown as several: each partition is led by one of them, and the
//! others refuse what only a leader does.

use super::{Call, Node};
use crate::log::PartitionLog;
use crate::protocol::{ErrorCode, messages as m};

impl Node {
    /// The broker that leads a partition: they take turns. The leader of a partition of
    /// `__consumer_offsets` coordinates the groups that are kept there.
    pub(crate) fn leader(&self, partition: i32) -> i32 {
        self.settings.node_id + partition.rem_euclid(self.settings.node_count)
    }

    /// Refuses what was asked of a broker that does not lead the partition.
    pub(crate) fn check_leader(&self, call: Call, partition: i32) -> Result<(), ErrorCode> {
        match self.leader(partition) == call.node_id {
            true => Ok(()),
            false => Err(ErrorCode::NotLeaderOrFollower),
        }
    }

    /// The log of a topic's partition, for the broker that leads it.
    pub(crate) fn led_log(
        &mut self,
        call: Call,
        name: &str,
        partition: i32,
    ) -> Result<&mut PartitionLog, ErrorCode> {
        let led = self.check_leader(call, partition);
        // A partition that is not there is unknown to all brokers alike.
        let log = self.log(name, partition)?;
        led.map(|()| log)
    }

    /// Tells a client that asked the wrong broker, or knows an old epoch, who leads (KIP-951).
    pub(crate) fn tell_leader(
        &self,
        endpoints: &mut Vec<m::NodeEndpoint>,
        name: &str,
        partition: i32,
    ) -> m::LeaderIdAndEpoch {
        let Some(topic) = self.topics.get(name) else { return Default::default() };
        let leader_id = self.leader(partition);
        if endpoints.iter().all(|known| known.node_id != leader_id) {
            let leader = self.config.nodes().find(|(id, _, _)| *id == leader_id);
            endpoints.extend(leader.map(|(node_id, host, port)| m::NodeEndpoint {
                node_id,
                host: host.to_owned(),
                port,
                rack: None,
            }));
        }
        m::LeaderIdAndEpoch { leader_id, leader_epoch: self.leader_epoch(topic.generation) }
    }
}

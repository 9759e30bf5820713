//! Calls whose partitions are led by several nodes: asked node by node, put together again.

use litemap::LiteMap;
use std::sync::Arc;

use super::cluster::Cluster;
use super::config::IsolationLevel;
use super::connection::{EndpointId, Owner};
use super::error::ClientError;
use super::event::{ListedOffset, PartitionOutcome, Response};
use crate::Now;
use crate::protocol::messages::{
    DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsResponse, DeleteRecordsTopic,
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsResponse, ListOffsetsTopic,
};
use crate::protocol::{ApiKey, ErrorCode};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SplitKind {
    ListOffsets(IsolationLevel),
    DeleteRecords,
}

/// One partition of a split call.
#[derive(Debug)]
pub(crate) struct Item {
    topic: Arc<str>,
    partition: i32,
    /// The timestamp looked for, or the offset to delete to.
    argument: i64,
    leader_epoch: i32,
    /// The generation of the metadata that did not have the partition: it may be new, so that is
    /// believed only of the next one.
    missing_in: Option<u64>,
    result: Option<Result<ListedOffset, ClientError>>,
}

impl Item {
    pub(crate) fn into_outcome(self) -> PartitionOutcome<ListedOffset> {
        let result = self.result.unwrap_or(Err(ClientError::Closed));
        PartitionOutcome { topic: self.topic.to_string(), partition: self.partition, result }
    }
}

#[derive(Debug)]
pub(crate) struct Split {
    pub(crate) kind: SplitKind,
    pub(crate) items: Vec<Item>,
}

impl Split {
    pub(crate) fn new(kind: SplitKind, partitions: Vec<(Arc<str>, i32, i64)>) -> Split {
        let items = partitions.into_iter().map(|(topic, partition, argument)| Item {
            topic,
            partition,
            argument,
            leader_epoch: -1,
            missing_in: None,
            result: None,
        });
        Split { kind, items: items.collect() }
    }

    fn api(&self) -> ApiKey {
        match self.kind {
            SplitKind::ListOffsets(_) => ApiKey::ListOffsets,
            SplitKind::DeleteRecords => ApiKey::DeleteRecords,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.items.iter().all(|item| item.result.is_some())
    }

    pub(crate) fn describe(&self) -> String {
        let open = self.items.iter().find(|item| item.result.is_none());
        match open {
            Some(item) => format!("{:?} of {}-{}", self.api(), item.topic, item.partition),
            None => format!("{:?}", self.api()),
        }
    }

    pub(crate) fn fail_rest(&mut self, error: &ClientError) {
        for item in self.items.iter_mut().filter(|item| item.result.is_none()) {
            item.result = Some(Err(error.clone()));
        }
    }

    /// The open items by the node that leads them; those without a leader wait for metadata, those
    /// that cannot be there fail.
    pub(crate) fn by_leader(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
    ) -> LiteMap<i32, Vec<usize>> {
        let api = self.api();
        let mut nodes: LiteMap<i32, Vec<usize>> = LiteMap::new();
        let mut asked: LiteMap<(Arc<str>, i32), ()> = LiteMap::new();
        for (at, item) in self.items.iter_mut().enumerate() {
            // A request must not name a partition twice: the second time goes into another.
            let key = (item.topic.clone(), item.partition);
            if item.result.is_some() || asked.insert(key, ()).is_some() {
                continue;
            }
            if let Some((node, epoch)) = cluster.leader(now, &item.topic, item.partition) {
                item.leader_epoch = epoch;
                nodes.entry(node).or_default().push(at);
                continue;
            }
            let context = || format!("{api:?} of {}-{}", item.topic, item.partition);
            let refused = cluster.metadata.given_up(&item.topic, cluster.config.retry.retries);
            let absent = cluster.metadata.peek(&item.topic).is_some_and(|info| {
                usize::try_from(item.partition).map_or(true, |p| p >= info.partitions.len())
            });
            if let Some(code) = refused {
                item.result = Some(Err(ClientError::broker(code, api, context())));
            } else if absent && item.missing_in.is_none() {
                item.missing_in = Some(cluster.metadata.generation);
                cluster.metadata.want();
            } else if absent && item.missing_in < Some(cluster.metadata.generation) {
                let code = ErrorCode::UnknownTopicOrPartition;
                item.result = Some(Err(ClientError::broker(code, api, context())));
            }
        }
        nodes
    }

    pub(crate) fn send(
        &self,
        now: Now,
        cluster: &mut Cluster,
        to: EndpointId,
        owner: Owner,
        items: &[usize],
    ) -> Result<(), ClientError> {
        let mut topics: LiteMap<&Arc<str>, Vec<&Item>> = LiteMap::new();
        for item in items.iter().filter_map(|&at| self.items.get(at)) {
            topics.entry(&item.topic).or_default().push(item);
        }
        let config = &cluster.config;
        let timeout_ms = config.request_timeout_ms;
        let wire_timeout_ms = i32::try_from(timeout_ms).unwrap_or(i32::MAX);
        let owner = Some(owner);
        match self.kind {
            SplitKind::ListOffsets(isolation_level) => {
                let version = cluster.net.version::<ListOffsetsRequest>(to, i16::MAX)?;
                let topics = topics.into_iter().map(|(name, items)| ListOffsetsTopic {
                    name: name.to_string(),
                    partitions: items
                        .into_iter()
                        .map(|item| ListOffsetsPartition {
                            partition_index: item.partition,
                            current_leader_epoch: item.leader_epoch,
                            timestamp: item.argument,
                        })
                        .collect(),
                });
                let request = ListOffsetsRequest {
                    replica_id: -1,
                    isolation_level: isolation_level as i8,
                    topics: topics.collect(),
                    timeout_ms: wire_timeout_ms,
                };
                cluster.net.send(now, to, &request, version, owner, timeout_ms);
            }
            SplitKind::DeleteRecords => {
                let version = cluster.net.version::<DeleteRecordsRequest>(to, i16::MAX)?;
                let topics = topics.into_iter().map(|(name, items)| DeleteRecordsTopic {
                    name: name.to_string(),
                    partitions: items
                        .into_iter()
                        .map(|item| DeleteRecordsPartition {
                            partition_index: item.partition,
                            offset: item.argument,
                        })
                        .collect(),
                });
                let request =
                    DeleteRecordsRequest { topics: topics.collect(), timeout_ms: wire_timeout_ms };
                cluster.net.send(now, to, &request, version, owner, timeout_ms);
            }
        }
        Ok(())
    }

    /// Takes an answer. A retriable error leaves its items open, and is returned.
    pub(crate) fn answered(
        &mut self,
        response: Response,
        items: &[usize],
    ) -> Result<Option<ClientError>, ClientError> {
        // Topic, partition, error, and what was found.
        let mut found: Vec<(String, i32, i16, ListedOffset)> = Vec::new();
        match self.kind {
            SplitKind::ListOffsets(_) => {
                for topic in response.decode::<ListOffsetsResponse>()?.topics {
                    for p in topic.partitions {
                        let at = ListedOffset {
                            offset: p.offset,
                            timestamp: p.timestamp,
                            leader_epoch: p.leader_epoch,
                        };
                        found.push((topic.name.clone(), p.partition_index, p.error_code, at));
                    }
                }
            }
            SplitKind::DeleteRecords => {
                for topic in response.decode::<DeleteRecordsResponse>()?.topics {
                    for p in topic.partitions {
                        let at = ListedOffset {
                            offset: p.low_watermark,
                            timestamp: -1,
                            leader_epoch: -1,
                        };
                        found.push((topic.name.clone(), p.partition_index, p.error_code, at));
                    }
                }
            }
        }
        let api = self.api();
        let mut again = None;
        for &at in items {
            let Some(item) = self.items.get_mut(at) else { continue };
            let matches = |f: &&(String, i32, i16, ListedOffset)| {
                f.1 == item.partition && *f.0 == *item.topic
            };
            let (code, value) = match found.iter().find(matches) {
                Some((_, _, code, value)) => (ErrorCode::from_code(*code), *value),
                None => {
                    let nothing = ListedOffset { offset: -1, timestamp: -1, leader_epoch: -1 };
                    (ErrorCode::UnknownServerError, nothing)
                }
            };
            let context = format!("{api:?} of {}-{}", item.topic, item.partition);
            if code == ErrorCode::None {
                item.result = Some(Ok(value));
            } else if code.is_retriable() {
                again = Some(ClientError::broker(code, api, context));
            } else {
                item.result = Some(Err(ClientError::broker(code, api, context)));
            }
        }
        Ok(again)
    }
}

//! Opening: from what is stored to a broker that serves. Costs by the number of partitions and
//! segments, and by what was appended since their last snapshots; not by the number of records.

use litemap::LiteMap;

use bytes::Bytes;

use super::{Broker, Phase};
use crate::api::FetchSessions;
use crate::io::{LogLevel, Now, Output};
use crate::log::{LogRecord, PartitionLog, Recovery};
use crate::map;
use crate::storage::{Load, LoadId, Loaded, LogId, MetadataKey, Pieces, SegmentId, StorageError};
use crate::topic::{ClusterRecord, IMPORT, Topic, TopicRecord, Topics};

/// What is still to be read.
pub(super) enum Opening {
    /// Everything.
    Metadata(LoadId),
    /// The ends of the logs.
    Logs {
        recoveries: LiteMap<LogId, Recovery>,
        /// Which log each load is for, and which of the log's loads it is.
        loads: LiteMap<LoadId, (LogId, usize)>,
        found: LiteMap<(LogId, usize), Pieces>,
    },
}

/// The metadata values, sorted out.
#[derive(Default)]
struct Stored {
    cluster: Option<Bytes>,
    topics: Vec<(String, Bytes)>,
    starts: LiteMap<LogId, Bytes>,
    segments: LiteMap<LogId, Vec<(SegmentId, Bytes)>>,
}

impl Broker {
    /// Starts to read what is stored. What memory holds of stored topics is dropped.
    pub(super) fn open(&mut self) {
        let load = self.load_id();
        self.outputs.push_back(Output::Load { id: load, load: Load::Metadata });
        self.node.unload_groups();
        self.parked.drop_own();
        self.parked.restart();
        self.ahead.clear();
        self.held_loads.clear();
        self.upkeep.restart();
        let opening = Opening::Metadata(load);
        let requests = match std::mem::replace(&mut self.phase, Phase::Serving) {
            Phase::Opening { requests, .. } => requests,
            _ => Vec::new(),
        };
        self.phase = Phase::Opening { opening, requests };
    }

    pub(super) fn opened(&mut self, now: Now, load: LoadId, result: Result<Loaded, StorageError>) {
        let Phase::Opening { opening, .. } = &mut self.phase else { return };
        let current = match opening {
            Opening::Metadata(id) => *id == load,
            Opening::Logs { loads, .. } => loads.contains_key(&load),
        };
        if !current {
            // A load of before the broker opened anew.
            return;
        }
        let loaded = match result {
            Ok(loaded) => loaded,
            Err(error) => return self.fail(error),
        };
        match (opening, loaded) {
            (Opening::Metadata(_), Loaded::Metadata(values)) => {
                if let Err(error) = self.read_metadata(now, values) {
                    return self.fail(error);
                }
            }
            (Opening::Logs { loads, found, .. }, Loaded::Log(pieces)) => {
                if let Some(place) = loads.remove(&load) {
                    found.insert(place, pieces);
                }
            }
            _ => return self.fail(StorageError::Failed("a load brought something else".into())),
        }
        self.finish_opening(now);
    }

    pub(super) fn fail(&mut self, error: StorageError) {
        if let Phase::Opening { requests, .. } = std::mem::replace(&mut self.phase, Phase::Failed) {
            for (call, ..) in requests {
                self.close(call.connection, format!("the storage has failed: {error}"));
            }
        }
        self.outputs.push_back(Output::Failed { error });
    }

    fn read_metadata(
        &mut self,
        now: Now,
        values: Vec<(String, Bytes)>,
    ) -> Result<(), StorageError> {
        let mut stored = Stored::default();
        for (key, value) in values {
            match MetadataKey::parse(&key) {
                Some(MetadataKey::Cluster) => stored.cluster = Some(value),
                Some(MetadataKey::Topic(name)) => stored.topics.push((name, value)),
                Some(MetadataKey::Log(log)) => drop(stored.starts.insert(log, value)),
                Some(MetadataKey::Segment(log, segment)) => {
                    stored.segments.entry(log).or_default().push((segment, value));
                }
                None => self.log(LogLevel::Warn, format!("metadata key {key} is not known")),
            }
        }
        self.read_cluster(&stored)?;
        let unstored = self.node.logs.iter().map(|(id, log)| (*id, log.unstored_producers()));
        let mut unstored: LiteMap<LogId, Vec<(i64, i16)>> = map::collect(unstored);
        let resident = self.take_resident_logs();
        self.node.topics = Topics::default();
        let slots = self.node.config.number("max.incremental.fetch.session.cache.slots");
        self.node.sessions = FetchSessions::new(slots as usize);
        self.node.clear_cache();
        let mut recoveries = LiteMap::new();
        for (name, value) in std::mem::take(&mut stored.topics) {
            let record = TopicRecord::open(value).map_err(|error| {
                StorageError::Failed(format!(
                    "what is stored of topic {name} cannot be read: {error}"
                ))
            })?;
            let topic = Topic::from_record(name, record);
            self.recover_topic(&topic, &mut stored, &resident, &mut recoveries);
            self.node.topics.insert(topic);
        }
        for (id, recovery) in recoveries.iter_mut() {
            let producers = unstored.remove(id).unwrap_or_default();
            recovery.expect_producers(producers, now.wall_ms);
        }
        // Topics in memory alone survive in memory, as far as they are still topics.
        let topics = &self.node.topics;
        let live = |log: &PartitionLog| {
            topics.get(log.topic()).is_some_and(|t| t.logs.contains(&log.id()))
        };
        self.node.logs = map::collect(resident.into_iter().filter(|(_, log)| live(log)));
        self.ask_for_logs(recoveries);
        Ok(())
    }

    /// Deletes the topics whose import was not finished: better no topic than half of one.
    fn drop_unfinished_imports(&mut self) {
        let is_unfinished =
            |topic: &&Topic| topic.configs.get(IMPORT).is_some_and(|value| value.trim() == "true");
        loop {
            let unfinished = self.node.topics.iter().find(is_unfinished);
            let Some(name) = unfinished.map(|topic| topic.name.clone()) else { return };
            self.node.delete_topic(&name);
            let message = format!("the import of topic {name} was not finished: it is deleted");
            self.log(LogLevel::Warn, message);
        }
    }

    fn read_cluster(&mut self, stored: &Stored) -> Result<(), StorageError> {
        let known = match &stored.cluster {
            Some(value) => Some(ClusterRecord::open(value.clone()).map_err(|error| {
                StorageError::Failed(format!(
                    "what is stored of the cluster cannot be read: {error}"
                ))
            })?),
            None => None,
        };
        self.is_cluster_stored = known.is_some();
        self.node.forget_producer_ids();
        let before = self.node.cluster.generation;
        let opened_before = !self.node.cluster.cluster_id.is_zero();
        let Some(known) = known else {
            // Logs without a cluster are leftovers: their names must not be used again.
            let next_log_id = stored.segments.keys().map(|log| log.0 + 1).max().unwrap_or(0);
            let cluster_id = self.node.random.uuid();
            self.node.cluster =
                ClusterRecord { cluster_id, generation: 0, next_log_id, next_producer_id: 1 };
            self.node.store_cluster();
            return Ok(());
        };
        // After a failed commit it is still the same opening.
        let stored_as = known.generation;
        let generation = if opened_before { before } else { stored_as.saturating_add(1) };
        self.node.cluster = ClusterRecord { generation, ..known };
        if generation != stored_as {
            self.node.gate.accompany(self.node.cluster_write());
        }
        Ok(())
    }

    fn take_resident_logs(&mut self) -> LiteMap<LogId, PartitionLog> {
        let mut logs = std::mem::take(&mut self.node.logs);
        logs.retain(|_, log| log.config().durability.is_none());
        logs
    }

    fn recover_topic(
        &mut self,
        topic: &Topic,
        stored: &mut Stored,
        resident: &LiteMap<LogId, PartitionLog>,
        recoveries: &mut LiteMap<LogId, Recovery>,
    ) {
        let config = self.node.log_config(&topic.name, &topic.configs);
        let epoch = self.node.leader_epoch(topic.generation);
        for (partition, id) in (0..).zip(&topic.logs) {
            if resident.contains_key(id) {
                continue;
            }
            let place = (topic.name.as_str(), partition);
            let start = stored.starts.remove(id).map(LogRecord::open);
            let record = match start {
                Some(Ok(record)) => record,
                Some(Err(error)) => {
                    let name = &topic.name;
                    let message = format!(
                        "topic {name} partition {partition}: where the log starts cannot be read \
                         ({error}); records that were deleted may be back"
                    );
                    self.log(LogLevel::Error, message);
                    LogRecord::default()
                }
                None => LogRecord::default(),
            };
            let segments = stored.segments.remove(id).unwrap_or_default();
            let mut recovery = Recovery::new(*id, place, epoch, config.clone(), record, segments);
            if let Some(notice) = recovery.take_notice() {
                self.log(LogLevel::Error, notice);
            }
            recoveries.insert(*id, recovery);
        }
    }

    fn ask_for_logs(&mut self, recoveries: LiteMap<LogId, Recovery>) {
        let mut loads = LiteMap::new();
        for (log, recovery) in &recoveries {
            for (at, range) in recovery.loads().iter().enumerate() {
                let id = self.load_id();
                loads.insert(id, (*log, at));
                self.outputs.push_back(Output::Load { id, load: Load::Log(range.clone()) });
            }
        }
        if let Phase::Opening { opening, .. } = &mut self.phase {
            *opening = Opening::Logs { recoveries, loads, found: LiteMap::new() };
        }
    }

    /// Serves, if all has been read.
    fn finish_opening(&mut self, now: Now) {
        let Phase::Opening { opening: Opening::Logs { loads, .. }, .. } = &self.phase else {
            return;
        };
        if !loads.is_empty() {
            return;
        }
        let Phase::Opening { opening, requests } =
            std::mem::replace(&mut self.phase, Phase::Serving)
        else {
            return;
        };
        let Opening::Logs { recoveries, mut found, .. } = opening else { return };
        for (id, recovery) in recoveries {
            let pieces = (0..recovery.loads().len())
                .map(|at| found.remove(&(id, at)).unwrap_or_default())
                .collect();
            let (log, damage) = recovery.finish(pieces);
            for damage in damage {
                self.log(LogLevel::Error, damage.to_string());
            }
            self.adopt(log);
        }
        self.drop_unfinished_imports();
        self.node.evict();
        self.load_groups(now);
        self.start_upkeep(now);
        for (call, header, body) in requests {
            self.serve(now, call, header, body);
        }
        for id in self.parked.ids() {
            self.advance(now, id);
        }
    }

    fn adopt(&mut self, log: PartitionLog) {
        let id = log.id();
        log.batches_in_memory().for_each(|size| self.node.note_cached(id, size));
        self.node.logs.insert(id, log);
    }

    fn log(&mut self, level: LogLevel, message: String) {
        self.outputs.push_back(Output::Log { level, message });
    }
}

//! What the auditor and the administrator ask of the broker.

use std::collections::BTreeMap;

use ottla::Uuid;
use ottla::protocol::messages as m;

use crate::world::World;

pub(crate) const CORRUPT_MESSAGE: i16 = 2;
pub(crate) const OFFSET_OUT_OF_RANGE: i16 = 1;
pub(crate) const STORAGE_ERROR: i16 = 56;
/// The group for which the administrator commits.
pub(crate) const OTHER_GROUP: &str = "h";
/// How often something is asked for that cannot be answered at the moment.
const TRIES: usize = 200;

impl World {
    /// Asks until there is an answer that `accept` takes.
    pub(crate) fn insist<T>(&mut self, mut ask: impl FnMut(&mut World) -> Option<T>) -> T {
        for round in 0..TRIES {
            if let Some(answer) = ask(self) {
                return answer;
            }
            if round == TRIES / 10 {
                self.repair();
            }
            self.pass(50);
        }
        panic!("the auditor gets no answer");
    }

    /// An offset of a partition: −1 for its end, −2 for its start.
    pub(crate) fn offset(&mut self, topic: usize, partition: i32, which: i64) -> i64 {
        self.insist(|world| match world.ask_offset(topic, partition, which)? {
            Ok(offset) => Some(offset),
            Err(STORAGE_ERROR) => None,
            Err(code) => {
                let name = &world.book.topics[topic].name;
                panic!("{name}-{partition}: where it begins or ends: error {code}")
            }
        })
    }

    /// The same, asked once; or the error.
    pub(crate) fn ask_offset(
        &mut self,
        topic: usize,
        partition: i32,
        which: i64,
    ) -> Option<Result<i64, i16>> {
        let asked = m::ListOffsetsPartition {
            partition_index: partition,
            timestamp: which,
            ..Default::default()
        };
        let name = self.book.topics[topic].name.clone();
        let asked = m::ListOffsetsTopic { name, partitions: vec![asked] };
        let request = m::ListOffsetsRequest { topics: vec![asked], ..Default::default() };
        let answer = self.ask(&request, 7)?.topics.remove(0).partitions.remove(0);
        Some(if answer.error_code == 0 { Ok(answer.offset) } else { Err(answer.error_code) })
    }

    /// What is there from an offset on.
    pub(crate) fn fetch(
        &mut self,
        topic: usize,
        partition: i32,
        at: i64,
        most_bytes: i32,
    ) -> m::FetchPartitionData {
        let asked = m::FetchPartition {
            partition,
            fetch_offset: at,
            partition_max_bytes: most_bytes,
            ..Default::default()
        };
        let topic_id = self.book.topics[topic].id;
        let asked = m::FetchTopic { topic_id, partitions: vec![asked], ..Default::default() };
        let request = m::FetchRequest {
            replica_id: -1,
            min_bytes: 1,
            max_bytes: 1 << 20,
            session_epoch: -1,
            topics: vec![asked],
            ..Default::default()
        };
        self.insist(|world| {
            let data = world.ask(&request, 13)?.responses.remove(0).partitions.remove(0);
            (data.error_code != STORAGE_ERROR).then_some(data)
        })
    }

    /// What a group has committed.
    pub(crate) fn committed(&mut self, group: &str, topic: usize, partition: i32) -> Option<i64> {
        let name = self.book.topics[topic].name.clone();
        let answer = self.insist(|world| {
            let topic = m::OffsetFetchRequestTopic {
                name: name.clone(),
                partition_indexes: vec![partition],
            };
            let request = m::OffsetFetchRequest {
                group_id: group.to_owned(),
                topics: Some(vec![topic]),
                ..Default::default()
            };
            let answer = world.ask(&request, 7)?;
            (answer.error_code == 0).then_some(answer)
        });
        let found = answer.topics.first().and_then(|topic| topic.partitions.first());
        found.map(|found| found.committed_offset).filter(|offset| *offset >= 0)
    }

    /// The names of the topics that there are, with their ids.
    pub(crate) fn topics(&mut self) -> BTreeMap<String, Uuid> {
        let request = m::MetadataRequest { topics: None, ..Default::default() };
        let answer = self.insist(|world| world.ask(&request, 12));
        let topics = answer.topics.into_iter().filter(|topic| topic.error_code == 0);
        topics.filter_map(|topic| Some((topic.name?, topic.topic_id))).collect()
    }

    /// Commits an offset for the group that consumers do not commit for; gives the error.
    pub(crate) fn commit_offset(
        &mut self,
        topic: usize,
        partition: i32,
        offset: i64,
    ) -> Option<i16> {
        let asked = m::OffsetCommitRequestPartition {
            partition_index: partition,
            committed_offset: offset,
            ..Default::default()
        };
        let name = self.book.topics[topic].name.clone();
        let asked =
            m::OffsetCommitRequestTopic { name, partitions: vec![asked], ..Default::default() };
        let request = m::OffsetCommitRequest {
            group_id: OTHER_GROUP.to_owned(),
            topics: vec![asked],
            ..Default::default()
        };
        Some(self.ask(&request, 8)?.topics[0].partitions[0].error_code)
    }

    /// Deletes a partition's records before an offset; gives the error.
    pub(crate) fn delete_before(
        &mut self,
        topic: usize,
        partition: i32,
        offset: i64,
    ) -> Option<i16> {
        let known = &mut self.book.topics[topic].partitions[partition as usize];
        known.deleted_to = known.deleted_to.max(offset);
        let name = self.book.topics[topic].name.clone();
        let asked = m::DeleteRecordsPartition { partition_index: partition, offset };
        let asked = m::DeleteRecordsTopic { name, partitions: vec![asked] };
        let request = m::DeleteRecordsRequest { topics: vec![asked], timeout_ms: 1_000 };
        let answer = self.ask(&request, 2)?.topics.remove(0).partitions.remove(0);
        if answer.error_code == 0 {
            let low = answer.low_watermark;
            assert!(low >= offset, "records before {offset} were deleted: {answer:?}");
            let known = &mut self.book.topics[topic].partitions[partition as usize];
            known.start_floor = known.start_floor.max(offset);
        }
        Some(answer.error_code)
    }

    /// Asks for a topic to be deleted; gives the error.
    pub(crate) fn delete_topic(&mut self, name: &str) -> Option<i16> {
        let topic_names = vec![name.to_owned()];
        let request =
            m::DeleteTopicsRequest { topic_names, timeout_ms: 1_000, ..Default::default() };
        Some(self.ask(&request, 5)?.responses[0].error_code)
    }

    /// Creates a topic; says whether the broker did, and gives its id if it is there then.
    pub(crate) fn create_topic(
        &mut self,
        name: &str,
        partitions: i32,
        configs: Vec<(&str, String)>,
    ) -> (bool, Option<Uuid>) {
        self.tell(|| format!("creates {name} with {partitions} partitions: {configs:?}"));
        let configs = configs
            .into_iter()
            .map(|(name, value)| m::CreatableTopicConfig {
                name: name.to_owned(),
                value: Some(value),
            })
            .collect();
        let topic = m::CreatableTopic {
            name: name.to_owned(),
            num_partitions: partitions,
            replication_factor: 1,
            configs,
            ..Default::default()
        };
        let request = m::CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        let answer = self.ask(&request, 7);
        let created = answer.is_some_and(|answer| answer.topics[0].error_code == 0);
        (created, self.topics().get(name).copied())
    }

    /// Gives a topic these configurations and no others; gives the error.
    pub(crate) fn configure(&mut self, name: &str, configs: &[(&str, String)]) -> Option<i16> {
        let configs = configs.iter().map(|(name, value)| m::AlterableConfig {
            name: (*name).to_owned(),
            value: Some(value.clone()),
        });
        let resource = m::AlterConfigsResource {
            resource_type: 2,
            resource_name: name.to_owned(),
            configs: configs.collect(),
        };
        let request = m::AlterConfigsRequest { resources: vec![resource], validate_only: false };
        Some(self.ask(&request, 2)?.responses[0].error_code)
    }
}

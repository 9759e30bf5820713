//! What is stored of the cluster and of a topic.

use bytes::Bytes;

use crate::Uuid;
use crate::storage::{ValueError, open_value, seal_value};

/// The version of the values written here.
const VERSION: i16 = 0;

message! {
    /// The cluster: who it is, and what it has given out.
    struct ClusterRecord {
        /// Made once, when the storage was empty.
        cluster_id: Uuid,
        /// How often the storage has been opened, this time included.
        generation: i32,
        /// The name that the next log gets.
        next_log_id: u32,
        /// The first producer id that has not been given out.
        next_producer_id: i64,
    }

    /// A topic.
    struct TopicRecord {
        /// Its id.
        topic_id: Uuid,
        /// The generation in which it was made: leader epochs count from there.
        generation: i32,
        /// The log of each partition.
        logs: Vec<u32>,
        /// The configurations that were set.
        configs: Vec<TopicConfigEntry>,
    }

    /// A configuration that was set.
    struct TopicConfigEntry {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    }
}

macro_rules! stored {
    ($($record:ident),*) => { $(
        impl $record {
            /// The value to store.
            pub fn seal(&self) -> Bytes {
                seal_value(self, VERSION)
            }

            /// Reads a stored value.
            pub fn open(value: Bytes) -> Result<$record, ValueError> {
                open_value(value, 0..=VERSION)
            }
        }
    )* };
}
stored!(ClusterRecord, TopicRecord);

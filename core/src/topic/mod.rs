//! Topics: their names, ids, partitions and configuration, and what is stored of them.

mod config;
mod name;
mod record;
mod registry;

pub use config::{
    Allowed, ConfigDefinition, ConfigType, Effect, IMPORT, TOPIC_CONFIGS, log_config, topic_config,
};
pub use name::{NameError, check_name, names_collide};
pub use record::{ClusterRecord, TopicConfigEntry, TopicRecord};
pub use registry::{Topic, Topics};

/// Whether a topic is one of the broker's own.
pub fn is_internal(name: &str) -> bool {
    matches!(name, "__consumer_offsets" | "__transaction_state" | "__share_group_state")
}

//! Consumer groups and their committed offsets: the state, without a broker around it.
//!
//! An operation changes the state in memory at once, and leaves in [`Effects`] what follows from it:
//! records for `__consumer_offsets`, and responses to requests that had been waiting. Whoever calls
//! stores the records and lets no response leave before that; if storing fails, all of this is
//! thrown away and made anew from the stored records with [`Groups::replay`].
//!
//! Source: KIP-62, KIP-211, KIP-345, KIP-394, KIP-496, KIP-814, KIP-848.

mod assignor;
mod classic;
mod consumer;
mod consumers;
mod effects;
mod groups;
mod listing;
mod members;
mod offsets;
mod partitions;
mod record;
mod settings;

pub(crate) use self::effects::{
    Answer, Caller, Context, CoordinatorRecord, Effects, Response, Ticket,
};
pub(crate) use self::groups::{Group, Groups};
pub(crate) use self::settings::Settings;

/// The topic that holds what is stored of groups.
pub(crate) const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// The partition of [`OFFSETS_TOPIC`] that a group belongs to: Java's `hashCode` of its id, without
/// the sign, modulo the number of partitions.
pub(crate) fn partition_of(group: &str, partitions: i32) -> i32 {
    let hash = group
        .encode_utf16()
        .fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    // Kafka's `abs`, which gives 0 for the one number without a positive counterpart.
    let positive = if hash == i32::MIN { 0 } else { hash.abs() };
    positive % partitions.max(1)
}

#[cfg(test)]
mod tests {
    use super::partition_of;

    // From Java: `Utils.abs(id.hashCode()) % 50`.
    #[test]
    fn a_group_has_the_partition_that_kafka_gives_it() {
        let known = [
            ("", 0),
            ("g", 3),
            ("group", 47),
            ("my-group", 12),
            ("polygenelubricants", 0),
            ("größe", 7),
        ];
        for (group, partition) in known {
            assert_eq!(partition_of(group, 50), partition, "{group}");
            assert_eq!(partition_of(group, 1), 0);
        }
    }
}

//! Records, against those that Kafka's coordinator wrote; tests/golden/group/README.md says how.

use std::fmt::Debug;

use proptest::prelude::*;

use super::*;
use crate::Uuid;

const RECORDS: &str = include_str!("../../../../tests/golden/group/records.txt");

fn bytes(hex: &str) -> Option<Bytes> {
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (hex != "null").then(|| (0..hex.len()).step_by(2).map(byte).collect())
}

/// The record of a line, by its name: version, key, value.
fn golden(name: &str) -> Vec<(i16, Bytes, Option<Bytes>)> {
    let rows = RECORDS.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let row = |row: Vec<&str>| {
        let version = row[1].strip_prefix('v').map_or(-1, |version| version.parse().unwrap());
        (version, bytes(row[2]).unwrap(), bytes(row[3]))
    };
    let found: Vec<_> = rows.filter(|row| row[0] == name).map(row).collect();
    assert!(!found.is_empty(), "no golden record {name}");
    found
}

/// Checks a record in the only version that there is.
fn check<V: RecordValue + PartialEq + Debug>(name: &str, key: RecordKey, value: V) {
    let [(version, golden_key, golden_value)] = &golden(name)[..] else {
        panic!("{name} has more than one version");
    };
    assert_eq!(value.version(), *version);
    let written = record(&key, &value);
    assert_eq!((&written.key, &written.value), (golden_key, golden_value), "{name}");
    assert_eq!(RecordKey::decode(written.key), Ok(Some(key)));
    assert_eq!(decode_value::<V>(written.value.unwrap()), Ok(value));
}

fn partitions(partitions: &[i32]) -> Vec<RecordTopicPartitions> {
    let topic_id = Uuid((1_u128 << 64 | 2).to_be_bytes());
    vec![RecordTopicPartitions { topic_id, partitions: partitions.to_vec() }]
}

fn group() -> String {
    "g".into()
}

#[test]
fn an_offset_in_every_version() {
    let key = RecordKey::OffsetCommit { group: group(), topic: "orders".into(), partition: 3 };
    let rows = golden("OffsetCommit");
    assert_eq!(rows.len(), 5);
    for (version, golden_key, golden_value) in rows {
        let value = OffsetCommitValue {
            offset: 100,
            leader_epoch: if version >= 3 { 5 } else { -1 },
            metadata: "note".into(),
            commit_timestamp: 1_000,
            expire_timestamp: if version == 1 { 2_000 } else { -1 },
            topic_id: if version == 4 { partitions(&[])[0].topic_id } else { Uuid::ZERO },
        };
        assert_eq!(key.encode(), golden_key);
        assert_eq!(Some(encode_value(&value, version)), golden_value, "version {version}");
        assert_eq!(decode_value(golden_value.unwrap()), Ok(value));
    }
    let [(_, golden_key, None)] = &golden("OffsetCommitTombstone")[..] else {
        panic!("a tombstone has no value");
    };
    assert_eq!(&tombstone(&key).key, golden_key);
}

#[test]
fn an_offset_with_an_expiry_of_its_own_is_written_in_the_version_that_has_one() {
    let value = OffsetCommitValue { expire_timestamp: 2_000, ..Default::default() };
    assert_eq!((value.version(), OffsetCommitValue::default().version()), (1, 4));
}

#[test]
fn a_classic_group_in_every_version() {
    let rows = golden("GroupMetadata");
    assert_eq!(rows.len(), 5);
    for (version, golden_key, golden_value) in rows {
        let member = GroupMetadataMember {
            member_id: "m".into(),
            group_instance_id: (version >= 3).then(|| "i".into()),
            client_id: "c".into(),
            client_host: "/127.0.0.1".into(),
            rebalance_timeout: if version >= 1 { 60_000 } else { -1 },
            session_timeout: 45_000,
            subscription: Bytes::from_static(&[1, 2]),
            assignment: Bytes::from_static(&[3]),
        };
        let value = GroupMetadataValue {
            protocol_type: "consumer".into(),
            generation: 7,
            protocol: Some("range".into()),
            leader: Some("m".into()),
            current_state_timestamp: if version >= 2 { 1_000 } else { -1 },
            members: vec![member],
        };
        assert_eq!(RecordKey::GroupMetadata { group: group() }.encode(), golden_key);
        assert_eq!(Some(encode_value(&value, version)), golden_value, "version {version}");
        assert_eq!(decode_value(golden_value.unwrap()), Ok(value));
    }
}

#[test]
fn a_consumer_groups_epochs() {
    check(
        "ConsumerGroupMetadata",
        RecordKey::ConsumerGroupMetadata { group: group() },
        ConsumerGroupMetadataValue { epoch: 7, metadata_hash: -2 },
    );
    check(
        "ConsumerGroupTargetAssignmentMetadata",
        RecordKey::ConsumerGroupTargetAssignmentMetadata { group: group() },
        ConsumerGroupTargetAssignmentMetadataValue { assignment_epoch: 7 },
    );
}

#[test]
fn a_consumer_groups_members() {
    let key = RecordKey::ConsumerGroupMemberMetadata { group: group(), member: "m".into() };
    let value = ConsumerGroupMemberMetadataValue {
        rack_id: Some("r".into()),
        client_id: "c".into(),
        client_host: "/127.0.0.1".into(),
        subscribed_topic_names: vec!["orders".into()],
        subscribed_topic_regex: Some("o.*".into()),
        rebalance_timeout_ms: 60_000,
        ..Default::default()
    };
    check("ConsumerGroupMemberMetadata", key.clone(), value.clone());
    let protocol =
        RecordClassicProtocol { name: "range".into(), metadata: Bytes::from_static(&[1, 2]) };
    let value = ConsumerGroupMemberMetadataValue {
        instance_id: Some("i".into()),
        rack_id: None,
        subscribed_topic_names: Vec::new(),
        subscribed_topic_regex: None,
        server_assignor: Some("range".into()),
        classic_member_metadata: Some(RecordClassicMemberMetadata {
            session_timeout_ms: 45_000,
            supported_protocols: vec![protocol],
        }),
        ..value
    };
    check("ConsumerGroupMemberMetadataClassic", key, value);
}

#[test]
fn a_consumer_groups_assignments() {
    let topic_partitions = partitions(&[0, 1]);
    check(
        "ConsumerGroupTargetAssignmentMember",
        RecordKey::ConsumerGroupTargetAssignmentMember { group: group(), member: "m".into() },
        ConsumerGroupTargetAssignmentMemberValue { topic_partitions },
    );
    check(
        "ConsumerGroupCurrentMemberAssignment",
        RecordKey::ConsumerGroupCurrentMemberAssignment { group: group(), member: "m".into() },
        ConsumerGroupCurrentMemberAssignmentValue {
            member_epoch: 7,
            previous_member_epoch: 6,
            state: 1,
            assigned_partitions: partitions(&[0]),
            partitions_pending_revocation: partitions(&[1, 2]),
        },
    );
    check(
        "ConsumerGroupRegularExpression",
        RecordKey::ConsumerGroupRegularExpression { group: group(), regex: "o.*".into() },
        ConsumerGroupRegularExpressionValue {
            topics: vec!["orders".into()],
            version: 9,
            timestamp: 1_000,
        },
    );
}

#[test]
fn a_type_that_is_not_known_is_told_and_a_version_that_is_not_is_refused() {
    assert_eq!(RecordKey::decode(Bytes::from_static(&[0, 99, 1, 2, 3])), Ok(None));
    let refused = decode_value::<OffsetCommitValue>(Bytes::from_static(&[0, 5, 0, 0]));
    assert_eq!(refused, Err(DecodeError::UnknownVersion(5)));
    let refused = decode_value::<OffsetCommitValue>(Bytes::from_static(&[0xff, 0xff, 0, 0]));
    assert_eq!(refused, Err(DecodeError::UnknownVersion(-1)));
}

proptest! {
    #[test]
    fn any_bytes_are_a_record_or_an_error(
        bytes in proptest::collection::vec(prop_oneof![Just(0u8), 0..9u8, any::<u8>()], 0..120),
    ) {
        let bytes = Bytes::from(bytes);
        if let Ok(Some(key)) = RecordKey::decode(bytes.clone()) {
            prop_assert_eq!(RecordKey::decode(key.encode()), Ok(Some(key)));
        }
        let _ = decode_value::<OffsetCommitValue>(bytes.clone());
        let _ = decode_value::<GroupMetadataValue>(bytes.clone());
        let _ = decode_value::<ConsumerGroupMemberMetadataValue>(bytes.clone());
        let _ = decode_value::<ConsumerGroupCurrentMemberAssignmentValue>(bytes);
    }
}

//! Administration of groups: from what `js/admin/groups.ts` asks for to Kafka's requests, and back.

use ottla::Now;
use ottla::client::{CallId, Client, ClientError, Response, Target};
use ottla::protocol::messages::*;
use wasm_bindgen::JsValue;

use super::answer::{self, Decode, fault};
use crate::object::{Properties, list, object, read_integer, text_or_null};

/// The last version of OffsetCommit and OffsetFetch that names topics; later ones have ids alone.
const BY_NAME: i16 = 9;

/// Starts an operation: each is for one group, at its coordinator, but `listGroups`, which is for
/// one node.
pub(super) fn start(
    operation: &str,
    arguments: &Properties<'_>,
    now: Now,
    client: &mut Client,
) -> Result<(CallId, Option<Decode>), JsValue> {
    if operation == "listGroups" {
        let target = Target::Node(arguments.number("node")? as i32);
        let call = client.request(now, target, ListGroupsRequest::default());
        return Ok((call.map_err(refused)?, Some(listed)));
    }
    let group_id = arguments.text("group")?;
    let target = Target::Coordinator(group_id.as_str().into());
    let (call, decode): (_, Decode) = match operation {
        "describeGroup" => {
            let request = DescribeGroupsRequest { groups: vec![group_id], ..Default::default() };
            (client.request(now, target, request), described)
        }
        "describeConsumerGroup" => {
            let group_ids = vec![group_id];
            let request = ConsumerGroupDescribeRequest { group_ids, ..Default::default() };
            (client.request(now, target, request), consumer_described)
        }
        "deleteGroup" => {
            let request = DeleteGroupsRequest { groups_names: vec![group_id] };
            (client.request(now, target, request), deleted)
        }
        "fetchOffsets" => {
            let request = offsets_wanted(group_id, arguments)?;
            (client.request_at_most(now, target, request, BY_NAME), offsets_fetched)
        }
        _ => {
            let topic = OffsetCommitRequestTopic {
                name: arguments.text("topic")?,
                partitions: arguments.list("partitions", offset_to_set)?,
                ..Default::default()
            };
            let request =
                OffsetCommitRequest { group_id, topics: vec![topic], ..Default::default() };
            (client.request_at_most(now, target, request, BY_NAME), offsets_set)
        }
    };
    Ok((call.map_err(refused)?, Some(decode)))
}

fn refused(error: ClientError) -> JsValue {
    answer::error(&error)
}

/// Of some topics, or of all that the group has offsets of.
fn offsets_wanted(
    group_id: String,
    arguments: &Properties<'_>,
) -> Result<OffsetFetchRequest, JsValue> {
    let wanted = arguments.optional_list("topics", |value| {
        let topic = Properties(value);
        Ok((topic.text("topic")?, topic.list("partitions", read_integer)?))
    })?;
    let named = wanted.as_ref().map(|topics| {
        let named = topics
            .iter()
            .cloned()
            .map(|(name, partition_indexes)| OffsetFetchRequestTopic { name, partition_indexes });
        named.collect()
    });
    let topics =
        wanted.map(|topics| {
            let named = topics.into_iter().map(|(name, partition_indexes)| {
                OffsetFetchRequestTopics { name, partition_indexes, ..Default::default() }
            });
            named.collect()
        });
    Ok(OffsetFetchRequest {
        group_id: group_id.clone(),
        topics: named,
        groups: vec![OffsetFetchRequestGroup { group_id, topics, ..Default::default() }],
        require_stable: false,
    })
}

fn offset_to_set(value: &JsValue) -> Result<OffsetCommitRequestPartition, JsValue> {
    let each = Properties(value);
    Ok(OffsetCommitRequestPartition {
        partition_index: each.number("partition")? as i32,
        committed_offset: each.number("offset")? as i64,
        committed_metadata: Some(each.text("metadata")?),
        ..Default::default()
    })
}

fn listed(response: &Response) -> Result<JsValue, ClientError> {
    let response: ListGroupsResponse = response.decode()?;
    let groups = list(&response.groups, |group| {
        object(&[
            ("groupId", group.group_id.as_str().into()),
            ("protocolType", group.protocol_type.as_str().into()),
            ("state", group.group_state.as_str().into()),
            ("type", group.group_type.as_str().into()),
        ])
    });
    let error = fault("listing", "groups", response.error_code, None);
    Ok(object(&[("error", error), ("groups", groups)]))
}

fn described(response: &Response) -> Result<JsValue, ClientError> {
    let response: DescribeGroupsResponse = response.decode()?;
    Ok(list(&response.groups, |group| {
        let message = group.error_message.as_deref();
        object(&[
            ("error", fault("describing group", &group.group_id, group.error_code, message)),
            ("groupId", group.group_id.as_str().into()),
            ("state", group.group_state.as_str().into()),
            ("protocolType", group.protocol_type.as_str().into()),
            ("protocol", group.protocol_data.as_str().into()),
            ("members", list(&group.members, member)),
        ])
    }))
}

fn member(member: &DescribedGroupMember) -> JsValue {
    let bytes = |bytes: &[u8]| js_sys::Uint8Array::from(bytes).into();
    object(&[
        ("memberId", member.member_id.as_str().into()),
        ("clientId", member.client_id.as_str().into()),
        ("clientHost", member.client_host.as_str().into()),
        ("memberMetadata", bytes(&member.member_metadata)),
        ("memberAssignment", bytes(&member.member_assignment)),
    ])
}

fn consumer_described(response: &Response) -> Result<JsValue, ClientError> {
    let response: ConsumerGroupDescribeResponse = response.decode()?;
    Ok(list(&response.groups, |group| {
        let message = group.error_message.as_deref();
        object(&[
            ("error", fault("describing group", &group.group_id, group.error_code, message)),
            ("groupId", group.group_id.as_str().into()),
            ("state", group.group_state.as_str().into()),
            ("protocol", group.assignor_name.as_str().into()),
            ("members", list(&group.members, consumer_member)),
        ])
    }))
}

/// Its subscription and what it has now; the package encodes them as it does a classic member's.
fn consumer_member(member: &ConsumerGroupDescribeMember) -> JsValue {
    let assignment = list(&member.assignment.topic_partitions, |topic| {
        object(&[
            ("topic", topic.topic_name.as_str().into()),
            ("partitions", list(&topic.partitions, |partition| (*partition).into())),
        ])
    });
    object(&[
        ("memberId", member.member_id.as_str().into()),
        ("clientId", member.client_id.as_str().into()),
        ("clientHost", member.client_host.as_str().into()),
        ("topics", list(&member.subscribed_topic_names, |topic| topic.as_str().into())),
        ("assignment", assignment),
    ])
}

fn deleted(response: &Response) -> Result<JsValue, ClientError> {
    let response: DeleteGroupsResponse = response.decode()?;
    Ok(list(&response.results, |group| {
        object(&[
            ("groupId", group.group_id.as_str().into()),
            ("errorCode", group.error_code.into()),
            ("error", fault("deleting group", &group.group_id, group.error_code, None)),
        ])
    }))
}

fn offsets_set(response: &Response) -> Result<JsValue, ClientError> {
    let response: OffsetCommitResponse = response.decode()?;
    let topics = response.topics.iter();
    let each = topics.flat_map(|topic| topic.partitions.iter().map(move |p| (topic, p)));
    let each: Vec<_> = each.collect();
    Ok(list(&each, |(topic, partition)| {
        let name = format!("{}-{}", topic.name, partition.partition_index);
        object(&[("error", fault("committing an offset of", &name, partition.error_code, None))])
    }))
}

fn offsets_fetched(response: &Response) -> Result<JsValue, ClientError> {
    let response: OffsetFetchResponse = response.decode()?;
    // From version 8 on: of the one group that was asked for.
    let group = response.groups.first();
    let code = group.map_or(response.error_code, |group| group.error_code);
    let topics = match group {
        Some(group) => list(&group.topics, |topic| {
            let partitions = list(&topic.partitions, |p| {
                let at = (&*topic.name, p.partition_index);
                committed(at, p.committed_offset, p.metadata.as_deref(), p.error_code)
            });
            of_topic(&topic.name, partitions)
        }),
        None => list(&response.topics, |topic| {
            let partitions = list(&topic.partitions, |p| {
                let at = (&*topic.name, p.partition_index);
                committed(at, p.committed_offset, p.metadata.as_deref(), p.error_code)
            });
            of_topic(&topic.name, partitions)
        }),
    };
    let error = fault("committed offsets of", "the group", code, None);
    Ok(object(&[("error", error), ("topics", topics)]))
}

fn of_topic(topic: &str, partitions: JsValue) -> JsValue {
    object(&[("topic", topic.into()), ("partitions", partitions)])
}

fn committed(at: (&str, i32), offset: i64, metadata: Option<&str>, code: i16) -> JsValue {
    let (topic, partition) = at;
    let name = format!("{topic}-{partition}");
    object(&[
        ("partition", partition.into()),
        ("offset", (offset as f64).into()),
        ("metadata", text_or_null(metadata)),
        ("error", fault("committed offset of", &name, code, None)),
    ])
}

//! A consumer's part in a group, as `js/consumer` drives it: commands, and what the group tells.

use bytes::Bytes;
use ottla::client::{
    AutoOffsetReset, ClientError, GroupEvent, MemberMetadata, Membership, Subscription,
    TopicPartition,
};
use wasm_bindgen::prelude::*;

use super::{Call, ClientBinding, Shared, answer, options};
use crate::object::{Properties, list, object, read_list};

#[wasm_bindgen(js_class = Client)]
impl ClientBinding {
    /// Joins the group, subscribed to these topics; without a list, to those that `chooseTopics`
    /// names whenever the event `topics` asks.
    pub fn subscribe(&self, topics: Option<Vec<String>>) -> Result<(), JsValue> {
        let subscription = match topics {
            Some(topics) => Subscription::Topics(topics.into_iter().map(Into::into).collect()),
            None => Subscription::Chosen,
        };
        self.command(|client, now| client.subscribe(now, subscription))
    }

    /// Answers the event `topics`.
    #[wasm_bindgen(js_name = chooseTopics)]
    pub fn choose_topics(&self, topics: Vec<String>) -> Result<(), JsValue> {
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        self.command(|client, now| client.choose_topics(now, &topics))
    }

    /// Gives all partitions up and leaves the group; the event `left` follows.
    #[wasm_bindgen(js_name = leaveGroup)]
    pub fn leave_group(&self) -> Result<(), JsValue> {
        self.command(|client, now| client.leave_group(now))
    }

    /// Answers the event `revoked`.
    #[wasm_bindgen(js_name = acknowledgeRevoked)]
    pub fn acknowledge_revoked(&self) {
        self.0.enter(|client, now| client.acknowledge_revoked(now));
    }

    /// Says that everything before this offset is processed.
    #[wasm_bindgen(js_name = markProcessed)]
    pub fn mark_processed(&self, topic: &str, partition: i32, next_offset: f64) -> bool {
        self.0.enter(|client, _| client.mark_processed(topic, partition, next_offset as i64))
    }

    /// Commits offsets; the end is told by `settled` under the caller's number.
    pub fn commit(&self, id: f64, offsets: &JsValue) -> Result<(), JsValue> {
        let offsets = options::offsets_to_commit(offsets)?;
        self.0.enter(|client, now| {
            let call = client.commit(now, offsets).map_err(|error| answer::error(&error))?;
            self.0.calls.borrow_mut().insert(call, Call { id, decode: None });
            Ok(())
        })
    }

    /// Commits what was marked processed, the same way. False: that is nothing.
    #[wasm_bindgen(js_name = commitProcessed)]
    pub fn commit_processed(&self, id: f64) -> Result<bool, JsValue> {
        self.0.enter(|client, now| {
            let call = client.commit_processed(now).map_err(|error| answer::error(&error))?;
            if let Some(call) = call {
                self.0.calls.borrow_mut().insert(call, Call { id, decode: None });
            }
            Ok(call.is_some())
        })
    }

    /// Whether the client commits by itself, and how often.
    #[wasm_bindgen(js_name = setAutoCommit)]
    pub fn set_auto_commit(&self, enabled: bool, interval_ms: f64) -> Result<(), JsValue> {
        self.command(|client, now| client.set_auto_commit(now, enabled, interval_ms as u64))
    }

    /// Answers the event `assign` with the bytes for each member: its id, and what it gets.
    #[wasm_bindgen(js_name = giveAssignment)]
    pub fn give_assignment(&self, generation_id: i32, assignment: &JsValue) -> Result<(), JsValue> {
        let assignments = read_list(assignment, "assignment", |value| {
            let each = Properties(value);
            Ok((each.text("memberId")?, bytes_of(&each.get("memberAssignment"))))
        })?;
        self.0.enter(|client, now| client.give_assignment(now, generation_id, assignments));
        Ok(())
    }

    /// What the leader gets of this member, for an assignor of the application's.
    #[wasm_bindgen(js_name = setAssignorMetadata)]
    pub fn set_assignor_metadata(&self, assignor: &str, metadata: &[u8]) -> Result<(), JsValue> {
        let metadata = Bytes::copy_from_slice(metadata);
        self.command(|client, _| client.set_assignor_metadata(assignor, metadata))
    }

    /// Where to go on in a topic that the group has committed no offset of.
    #[wasm_bindgen(js_name = setAutoOffsetReset)]
    pub fn set_auto_offset_reset(&self, topic: &str, from_beginning: bool) {
        let reset =
            if from_beginning { AutoOffsetReset::Earliest } else { AutoOffsetReset::Latest };
        self.0.enter(|client, _| client.set_auto_offset_reset(topic, reset));
    }
}

impl Shared {
    /// Tells what happened in the group.
    pub(super) fn tell_group(&self, event: &GroupEvent) {
        let (kind, payload) = match event {
            GroupEvent::Committed { call: Some(call), offsets } => {
                return self.settle(*call, None, &answer::each_offset(offsets));
            }
            GroupEvent::Committed { call: None, offsets } => {
                ("committed", answer::each_offset(offsets))
            }
            // Nothing here asks for these: offsets are looked up by their requests.
            GroupEvent::CommittedFetched { .. } => return,
            GroupEvent::AssignmentWanted { generation_id, assignor, members, partitions } => {
                ("assign", wanted(*generation_id, assignor, members, partitions))
            }
            GroupEvent::Rebalancing { reason } => ("rebalancing", reason.as_str().into()),
            GroupEvent::Revoked { partitions } => ("revoked", places(partitions)),
            GroupEvent::Lost { partitions } => ("lost", places(partitions)),
            GroupEvent::Assigned { partitions } => ("assigned", places(partitions)),
            GroupEvent::Joined(membership) => ("joined", joined(membership)),
            GroupEvent::TopicsListed { topics } => ("topics", list(topics, |name| (**name).into())),
            GroupEvent::PollIntervalExceeded => ("expired", JsValue::UNDEFINED),
            GroupEvent::Left => ("left", JsValue::UNDEFINED),
            GroupEvent::Failed { error } => ("failed", answer::error(error)),
        };
        self.events.group(kind, &payload);
    }
}

impl ClientBinding {
    fn command(
        &self,
        command: impl FnOnce(&mut ottla::client::Client, ottla::Now) -> Result<(), ClientError>,
    ) -> Result<(), JsValue> {
        self.0.enter(command).map_err(|error| answer::error(&error))
    }
}

fn places(partitions: &[TopicPartition]) -> JsValue {
    list(partitions, |(topic, partition)| {
        object(&[("topic", (**topic).into()), ("partition", (*partition).into())])
    })
}

fn joined(membership: &Membership) -> JsValue {
    object(&[
        ("memberId", membership.member_id.as_str().into()),
        ("generationId", membership.generation_id.into()),
        ("leaderId", membership.leader_id.as_str().into()),
        ("assignor", membership.assignor.as_str().into()),
        ("duration", (membership.duration_ms as f64).into()),
        ("partitions", places(&membership.partitions)),
        ("leftAlone", places(&membership.left_alone)),
    ])
}

/// What an assignor of the application's has to share out, and among whom.
fn wanted(
    generation_id: i32,
    assignor: &str,
    members: &[MemberMetadata],
    topics: &[TopicPartition],
) -> JsValue {
    let member = |member: &MemberMetadata| {
        object(&[
            ("memberId", member.member_id.as_str().into()),
            ("memberMetadata", js_sys::Uint8Array::from(&member.metadata[..]).into()),
        ])
    };
    object(&[
        ("generationId", generation_id.into()),
        ("assignor", assignor.into()),
        ("members", list(members, member)),
        ("topics", list(topics, |(topic, _)| (**topic).into())),
    ])
}

fn bytes_of(value: &JsValue) -> Bytes {
    js_sys::Uint8Array::new(value).to_vec().into()
}

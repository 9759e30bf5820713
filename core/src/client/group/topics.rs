//! What a member subscribes to, and the metadata that it needs for it.

use std::sync::Arc;

use litemap::LiteMap;

use super::config::Subscription;
use super::{Context, GroupEvent, distinct};
use crate::map;

/// How often topics in use are named to the metadata, which forgets what nobody names.
const TOUCH_MS: u64 = 1_000;

#[derive(Debug, Default)]
pub(super) struct Topics {
    subscription: Option<Subscription>,
    /// What the host chose, once it has.
    chosen: Option<Vec<Arc<str>>>,
    /// What it was told of, once it was.
    listed: Option<Vec<Arc<str>>>,
    /// What other members want, which their leader looks after.
    pub(super) of_group: Vec<Arc<str>>,
    touched_at_ms: Option<u64>,
    /// Changes with the subscription.
    pub(super) version: u64,
    /// Leaves only for as long as the application does not prove alive.
    pub(super) dormant: bool,
}

impl Topics {
    pub(super) fn subscribe(&mut self, subscription: Subscription) {
        let subscription = match subscription {
            Subscription::Topics(topics) => Subscription::Topics(distinct(topics)),
            other => other,
        };
        if self.subscription.as_ref() != Some(&subscription) {
            self.chosen = None;
            self.listed = None;
        }
        self.touched_at_ms = None;
        self.version += 1;
        self.subscription = Some(subscription);
    }

    pub(super) fn choose(&mut self, topics: Vec<Arc<str>>) -> bool {
        let asked = self.subscription == Some(Subscription::Chosen);
        if asked {
            self.version += 1;
            self.chosen = Some(distinct(topics));
            self.touched_at_ms = None;
        }
        asked
    }

    pub(super) fn is_subscribed(&self) -> bool {
        self.subscription.is_some()
    }

    /// The topics subscribed to, once they are known; none where the broker finds them.
    pub(super) fn names(&self) -> Option<&[Arc<str>]> {
        match self.subscription.as_ref()? {
            Subscription::Topics(topics) => Some(topics),
            Subscription::Chosen => self.chosen.as_deref(),
            Subscription::Pattern(_) => Some(&[]),
        }
    }

    pub(super) fn pattern(&self) -> Option<&str> {
        match self.subscription.as_ref()? {
            Subscription::Pattern(pattern) => Some(pattern),
            _ => None,
        }
    }

    /// Whether the member may get partitions of the topic. The leader may know of topics that match
    /// before the member does.
    pub(super) fn allows(&self, topic: &Arc<str>) -> bool {
        match &self.subscription {
            Some(Subscription::Topics(topics)) => topics.binary_search(topic).is_ok(),
            Some(_) => true,
            None => false,
        }
    }

    /// Keeps the metadata of what is wanted up to date, and the host with the topics there are.
    pub(super) fn drive(&mut self, context: &mut Context<'_>) {
        let Some(subscription) = &self.subscription else {
            return context.cluster.metadata.want_all(false);
        };
        let all = !matches!(subscription, Subscription::Topics(_));
        let now_ms = context.now_ms();
        context.cluster.metadata.want_all(all);
        if self.touched_at_ms.is_none_or(|at| at.saturating_add(TOUCH_MS) <= now_ms) {
            self.touched_at_ms = Some(now_ms);
            let names = self.names().unwrap_or_default();
            for name in names.iter().chain(&self.of_group) {
                context.cluster.topic(context.now, name);
            }
        }
        if self.subscription == Some(Subscription::Chosen)
            && let Some(topics) = context.cluster.metadata.names()
            && self.listed.as_ref() != Some(&topics)
        {
            self.listed = Some(topics.clone());
            context.tell(GroupEvent::TopicsListed { topics });
        }
    }

    /// How many partitions each topic has: `None` while something of it is not known yet. Topics
    /// that do not exist are left out.
    pub(super) fn counts(
        context: &mut Context<'_>,
        topics: &[Arc<str>],
    ) -> Option<LiteMap<Arc<str>, i32>> {
        let mut counts = Vec::with_capacity(topics.len());
        for topic in topics {
            let count = context.cluster.topic(context.now, topic).map(|info| info.partitions.len());
            match count {
                Some(count) => counts.push((topic.clone(), i32::try_from(count).unwrap_or(0))),
                None => drop(context.cluster.metadata.topic_error(topic)?),
            }
        }
        Some(map::collect(counts))
    }
}

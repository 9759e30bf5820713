//! One member, and the application around its client.

use std::collections::BTreeMap;
use std::sync::Arc;

use ottla::client::{
    Client, ClientConfig, Event, Fetched, GroupEvent, Link, Subscription, TopicPartition,
};
use ottla::{ConnectionId, Now};

use super::checks::Checks;

pub struct Member {
    pub number: usize,
    pub client: Client,
    pub links: BTreeMap<Link, ConnectionId>,
    /// Whether it is one of the group `h`.
    pub beside: bool,
    /// Whether there may be something for it to do.
    pub woken: bool,
    /// Whether its application commits by itself, instead of the client at intervals.
    pub commits: bool,
    /// What it was told to give up and goes on with: for showing that it is noticed.
    pub hoard: Option<BTreeMap<TopicPartition, Fetched>>,
    /// Whether an own commit is under way, and when it began.
    committing: bool,
    committed_ms: u64,
    subscribed: Vec<Arc<str>>,
    /// Gone.
    pub crashed: bool,
    /// Hangs: neither client nor application do anything, but they are still there.
    pub stalled: bool,
    /// Whether the application takes records and marks them processed by itself.
    pub consumes: bool,
    /// Whether it acknowledges revocations by itself.
    pub acknowledges: bool,
    /// What it has not acknowledged.
    unacknowledged: Vec<Vec<TopicPartition>>,
    /// Which topics it chooses where it is asked: those that begin so.
    pub chooses: Option<&'static str>,
    /// Whether it is to say that it is alive.
    pub alive: bool,
    /// What was told of the group, in short.
    pub told: Vec<String>,
    pub left: bool,
    /// Rebalances that have begun and not ended.
    rebalancing: bool,
}

impl Member {
    pub fn new(number: usize, config: ClientConfig, topics: &[&str], now: Now) -> Member {
        let group = config.group.as_ref().unwrap();
        let (beside, commits) = (group.group_id == "h", !group.auto_commit);
        let mut client = Client::new(config, 1 + number as u64).unwrap();
        let topics: Vec<Arc<str>> = topics.iter().map(|&topic| topic.into()).collect();
        if !topics.is_empty() {
            client.subscribe(now, Subscription::Topics(topics.clone())).unwrap();
        }
        Member {
            number,
            client,
            beside,
            woken: true,
            commits,
            hoard: None,
            committing: false,
            committed_ms: 0,
            subscribed: topics,
            links: BTreeMap::new(),
            crashed: false,
            stalled: false,
            consumes: true,
            acknowledges: true,
            unacknowledged: Vec::new(),
            chooses: None,
            alive: true,
            told: Vec::new(),
            left: false,
            rebalancing: true,
        }
    }

    /// Whether no rebalance is under way, as far as the member knows.
    pub fn is_quiet(&self) -> bool {
        !self.rebalancing || self.left
    }

    /// Whether it is there, and wants this topic.
    pub fn wants(&self, topic: &str) -> bool {
        let asked = self.subscribed.iter().any(|name| **name == *topic);
        !self.crashed && !self.left && (asked || self.chooses.is_some())
    }

    /// What was told since, in short.
    pub fn told(&mut self) -> String {
        std::mem::take(&mut self.told).join(", ")
    }

    /// Takes events and records, until there are none.
    pub fn work(&mut self, now: Now, checks: &mut Checks) {
        if self.alive {
            self.client.alive(now);
        }
        loop {
            let mut idle = true;
            while self.acknowledges
                && let Some(partitions) = self.unacknowledged.pop()
            {
                checks.given_up(self.number, &partitions);
                let hoard = self.hoard.iter_mut();
                let kept: Vec<Fetched> = hoard
                    .flat_map(|all| partitions.iter().filter_map(|key| all.remove(key)))
                    .collect();
                kept.iter().for_each(|fetched| self.process(fetched, checks));
                self.client.acknowledge_revoked(now);
            }
            while let Some(event) = self.client.poll_event() {
                idle = false;
                if let Event::Group(event) = event {
                    if let GroupEvent::TopicsListed { topics } = &event {
                        let prefix = self.chooses.unwrap_or_default();
                        let chosen = topics.iter().map(|name| &**name);
                        let chosen: Vec<&str> = chosen.filter(|n| n.starts_with(prefix)).collect();
                        self.client.choose_topics(now, &chosen).unwrap();
                    }
                    self.heard(event, checks);
                }
            }
            while self.consumes
                && let Some(fetched) = self.client.poll_fetched(now)
            {
                idle = false;
                self.process(&fetched, checks);
                if let Some(hoard) = &mut self.hoard {
                    hoard.insert((fetched.topic.clone(), fetched.partition), fetched);
                }
            }
            // One that was refused is not tried again at once.
            let rested = now.monotonic_ms > self.committed_ms + 100;
            if self.commits && rested && !self.committing && !self.left {
                self.committing = matches!(self.client.commit_processed(now), Ok(Some(_)));
                self.committed_ms = now.monotonic_ms;
            }
            if idle {
                return;
            }
        }
    }

    fn process(&mut self, fetched: &Fetched, checks: &mut Checks) {
        let key = (fetched.topic.clone(), fetched.partition);
        let records = fetched.batches.iter().flat_map(|batch| batch.records(1 << 24).unwrap());
        for record in records.filter(|record| record.offset >= fetched.first_offset) {
            checks.processed(self.number, &key, record.offset, record.value.as_deref());
        }
        self.client.mark_processed(&fetched.topic, fetched.partition, fetched.next_offset);
    }

    fn heard(&mut self, event: GroupEvent, checks: &mut Checks) {
        self.told.push(match event {
            GroupEvent::Rebalancing { .. } => {
                self.rebalancing = true;
                "rebalancing".to_owned()
            }
            GroupEvent::Revoked { partitions } => {
                let text = format!("revoked {}", list(&partitions));
                self.unacknowledged.push(partitions);
                text
            }
            GroupEvent::Lost { partitions } => {
                checks.given_up(self.number, &partitions);
                // To be acknowledged all the same, but not taken from the member again.
                self.unacknowledged.iter_mut().for_each(Vec::clear);
                format!("lost {}", list(&partitions))
            }
            GroupEvent::Assigned { partitions } => {
                checks.taken(self.number, &partitions);
                format!("assigned {}", list(&partitions))
            }
            GroupEvent::Joined(membership) => {
                self.rebalancing = false;
                checks.joined(self.number, &membership);
                format!("joined {}", list(&membership.partitions))
            }
            GroupEvent::Committed { call, offsets } => {
                self.committing &= call.is_none();
                for offset in offsets {
                    let key = (Arc::from(offset.topic), offset.partition);
                    if let Ok(committed) = offset.result {
                        checks.committed(&key, committed);
                    }
                }
                return;
            }
            GroupEvent::Left => {
                self.left = true;
                checks.gone(self.number);
                "left".to_owned()
            }
            GroupEvent::PollIntervalExceeded => "too slow".to_owned(),
            GroupEvent::Failed { error } => {
                self.left = true;
                checks.gone(self.number);
                format!("failed: {error}")
            }
            other => format!("{other:?}"),
        });
    }

    /// Leaves; the world has to run for that.
    pub fn leave(&mut self, now: Now) {
        self.client.leave_group(now).unwrap();
    }
}

pub fn list(partitions: &[TopicPartition]) -> String {
    let each = partitions.iter().map(|(topic, partition)| format!("{topic}{partition}"));
    each.collect::<Vec<_>>().join(" ")
}

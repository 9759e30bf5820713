//! What the members subscribe to: topics by name and by regular expression, and whether the topics
//! have changed since the targets were made.

use super::super::Context;
use super::super::Effects;
use super::Refusal;
use super::group::{ConsumerGroup, ResolvedRegex};
use super::member::Member;
use super::pattern::Pattern;
use crate::protocol::ErrorCode;
use crate::sort::sort;
use crate::topic::Topics;

impl ConsumerGroup {
    /// Whether a member subscribes to a topic.
    pub(crate) fn is_subscribed_to(&self, topic: &str) -> bool {
        self.members.values().any(|member| self.topics_of(member).any(|own| own == topic))
    }

    /// The topics that a member subscribes to, some of them maybe twice, whether they exist or not.
    pub(super) fn topics_of<'a>(&'a self, member: &'a Member) -> impl Iterator<Item = &'a str> {
        let resolved = member.regex().and_then(|regex| self.regexes.get(regex));
        let matching = resolved.into_iter().flat_map(|resolved| &resolved.topics);
        member.topics.iter().chain(matching).map(String::as_str)
    }

    /// Whether all members subscribe to the same, by the same means.
    pub(super) fn is_homogeneous(&self) -> bool {
        let mut members = self.members.values();
        let Some(first) = members.next() else { return true };
        // Who subscribes by both means may have topics twice, which Kafka takes for a difference.
        let both = first.regex().is_some() && !first.topics.is_empty();
        !both && members.all(|member| member.subscribes_like(first))
    }

    /// Checks a pattern that a member wants to subscribe to, if no member does so already.
    pub(super) fn check_regex(&self, regex: Option<&str>) -> Result<(), Refusal> {
        match regex {
            None | Some("") => Ok(()),
            Some(regex) if self.is_used(regex) => Ok(()),
            Some(regex) => Pattern::new(regex)
                .map(drop)
                .map_err(|message| Refusal::new(ErrorCode::InvalidRegularExpression, message)),
        }
    }

    fn is_used(&self, regex: &str) -> bool {
        self.members.values().any(|member| member.regex() == Some(regex))
    }

    /// Whether topics have come, gone or grown since this was last looked at.
    pub(super) fn has_new_topics(&self, topics: &Topics) -> bool {
        self.seen_changes != Some(topics.changes())
    }

    /// Looks at the topics anew, and gives the group its next epoch if that is due: for one that has
    /// none yet, where `changed` says so, or where the topics have changed.
    pub(super) fn refresh(&mut self, context: &Context, changed: bool, effects: &mut Effects) {
        self.seen_changes = Some(context.topics.changes());
        let resolved = self.resolve(context, effects);
        let hash = self.hash_topics(context.topics);
        if changed || resolved || self.epoch == 0 || hash != self.metadata_hash {
            self.next_epoch(hash, effects);
        }
    }

    /// Gives the group its next epoch.
    pub(super) fn next_epoch(&mut self, metadata_hash: i64, effects: &mut Effects) {
        self.epoch = self.epoch.saturating_add(1);
        self.metadata_hash = metadata_hash;
        self.write_group(effects);
    }

    /// Finds the topics that the members' patterns stand for; whether there are others than before.
    /// Kafka does it in the background, from time to time.
    fn resolve(&mut self, context: &Context, effects: &mut Effects) -> bool {
        let mut patterns: Vec<String> =
            self.members.values().filter_map(|member| member.regex().map(str::to_owned)).collect();
        sort(&mut patterns);
        patterns.dedup();
        let mut changed = false;
        for pattern in patterns {
            // It was checked when it came.
            let Ok(regex) = Pattern::new(&pattern) else { continue };
            let names = context.topics.iter().map(|topic| &topic.name);
            let topics: Vec<String> = names.filter(|name| regex.is_match(name)).cloned().collect();
            let known = self.regexes.get(&pattern);
            changed |= *known.map_or(&[][..], |known| &known.topics) != topics[..];
            if known.is_none_or(|known| known.topics != topics) {
                self.regexes.insert(pattern.clone(), ResolvedRegex { topics });
                self.write_regex(context, &pattern, effects);
            }
        }
        changed
    }

    /// Forgets patterns that no member subscribes to any more.
    pub(super) fn drop_regexes(&mut self, effects: &mut Effects) {
        let unused = self.regexes.keys().filter(|regex| !self.is_used(regex));
        for regex in unused.cloned().collect::<Vec<_>>() {
            self.regexes.remove(&regex);
            self.write_no_regex(&regex, effects);
        }
    }

    /// A hash of the topics that the members subscribe to, as far as they exist: their ids and how
    /// many partitions they have. 0 for none. It is FNV-1a and not what Kafka computes, which nobody
    /// else sees: it only has to differ where the topics do.
    pub(super) fn hash_topics(&self, topics: &Topics) -> i64 {
        let mut names: Vec<&str> =
            self.members.values().flat_map(|member| self.topics_of(member)).collect();
        sort(&mut names);
        names.dedup();
        let mut existing = names.into_iter().filter_map(|name| topics.get(name)).peekable();
        if existing.peek().is_none() {
            return 0;
        }
        let hash = existing.fold(0xcbf2_9ce4_8422_2325_u64, |hash, topic| {
            let partitions = (topic.logs.len() as u64).to_be_bytes();
            let step =
                |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
            topic.id.0.iter().chain(&partitions).fold(hash, step)
        });
        hash as i64
    }
}

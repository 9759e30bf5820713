//! The partitions that a member owns, how far each is processed, and how they are given up.

use litemap::LiteMap;

use super::assignor::TopicPartition;
use super::event::OffsetToCommit;
use super::{Context, GroupEvent};

/// How far a partition is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Grows with each partition that is assigned: what was begun under another number is stale.
    pub(super) tenure: u64,
    /// Where it started; nothing is delivered before that is known.
    start: Option<i64>,
    /// The position behind what was delivered last, and the leader epoch there.
    delivered: Option<(i64, i32)>,
    /// Where to go on if the member ended now.
    processed: Option<i64>,
    committed: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Waits for the host to finish its work.
    Working,
    /// It has: what it processed is to be committed.
    Finished,
    /// That is on its way.
    Committing,
}

/// Partitions on their way out.
#[derive(Debug)]
struct Revocation {
    partitions: Vec<TopicPartition>,
    deadline_ms: u64,
    step: Step,
}

#[derive(Debug, Default)]
pub(super) struct Owned {
    partitions: LiteMap<TopicPartition, Progress>,
    revocation: Option<Revocation>,
    tenures: u64,
    /// Changes with what is owned.
    pub(super) version: u64,
    /// Whether it is not known of some where they start.
    unstarted: bool,
    /// How many revocations the host was told of and has not answered: a late answer to one that
    /// was lost is not taken for an answer to the next.
    unanswered: u64,
}

impl Owned {
    pub(super) fn keys(&self) -> Vec<TopicPartition> {
        self.partitions.keys().cloned().collect()
    }

    pub(super) fn get(&self, key: &TopicPartition) -> Option<&Progress> {
        self.partitions.get(key)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    /// Takes these too. They start where the committed offsets say.
    pub(super) fn add(&mut self, context: &mut Context<'_>, partitions: &[TopicPartition]) {
        for key in partitions {
            self.tenures += 1;
            let progress = Progress { tenure: self.tenures, ..Progress::default() };
            self.partitions.insert(key.clone(), progress);
        }
        self.version += 1;
        self.unstarted = true;
        context.fetcher.add(partitions);
    }

    fn remove(&mut self, context: &mut Context<'_>, partitions: &[TopicPartition]) {
        for key in partitions {
            self.partitions.remove(key);
        }
        self.version += 1;
        context.fetcher.remove(partitions);
    }

    /// All of them, which are gone at once.
    pub(super) fn take_all(&mut self, context: &mut Context<'_>) -> Vec<TopicPartition> {
        let partitions = self.keys();
        self.remove(context, &partitions);
        self.revocation = None;
        partitions
    }

    /// Learns where partitions start once the fetcher knows.
    pub(super) fn observe(&mut self, context: &mut Context<'_>) {
        if !std::mem::take(&mut self.unstarted) {
            return;
        }
        for (key, progress) in &mut self.partitions {
            if progress.start.is_some() {
                continue;
            }
            let position = context.fetcher.position(key);
            self.unstarted |= position.is_none();
            if position.is_some() {
                progress.start = position;
                // Nothing before it is this group's to process, so it may be committed: a record
                // that is stored before the first one is processed is not passed over then.
                progress.processed = position;
            }
        }
    }

    /// It starts at a committed offset, which need not be committed again.
    pub(super) fn is_committed(&mut self, key: &TopicPartition, tenure: u64, offset: i64) {
        if let Some(progress) = self.partitions.get_mut(key).filter(|p| p.tenure == tenure) {
            progress.committed = Some(offset);
        }
    }

    /// The host goes on elsewhere, and so will its successor.
    pub(super) fn sought(&mut self, key: &TopicPartition) {
        if let Some(progress) = self.partitions.get_mut(key) {
            progress.start = None;
            progress.delivered = None;
            progress.processed = None;
            self.unstarted = true;
        }
    }

    pub(super) fn delivered(&mut self, key: &TopicPartition, next_offset: i64, epoch: i32) {
        if let Some(progress) = self.partitions.get_mut(key) {
            progress.delivered = Some((next_offset, epoch));
        }
    }

    /// What is below the offset is done. Says whether that can be: only what was delivered under
    /// this assignment can.
    pub(super) fn processed(&mut self, key: &TopicPartition, next_offset: i64) -> bool {
        let Some(progress) = self.partitions.get_mut(key) else { return false };
        let delivered = progress.delivered.is_some_and(|(end, _)| next_offset <= end);
        let forward = progress.processed.is_none_or(|offset| offset <= next_offset);
        if delivered && forward {
            progress.processed = Some(next_offset);
        }
        delivered && forward
    }

    /// What is processed and not committed: of all partitions, or of those that are given up.
    pub(super) fn uncommitted(&self, revoked_only: bool) -> Vec<OffsetToCommit> {
        let wanted = |key: &TopicPartition| !revoked_only || self.is_revoked(key);
        let open = self.partitions.iter().filter_map(|((topic, partition), progress)| {
            let offset = progress.processed.filter(|_| progress.processed != progress.committed)?;
            let mut commit = OffsetToCommit::new(topic.clone(), *partition, offset);
            if let Some((end, epoch)) = progress.delivered
                && end == offset
            {
                commit.leader_epoch = epoch;
            }
            wanted(&(topic.clone(), *partition)).then_some(commit)
        });
        open.collect()
    }

    // Giving up

    fn is_revoked(&self, key: &TopicPartition) -> bool {
        self.revocation.as_ref().is_some_and(|revocation| revocation.partitions.contains(key))
    }

    /// Begins to give these up, if there are any.
    pub(super) fn revoke(
        &mut self,
        context: &mut Context<'_>,
        partitions: Vec<TopicPartition>,
        timeout_ms: u64,
    ) {
        if partitions.is_empty() {
            return;
        }
        context.fetcher.hold(&partitions);
        context.tell(GroupEvent::Revoked { partitions: partitions.clone() });
        self.unanswered += 1;
        let deadline_ms = context.now_ms().saturating_add(timeout_ms);
        self.revocation = Some(Revocation { partitions, deadline_ms, step: Step::Working });
    }

    pub(super) fn revoking(&self) -> Option<Step> {
        self.revocation.as_ref().map(|revocation| revocation.step)
    }

    /// The host is done with what was revoked.
    pub(super) fn acknowledge(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
        if self.unanswered == 0 && self.revoking() == Some(Step::Working) {
            self.set_step(Step::Finished);
        }
    }

    pub(super) fn set_step(&mut self, step: Step) {
        if let Some(revocation) = &mut self.revocation {
            revocation.step = step;
        }
    }

    /// They are given up.
    pub(super) fn finish(&mut self, context: &mut Context<'_>) {
        if let Some(revocation) = self.revocation.take() {
            self.remove(context, &revocation.partitions);
        }
    }

    /// Gives up what should long have been.
    pub(super) fn expire(&mut self, context: &mut Context<'_>) {
        let Some(revocation) = &self.revocation else { return };
        if revocation.deadline_ms > context.now_ms() {
            return;
        }
        if revocation.step == Step::Working {
            let partitions = revocation.partitions.clone();
            context.tell(GroupEvent::Lost { partitions });
        }
        self.finish(context);
    }

    pub(super) fn deadline(&self) -> Option<u64> {
        self.revocation.as_ref().map(|revocation| revocation.deadline_ms)
    }
}

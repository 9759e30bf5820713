//! Which partitions have moved from whom to whom while an assignment is balanced, so that of two
//! partitions of a topic that would change places, none moves.

use super::java_order::bucket;

/// From one member to another.
type Pair = (usize, usize);

/// A `HashSet` of partitions, as far as its order goes.
#[derive(Debug, Default)]
struct Moved {
    /// In the order in which they came, with their hashes.
    partitions: Vec<(usize, i32)>,
    most: usize,
}

impl Moved {
    fn first(&self) -> Option<usize> {
        let place = |(at, (_, hash)): &(usize, &(usize, i32))| (bucket(*hash, self.most), *at);
        self.partitions.iter().enumerate().min_by_key(place).map(|(_, (partition, _))| *partition)
    }
}

#[derive(Debug, Default)]
pub(super) struct Movements {
    /// By topic and pair: few, as only what is moved to balance is here.
    by_topic: Vec<(usize, Pair, Moved)>,
}

impl Movements {
    fn pair_of(&self, topic: usize, partition: usize) -> Option<usize> {
        let holds = |(of, _, moved): &(usize, Pair, Moved)| {
            *of == topic && moved.partitions.iter().any(|(p, _)| *p == partition)
        };
        self.by_topic.iter().position(holds)
    }

    /// A partition moved.
    pub(super) fn record(
        &mut self,
        topic: usize,
        partition: usize,
        hash: i32,
        from: usize,
        to: usize,
    ) {
        let mut from = from;
        if let Some(at) = self.pair_of(topic, partition) {
            let (_, (source, _), moved) = &mut self.by_topic[at];
            from = *source;
            moved.partitions.retain(|(p, _)| *p != partition);
            if moved.partitions.is_empty() {
                self.by_topic.swap_remove(at);
            }
            if from == to {
                return; // Back where it came from.
            }
        }
        let same = |(of, pair, _): &(usize, Pair, Moved)| *of == topic && *pair == (from, to);
        let at = self.by_topic.iter().position(same).unwrap_or_else(|| {
            self.by_topic.push((topic, (from, to), Moved::default()));
            self.by_topic.len() - 1
        });
        let moved = &mut self.by_topic[at].2;
        moved.partitions.push((partition, hash));
        moved.most = moved.most.max(moved.partitions.len());
    }

    /// The partition to move instead, where another one has gone the other way.
    pub(super) fn instead_of(
        &self,
        topic: usize,
        partition: usize,
        from: usize,
        to: usize,
    ) -> usize {
        let from = self.pair_of(topic, partition).map_or(from, |at| self.by_topic[at].1.0);
        let reverse = |(of, pair, _): &&(usize, Pair, Moved)| *of == topic && *pair == (to, from);
        let moved = self.by_topic.iter().find(reverse).and_then(|(_, _, moved)| moved.first());
        moved.unwrap_or(partition)
    }
}

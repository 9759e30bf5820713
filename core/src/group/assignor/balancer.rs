//! Who among the subscribers of a topic gets the next partition, and who gives one up.

use crate::sort::sort_by_key;
/// The subscribers of a topic, by how many partitions of any topic they are to own.
///
/// Partitions go to the members of a range at the lower end, one each before the range grows to
/// those who had one more; and they come from a range at the upper end likewise.
pub(super) struct Balancer {
    /// The members' places, those with the fewest partitions first.
    members: Vec<usize>,
    /// The lower range is `[0, least_end)`.
    least_end: usize,
    /// How many partitions the members of the lower range had before its present round.
    least_size: i32,
    next_least: usize,
    /// The upper range is `[most_start, most_end)`; behind it are those with nothing to give.
    most_start: usize,
    most_end: usize,
    /// How many partitions the members of the upper range had before its present round.
    most_size: i32,
    /// One above the next member of the upper range to take from; it may lie below the range.
    next_most: usize,
}

impl Balancer {
    /// Over the members at these places, of which there is one at least; `sizes` says how many
    /// partitions each place has.
    pub(super) fn new(places: &[usize], sizes: &[i32]) -> Balancer {
        let mut members = places.to_vec();
        sort_by_key(&mut members, |&place| (sizes[place], place));
        let size = |place: Option<&usize>| place.map_or(0, |&place| sizes[place]);
        Balancer {
            least_end: 0,
            least_size: size(members.first()) - 1,
            next_least: 0,
            most_start: members.len(),
            most_end: members.len(),
            most_size: size(members.last()) + 1,
            next_most: members.len(),
            members,
        }
    }

    /// By how much the members differ before anything is moved.
    pub(super) fn imbalance(&self) -> i32 {
        // Each size starts one outside its range.
        self.most_size - self.least_size - 2
    }

    /// Whether moving a partition from the upper to the lower range would gain nothing.
    pub(super) fn is_balanced(&self) -> bool {
        self.most_size - self.least_size <= 1
    }

    /// The member that gets the next partition.
    pub(super) fn next_least(&mut self, sizes: &[i32]) -> usize {
        if self.next_least >= self.least_end {
            self.least_size += 1;
            let at_size = |place: &&usize| sizes[**place] == self.least_size;
            self.least_end += self.members[self.least_end..].iter().take_while(at_size).count();
            self.next_least = 0;
        }
        self.next_least += 1;
        self.members[self.next_least - 1]
    }

    /// The member that gives up a partition next; `None` where nobody has one to give.
    pub(super) fn next_most(&mut self, sizes: &[i32]) -> Option<usize> {
        if self.next_most <= self.most_start {
            let below = &self.members[..self.most_start];
            match below.last() {
                Some(&place) if self.most_end <= self.most_start => self.most_size = sizes[place],
                _ => self.most_size -= 1,
            }
            let at_size = |place: &&usize| sizes[**place] == self.most_size;
            self.most_start -= below.iter().rev().take_while(at_size).count();
            self.next_most = self.most_end;
        }
        let next = self.next_most.checked_sub(1)?;
        self.next_most = next;
        Some(self.members[next])
    }

    /// Leaves out the member that [`Balancer::next_most`] gave last, for it has nothing to give.
    pub(super) fn exclude_most(&mut self) {
        self.most_end -= 1;
        self.members.swap(self.next_most, self.most_end);
    }
}

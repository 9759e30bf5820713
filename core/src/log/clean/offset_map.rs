//! The last offset of each key, in bounded memory.

use std::hash::{DefaultHasher, Hasher};

/// A key's hash and its last offset. An offset below 0: the slot is free.
#[derive(Debug, Clone, Copy)]
struct Slot {
    hash: [u64; 2],
    offset: i64,
}

const FREE: Slot = Slot { hash: [0; 2], offset: -1 };

/// How many slots there are at first. A power of two.
const FIRST_SLOTS: usize = 1024;

/// Keys by their hash of 128 bits: two keys of a thousand million share one with a chance of 10⁻²¹.
/// The hash depends on a seed, so that nobody can make keys that do.
#[derive(Debug)]
pub(super) struct OffsetMap {
    seed: u64,
    /// A power of two of them, of which at most nine tenths are taken (Kafka's
    /// `log.cleaner.io.buffer.load.factor`).
    slots: Vec<Slot>,
    taken: usize,
    max_slots: usize,
    /// Up to here, inclusive, the map knows of every record.
    pub latest_offset: i64,
}

impl OffsetMap {
    /// An empty map that grows to `max_bytes` at most.
    pub(super) fn new(seed: u64, max_bytes: u64) -> OffsetMap {
        let bound = usize::try_from(max_bytes).unwrap_or(usize::MAX) / size_of::<Slot>();
        let max_slots = (bound / 2 + 1).next_power_of_two().max(FIRST_SLOTS);
        OffsetMap { seed, slots: vec![FREE; FIRST_SLOTS], taken: 0, max_slots, latest_offset: -1 }
    }

    /// Notes a key's offset, which is larger than those before. `false` where there is no room.
    pub(super) fn put(&mut self, key: &[u8], offset: i64) -> bool {
        let hash = self.hash(key);
        let mut at = self.find(hash);
        if self.slots[at].offset < 0 {
            if self.taken >= self.slots.len() / 10 * 9 {
                if self.slots.len() >= self.max_slots {
                    return false;
                }
                self.grow();
                at = self.find(hash);
            }
            self.taken += 1;
        }
        self.slots[at] = Slot { hash, offset };
        self.latest_offset = offset;
        true
    }

    /// The last offset of a key; −1 where none is noted.
    pub(super) fn get(&self, key: &[u8]) -> i64 {
        self.slots[self.find(self.hash(key))].offset
    }

    fn hash(&self, key: &[u8]) -> [u64; 2] {
        [0, 1].map(|half: u64| {
            let mut hasher = DefaultHasher::new();
            hasher.write_u64(self.seed ^ half);
            hasher.write(key);
            hasher.finish()
        })
    }

    /// Where a hash is, or where it would go. There is always a free slot.
    fn find(&self, hash: [u64; 2]) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash[0] as usize & mask;
        while self.slots[at].offset >= 0 && self.slots[at].hash != hash {
            at = (at + 1) & mask;
        }
        at
    }

    fn grow(&mut self) {
        let larger = vec![FREE; self.slots.len() * 2];
        for slot in std::mem::replace(&mut self.slots, larger) {
            if slot.offset >= 0 {
                let at = self.find(slot.hash);
                self.slots[at] = slot;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_offset_of_each_key_is_known_until_the_map_is_full() {
        let mut map = OffsetMap::new(7, 100_000);
        let mut count = 0;
        while map.put(format!("key {count}").as_bytes(), count) {
            count += 1;
        }
        assert!((1_800..=4_096).contains(&count), "{count} keys in 100,000 bytes");
        assert!(map.slots.len() * size_of::<Slot>() <= 100_000);
        assert_eq!(map.latest_offset, count - 1);
        assert!(map.put(b"key 5", 10_000), "a key that is known needs no room");
        for at in (0..count).filter(|at| *at != 5) {
            assert_eq!(map.get(format!("key {at}").as_bytes()), at);
        }
        assert_eq!((map.get(b"key 5"), map.get(b"none"), map.get(b"")), (10_000, -1, -1));
    }
}

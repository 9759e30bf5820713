//! Ids from a seed. The broker has no randomness of its own, so that a run replays from its seed.

use crate::Uuid;

/// SplitMix64: enough to make ids that do not collide, and not meant for secrets.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn uuid(&mut self) -> Uuid {
        Uuid::from_random(u128::from(self.next()) << 64 | u128::from(self.next()))
    }

    /// A positive number, as fetch sessions are named.
    pub(crate) fn session_id(&mut self) -> i32 {
        ((self.next() >> 33) as i32).max(1)
    }
}

//! Commits, how much room there is for them, and who is told: as the driver for IndexedDB does it (`idb/reserve.rs` and
//! `storage/room.ts` of the binding), with its numbers.

use ottla::Input;
use ottla::storage::{Commit, StorageError};

use super::{What, World};
use crate::disk::{in_short, size_of};

const RESERVE_BYTES: usize = 512 * 1024;
/// The largest commit that may have the reserve's room.
const SMALL_BYTES: usize = 32 * 1024;
const FIRST_LOOK_MS: u64 = 1_000;
const LOOK_MS: u64 = 5_000;
/// What browsers tell that do not tell.
const MUCH: usize = 10 << 30;

/// What the host does about room.
#[derive(Default)]
pub(crate) struct Room {
    /// Whether it does anything: the native broker's host does not.
    pub(crate) kept: bool,
    /// Whether it tells of what there is, and not of much more.
    pub(crate) told: bool,
    /// The broker may drop segments for room where there is less than this.
    pub(crate) headroom: usize,
    /// The storage was full since room was last told of.
    was_full: bool,
    /// When the broker was last told that there is less.
    pub(crate) short_ms: Option<i64>,
}

impl Room {
    pub(crate) fn new(kept: bool, told: bool, headroom: usize) -> Room {
        Room { kept, told, headroom, ..Room::default() }
    }
}

impl World {
    /// A commit gets to the storage.
    pub(super) fn land(&mut self) {
        let Some(commit) = self.commits.front().cloned() else { return };
        let odds = self.weather.failing_commits;
        let error = if odds > 0 && self.random.chance(odds) {
            Some(StorageError::Failed("no luck".into()))
        } else if !self.find_room(&commit) {
            Some(StorageError::Full("no room".into()))
        } else {
            None
        };
        let at = self.later(self.weather.commit_ms / 4);
        let writes =
            |commit: &Commit| commit.writes.iter().map(in_short).collect::<Vec<_>>().join(", ");
        match error {
            Some(error) => {
                self.tell(|| format!("{:?} fails: {error}: {}", commit.id, writes(&commit)));
                self.wait(at, self.life, What::Fail(commit.id, error));
            }
            None => {
                self.tell(|| format!("{:?} is stored: {}", commit.id, writes(&commit)));
                self.disk.land(&commit);
                self.landed = true;
                if self.saboteur.confirms_early() {
                    self.commits.pop_front();
                } else {
                    self.wait(at, self.life, What::Confirm(commit.id));
                }
            }
        }
    }

    pub(super) fn begin_to_look(&mut self) {
        self.room.was_full = false;
        let at = self.now.monotonic_ms + FIRST_LOOK_MS;
        self.wait(at, self.life, What::Look);
    }

    pub(super) fn look(&mut self) {
        self.wait(self.now.monotonic_ms + LOOK_MS, self.life, What::Look);
        if !self.room.kept || std::mem::take(&mut self.room.was_full) {
            return;
        }
        let stands = self.disk.set_aside(RESERVE_BYTES);
        let left = self.disk.left().filter(|_| self.room.told);
        self.tell_room(if stands { left.unwrap_or(MUCH) } else { 0 });
    }

    fn tell_room(&mut self, usable: usize) {
        if usable < self.room.headroom {
            self.tell(|| format!("the broker hears of {usable} bytes of room"));
            self.room.short_ms = Some(self.now.wall_ms);
        }
        let (total_bytes, usable_bytes) = (u64::MAX, usable as u64);
        self.input(Input::Room { total_bytes, usable_bytes });
    }

    /// Whether there is room for a commit. A small one gets the reserve's.
    fn find_room(&mut self, commit: &Commit) -> bool {
        if self.disk.has_room(commit) {
            return true;
        }
        if !self.room.kept {
            return false;
        }
        self.room.was_full = true;
        self.tell_room(0);
        if commit.writes.iter().map(size_of).sum::<usize>() > SMALL_BYTES {
            return false;
        }
        self.disk.give_way();
        self.disk.has_room(commit)
    }
}

//! The classic protocol: members join, the leader among them assigns, all sync.
//!
//! ```text
//! Empty ── join ──> PreparingRebalance ── all joined, or time is up ──> CompletingRebalance
//!   ^                     ^      ^                                            │ the leader syncs
//!   └── nobody is left ───┘      └── a member joins, leaves or falls silent ── Stable
//! ```

mod convert;
mod group;
mod join;
mod member;
mod rebalance;
mod session;
mod stored;
mod sync;

pub(crate) use self::group::{CONSUMER, ClassicGroup};
pub(crate) use self::member::Member as ClassicMember;

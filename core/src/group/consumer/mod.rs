//! The consumer protocol of KIP-848: members tell in heartbeats what they want and what they own,
//! the coordinator assigns, and each member moves from what it owns to its target by itself.
//!
//! A group's epoch grows whenever its members, their subscriptions or the topics change. Then a new
//! target assignment is made, and each member is reconciled with it: it gives up what is no longer
//! its own, comes to the new epoch, and gets what others have given up. So no partition is owned
//! twice, and members that are not concerned go on.

mod classic;
mod convert;
mod describe;
mod group;
mod heartbeat;
mod member;
mod pattern;
mod reconcile;
mod session;
mod stored;
mod subscription;

pub(crate) use self::group::ConsumerGroup;
pub(crate) use self::heartbeat::check;
use crate::protocol::ErrorCode;

/// The epoch with which a member joins.
pub(crate) const JOIN_EPOCH: i32 = 0;
/// The epoch with which a member leaves.
pub(crate) const LEAVE_EPOCH: i32 = -1;
/// The epoch with which a static member leaves that will be back.
pub(crate) const LEAVE_STATIC_EPOCH: i32 = -2;

/// Why a heartbeat is refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub code: ErrorCode,
    pub message: String,
}

impl Refusal {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Refusal {
        Refusal { code, message: message.into() }
    }
}

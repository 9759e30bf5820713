//! The broker's inputs and outputs.
//!
//! The host calls `Broker::handle(now, input)`, then drains `poll_output()` until it is empty, and
//! calls again with [`Input::Tick`] when `poll_deadline()` has come. Nothing here fails: what goes
//! wrong is itself an output.

use bytes::Bytes;

use crate::storage::{Commit, CommitId, Load, LoadId, Loaded, StorageError};
pub use crate::time::Now;

/// Names a connection, by the host's numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// Something that happened to the broker.
#[derive(Debug, Clone)]
pub enum Input {
    /// A client connected.
    Connected {
        /// The host's new name for the connection.
        connection: ConnectionId,
        /// Where the client is, as DescribeGroups shows it: its address as Java prints it
        /// (`/127.0.0.1`), or the name of a tab. At most 255 bytes of it are kept.
        client_host: String,
        /// Which broker the client reached: `node.id`, or the number of one that
        /// [`BrokerConfig::add_node`](crate::BrokerConfig::add_node) added.
        node_id: i32,
    },
    /// A request arrived: a frame without its length.
    Request {
        /// From where.
        connection: ConnectionId,
        /// The frame.
        frame: Bytes,
    },
    /// A client is gone.
    Disconnected {
        /// Which.
        connection: ConnectionId,
    },
    /// A commit is stored.
    Committed {
        /// Which.
        commit: CommitId,
    },
    /// A commit is not stored, and will not be.
    CommitFailed {
        /// Which.
        commit: CommitId,
        /// Why.
        error: StorageError,
    },
    /// The storage was taken away: nothing that is out will be answered, and what was stored may be
    /// gone. The broker opens anew from what is there.
    StorageLost {
        /// Why.
        error: StorageError,
    },
    /// A load has ended.
    Loaded {
        /// Which.
        load: LoadId,
        /// What it brought.
        result: Result<Loaded, StorageError>,
    },
    /// The host knows which of its clients are alive. Members of groups leave at once if their
    /// `client_host` is not among these, static members too, also those that joined before the broker
    /// was opened. For hosts that can tell, such as a browser that sees its tabs go.
    AliveHosts {
        /// The `client_host` of each client that is alive.
        hosts: Vec<String>,
    },
    /// How much room the storage has. Producers are refused before they use it up: what is left is
    /// for deletions and offset commits. For hosts that can tell, from time to time.
    Room {
        /// How many bytes there are in all.
        total_bytes: u64,
        /// How many of them are not used.
        usable_bytes: u64,
    },
    /// Time has passed.
    Tick,
}

/// Something that the host must do.
#[derive(Debug, Clone)]
pub enum Output {
    /// Send a frame, to which the host adds what its transport needs.
    Respond {
        /// To whom.
        connection: ConnectionId,
        /// The frame, without its length.
        frame: Bytes,
    },
    /// Close a connection whose bytes make no sense.
    Close {
        /// Which.
        connection: ConnectionId,
        /// Why, for the host's log.
        reason: String,
    },
    /// Store this, and report back.
    Commit(Commit),
    /// Read this, and report back.
    Load {
        /// Comes back in [`Input::Loaded`].
        id: LoadId,
        /// What to read.
        load: Load,
    },
    /// Something that a person should know, such as damage found in storage.
    Log {
        /// How grave it is.
        level: LogLevel,
        /// What happened, and where.
        message: String,
    },
    /// The storage has failed. Every waiting request has been answered; open a new broker.
    Failed {
        /// Why.
        error: StorageError,
    },
}

/// How grave a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For the record.
    Info,
    /// Something is wrong that did not stop anything.
    Warn,
    /// Something is lost or refused.
    Error,
}

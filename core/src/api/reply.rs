//! What comes of a request: an answer now, one that waits for storage, or one that is parked.

use bytes::Bytes;

use super::gate::Written;
use super::{Call, Node};
use crate::Now;
use crate::protocol::{ErrorCode, Message, encode_response};
use crate::storage::{Loaded, LogId, LogRange, Pieces, StorageError};

/// Makes the response once it is known whether storage took what it promises. `None`: the request
/// wants no response (Produce with acks=0).
pub(crate) type AfterCommit = Box<dyn FnOnce(Result<(), &StorageError>) -> Option<Bytes>>;

/// What comes of a request.
pub(crate) enum Reply {
    /// This response, or none at all where the request wants none.
    Now(Option<Bytes>),
    /// No response: the connection is closed, for this reason.
    Close(String),
    /// A response that leaves when what is written so far is stored.
    AfterCommit(Written, AfterCommit),
    /// A response that is among [`Node::answers`], now or later.
    Later,
    /// A response that needs time, new records or a load.
    Parked(Box<dyn Parked>),
}

/// A request that waits.
pub(crate) trait Parked {
    /// Goes on as far as it can.
    fn advance(&mut self, node: &mut Node, now: Now) -> Progress;
    /// Takes what a load brought that [`Progress::Load`] asked for.
    fn loaded(&mut self, range: &LogRange, result: Result<Loaded, StorageError>);
    /// Once it is done: what the client will probably ask for next.
    fn read_ahead(&self, _: &Node) -> Vec<LogRange> {
        Vec::new()
    }
}

/// How far a parked request came.
pub(crate) enum Progress {
    /// To its response.
    Done(Bytes),
    /// It waits for one of these logs to grow, until the deadline at the latest.
    Wait { logs: Vec<LogId>, deadline_ms: u64 },
    /// It needs these parts of segments. It is advanced again when all have been loaded.
    Load(Vec<LogRange>),
}

/// A part of a segment that was asked for, and what came of it.
#[derive(Clone)]
pub(crate) struct LoadedPart {
    pub range: LogRange,
    pub pieces: Result<Pieces, ErrorCode>,
}

impl LoadedPart {
    pub(crate) fn new(range: &LogRange, result: Result<Loaded, StorageError>) -> LoadedPart {
        let pieces = match result {
            Ok(Loaded::Log(pieces)) => Ok(pieces),
            _ => Err(ErrorCode::KafkaStorageError),
        };
        LoadedPart { range: range.clone(), pieces }
    }
}

/// A response that can be turned into a refusal.
pub(crate) trait Refusable: Message {
    /// Sets the error wherever the response says that something was stored.
    fn refuse(&mut self, code: ErrorCode, message: &str);
}

impl Call {
    pub(crate) fn encode<M: Message>(&self, response: &M) -> Bytes {
        encode_response(response, self.version, self.correlation_id)
    }

    pub(crate) fn now<M: Message>(&self, response: &M) -> Reply {
        Reply::Now(Some(self.encode(response)))
    }

    /// Answers with `response` once everything is stored, and with a refusal if that fails.
    pub(crate) fn once_stored<M: Refusable + 'static>(&self, node: &Node, response: M) -> Reply {
        self.once(Written::All, node, response)
    }

    /// The same for a response that speaks of no records, and is not to be refused because of them.
    pub(crate) fn once_metadata_stored<M: Refusable + 'static>(
        &self,
        node: &Node,
        response: M,
    ) -> Reply {
        self.once(Written::Metadata, node, response)
    }

    fn once<M: Refusable + 'static>(&self, of: Written, node: &Node, mut response: M) -> Reply {
        if node.gate.has_stored(of) {
            return self.now(&response);
        }
        let call = *self;
        let reply = move |stored: Result<(), &StorageError>| {
            if let Err(error) = stored {
                response.refuse(ErrorCode::KafkaStorageError, &error.to_string());
            }
            Some(call.encode(&response))
        };
        Reply::AfterCommit(of, Box::new(reply))
    }
}

//! One client's connection: requests in, responses out.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use ottla::ConnectionId;
use ottla::protocol::{FrameError, Frames};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tracing::{debug, info};

use crate::host::Host;
use crate::outgoing::Outgoing;

/// How much is read from a connection at once, into a buffer that all connections share: a
/// connection on which nothing happens holds no memory for what might come.
pub(crate) const READ_BYTES: usize = 128 * 1024;

/// How many pieces one write takes.
const WRITE_PIECES: usize = 64;

/// A connection as the host sees it.
pub(crate) struct Peer {
    pub(crate) id: ConnectionId,
    pub(crate) address: SocketAddr,
    /// Which of the brokers it reached that the one broker is shown as.
    pub(crate) node_id: i32,
    outgoing: RefCell<Outgoing>,
    /// There is something to write, or nothing more will come.
    filled: Notify,
    /// Something has moved: a request that had to wait may go on.
    pub(crate) unblocked: Notify,
    /// The last request was a fetch.
    pub(crate) fetching: Cell<bool>,
    /// No more requests are read; the connection closes when what was asked is answered.
    closing: Cell<bool>,
    /// The connection closes now.
    aborted: Notify,
    /// When bytes last came or went.
    active: Cell<Instant>,
    /// How much of a request has arrived that has not wholly arrived.
    unfinished_bytes: Cell<usize>,
}

impl Peer {
    fn new(id: ConnectionId, address: SocketAddr, node_id: i32) -> Peer {
        Peer {
            id,
            address,
            node_id,
            outgoing: RefCell::default(),
            filled: Notify::new(),
            unblocked: Notify::new(),
            fetching: Cell::new(false),
            closing: Cell::new(false),
            aborted: Notify::new(),
            active: Cell::new(Instant::now()),
            unfinished_bytes: Cell::new(0),
        }
    }

    pub(crate) fn send(&self, frame: Bytes) {
        let mut outgoing = self.outgoing.borrow_mut();
        if !outgoing.has_remaining() {
            // A stall is counted from here.
            self.active.set(Instant::now());
        }
        outgoing.push(frame);
        self.filled.notify_one();
    }

    /// Reads no more, and closes when all that was asked is answered.
    pub(crate) fn close(&self) {
        self.closing.set(true);
        self.filled.notify_one();
        self.unblocked.notify_one();
    }

    /// Closes with what waits unwritten.
    pub(crate) fn abort(&self) {
        self.close();
        self.aborted.notify_one();
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.get()
    }

    pub(crate) fn has_outgoing(&self) -> bool {
        self.outgoing.borrow().has_remaining()
    }

    pub(crate) fn outgoing_bytes(&self) -> usize {
        self.outgoing.borrow().remaining()
    }

    pub(crate) fn inactive_for(&self) -> Duration {
        self.active.get().elapsed()
    }
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("the client closed it")]
    ClosedByClient,
    #[error("the broker closed it")]
    ClosedByBroker,
    #[error("it did not take its answers, was silent for too long, or is one too many")]
    Aborted,
    #[error("{0}")]
    Frame(#[from] FrameError),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// What the connections have in common.
pub(crate) struct Shared {
    pub(crate) host: Rc<Host>,
    pub(crate) max_request_bytes: usize,
    /// What all connections hold of requests that have not wholly arrived, and may hold.
    pub(crate) unfinished_bytes: Cell<usize>,
    pub(crate) max_unfinished_bytes: usize,
    pub(crate) read_buffer: RefCell<Vec<u8>>,
}

impl Shared {
    /// Counts what a connection holds of a request that has not wholly arrived. If that is too much,
    /// the connection goes that holds most.
    fn hold(&self, peer: &Peer, unfinished_bytes: usize) {
        let before = peer.unfinished_bytes.replace(unfinished_bytes);
        let all = self.unfinished_bytes.get() - before + unfinished_bytes;
        self.unfinished_bytes.set(all);
        if all <= self.max_unfinished_bytes {
            return;
        }
        let peers = self.host.peers();
        if let Some(most) = peers.iter().max_by_key(|peer| peer.unfinished_bytes.get()) {
            let held_bytes = most.unfinished_bytes.get();
            info!(connection = most.id.0, client = %most.address, held_bytes,
                "closing: requests that have not wholly arrived take too much memory");
            most.abort();
        }
    }
}

/// Serves a connection to its end.
pub(crate) async fn serve(
    shared: Rc<Shared>,
    stream: TcpStream,
    address: SocketAddr,
    node_id: i32,
) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "TCP_NODELAY");
    }
    let host = &shared.host;
    let peer = Rc::new(Peer::new(host.next_connection(), address, node_id));
    let connection = peer.id.0;
    debug!(connection, client = %address, "connected");
    host.connect(peer.clone());
    let end = tokio::select! {
        end = read(&shared, &peer, &stream) => end,
        end = write(host, &peer, &stream) => end,
        () = peer.aborted.notified() => End::Aborted,
    };
    peer.close();
    shared.hold(&peer, 0);
    host.disconnect(peer.id);
    match end {
        End::ClosedByClient | End::ClosedByBroker | End::Io(_) => {
            debug!(connection, reason = %end, "closed")
        }
        _ => info!(connection, client = %address, reason = %end, "closed"),
    }
}

async fn read(shared: &Shared, peer: &Rc<Peer>, stream: &TcpStream) -> End {
    let mut frames = Frames::new(shared.max_request_bytes);
    let mut unfinished_bytes = 0;
    loop {
        if let Err(error) = stream.readable().await {
            return error.into();
        }
        let arrived = {
            let mut buffer = shared.read_buffer.borrow_mut();
            stream.try_read(&mut buffer).inspect(|count| frames.push(&buffer[..*count]))
        };
        match arrived {
            Ok(0) => return End::ClosedByClient,
            Ok(count) => {
                peer.active.set(Instant::now());
                unfinished_bytes += count;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return error.into(),
        }
        loop {
            match frames.next_frame() {
                Ok(Some(frame)) => {
                    unfinished_bytes -= 4 + frame.len();
                    shared.host.request(peer, frame).await;
                }
                Ok(None) => break,
                Err(error) => {
                    // What was asked before the nonsense is still answered.
                    info!(connection = peer.id.0, client = %peer.address, %error, "closing");
                    peer.close();
                    break;
                }
            }
            if peer.is_closing() {
                break;
            }
        }
        if peer.is_closing() {
            // The writer ends the connection.
            std::future::pending::<()>().await;
        }
        shared.hold(peer, unfinished_bytes);
        // Bytes that are always there already must not keep the other connections waiting.
        tokio::task::consume_budget().await;
    }
}

async fn write(host: &Host, peer: &Peer, stream: &TcpStream) -> End {
    loop {
        if !peer.has_outgoing() {
            if peer.is_closing() && host.queued_requests(peer.id) == 0 {
                return End::ClosedByBroker;
            }
            peer.filled.notified().await;
            continue;
        }
        if let Err(error) = stream.writable().await {
            return error.into();
        }
        let written = {
            let outgoing = peer.outgoing.borrow();
            let mut pieces = [io::IoSlice::new(&[]); WRITE_PIECES];
            let filled = outgoing.chunks_vectored(&mut pieces);
            stream.try_write_vectored(&pieces[..filled])
        };
        match written {
            Ok(count) => {
                peer.outgoing.borrow_mut().advance(count);
                peer.active.set(Instant::now());
                host.unblock();
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return error.into(),
        }
        tokio::task::consume_budget().await;
    }
}

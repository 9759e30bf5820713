//! Starting, serving and stopping.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use ottla::storage::{MemoryStorage, StorageError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::Config;
use crate::connection::{self, READ_BYTES, Shared};
use crate::files::{Done, Files};
use crate::host::{Host, Storage};

/// How long no connection is accepted after accepting one failed: out of file descriptors, mostly.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How often it is looked whether what must be written before a stop has been written.
const DRAIN_INTERVAL: Duration = Duration::from_millis(2);

/// Why a broker did not start, or why it ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration makes no sense.
    #[error("{0}")]
    Config(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: String,
        /// What the operating system says.
        error: io::Error,
    },
    /// The data directory cannot be used.
    #[error("data directory {}: {error}", path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        error: io::Error,
    },
    /// Something that a broker needs of the operating system is not to be had.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// What is stored cannot be read, or can no longer be added to.
    #[error("{0}")]
    Storage(#[from] StorageError),
    /// The broker's thread ended in a way that must not be.
    #[error("the broker's thread panicked")]
    Panicked,
}

/// A running broker. It stops when this is dropped.
#[derive(Debug)]
pub struct Broker {
    addresses: Vec<SocketAddr>,
    stop: watch::Sender<bool>,
    thread: Option<thread::JoinHandle<Result<(), Error>>>,
}

impl Broker {
    /// Starts a broker, and returns when it serves.
    ///
    /// # Errors
    /// Where the address cannot be listened on, or what is stored cannot be read.
    pub fn start(config: Config) -> Result<Broker, Error> {
        let mut config = config;
        let listeners = listen(&mut config)?;
        let addresses: Vec<SocketAddr> =
            listeners.iter().map(TcpListener::local_addr).collect::<io::Result<_>>()?;
        advertise(&mut config, &addresses)?;
        let (stop, stopped) = watch::channel(false);
        let (ready, is_ready) = oneshot::channel();
        let serve = move || serve(config, listeners, stopped, ready);
        let thread = thread::Builder::new().name("ottla-broker".to_owned()).spawn(serve)?;
        let broker = Broker { addresses, stop, thread: Some(thread) };
        match is_ready.blocking_recv() {
            Ok(()) => Ok(broker),
            Err(_) => Err(broker.join().err().unwrap_or(Error::Panicked)),
        }
    }

    /// Where the broker listens.
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Where the nodes listen as which the broker is shown, the first one first.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Whether the broker still runs; it ends by itself when its storage fails.
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Waits until the broker ends by itself.
    pub async fn ended(&self) {
        self.stop.closed().await;
    }

    /// Stops: no more requests are taken, those that were taken are answered, and everything
    /// acknowledged is stored.
    ///
    /// # Errors
    /// Where the broker had ended by itself, or its storage could not be closed.
    pub fn shutdown(self) -> Result<(), Error> {
        self.join()
    }

    fn join(mut self) -> Result<(), Error> {
        self.stop.send_replace(true);
        match self.thread.take().map(thread::JoinHandle::join) {
            Some(Ok(outcome)) => outcome,
            Some(Err(_)) => Err(Error::Panicked),
            None => Ok(()),
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // Whoever wants to know how it ended calls `shutdown`.
            drop(thread.join());
        }
    }
}

/// The sockets to listen on, one for each node and at least one.
fn listen(config: &mut Config) -> Result<Vec<TcpListener>, Error> {
    let bind = |address: String| {
        let listener = TcpListener::bind(&address);
        listener.map_err(|error| Error::Listen { address, error })
    };
    let mut listeners = std::mem::take(&mut config.listeners);
    if listeners.len() > config.nodes.max(1) {
        let (sockets, nodes) = (listeners.len(), config.nodes);
        return Err(Error::Config(format!("{sockets} sockets were given for {nodes} nodes")));
    }
    // A listener that was handed over says nothing about the ports that follow.
    let any_port = !listeners.is_empty() || config.listen.ends_with(":0");
    if listeners.is_empty() {
        listeners.push(bind(config.listen.clone())?);
    }
    let address = listeners[0].local_addr()?;
    for at in listeners.len()..config.nodes {
        let port = match u16::try_from(at).ok().and_then(|at| address.port().checked_add(at)) {
            _ if any_port => 0,
            Some(port) => port,
            None => return Err(Error::Config(format!("{} nodes: no port is left", config.nodes))),
        };
        listeners.push(bind(SocketAddr::new(address.ip(), port).to_string())?);
    }
    for listener in &listeners {
        listener.set_nonblocking(true)?;
    }
    Ok(listeners)
}

/// Sets what clients are told to connect to, unless the configuration says it already.
fn advertise(config: &mut Config, addresses: &[SocketAddr]) -> Result<(), Error> {
    let advertised = config.advertise.take();
    for (at, address) in addresses.iter().enumerate() {
        let (host, port) = match &advertised {
            Some((host, 0)) => (host.clone(), address.port()),
            Some((host, port)) => {
                let port = u16::try_from(at).ok().and_then(|at| port.checked_add(at));
                let none_left =
                    || Error::Config(format!("{} nodes: no port is left", config.nodes));
                (host.clone(), port.ok_or_else(none_left)?)
            }
            None if address.ip().is_unspecified() => ("localhost".to_owned(), address.port()),
            None => (address.ip().to_string(), address.port()),
        };
        if at > 0 {
            config.broker.add_node(&host, port);
            continue;
        }
        for (name, value) in [("advertised.host", host), ("advertised.port", port.to_string())] {
            if !config.broker.is_set(name) {
                config.broker.set(name, &value).map_err(Error::Config)?;
            }
        }
    }
    Ok(())
}

fn serve(
    config: Config,
    listeners: Vec<TcpListener>,
    stopped: watch::Receiver<bool>,
    ready: oneshot::Sender<()>,
) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async move {
        let (done, mut results) = mpsc::unbounded_channel();
        let first_node_id = config.broker.value("node.id").trim().parse().unwrap_or(0);
        let storage = open_storage(&config, first_node_id, done)?;
        let host = Host::new(config.broker.clone(), seed(), storage);
        let told = host.clone();
        tokio::task::spawn_local(async move {
            while let Some(done) = results.recv().await {
                told.done(done);
            }
        });
        let ticker = host.clone();
        tokio::task::spawn_local(async move { ticker.tick().await });
        until_serving(&host).await?;
        let shared = Rc::new(shared(&config, host.clone()));
        let mut accepting = Vec::new();
        for (node_id, listener) in (first_node_id..).zip(listeners) {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let accept = accept(listener, node_id, config.max_connections, shared.clone());
            accepting.push(tokio::task::spawn_local(accept));
        }
        // Nobody waits for it any more where the one who started the broker is gone.
        let _ = ready.send(());
        let outcome = run(&config, &host, stopped).await;
        accepting.iter().for_each(JoinHandle::abort);
        drain(&config, &host).await;
        match host.take_storage() {
            Storage::Memory(_) => outcome,
            Storage::Files(files) => outcome.and(files.close().map_err(Error::Io)),
        }
    })
}

fn open_storage(
    config: &Config,
    node_id: i32,
    done: mpsc::UnboundedSender<Done>,
) -> Result<Storage, Error> {
    let Some(root) = &config.data_dir else { return Ok(Storage::Memory(MemoryStorage::new())) };
    let files = Files::open(root, config.fsync, node_id, done)
        .map_err(|error| Error::DataDir { path: root.clone(), error })?;
    Ok(Storage::Files(files))
}

fn shared(config: &Config, host: Rc<Host>) -> Shared {
    let max_request_bytes = config.broker.value("socket.request.max.bytes").trim().parse();
    Shared {
        host,
        max_request_bytes: max_request_bytes.unwrap_or(usize::MAX),
        max_unfinished_bytes: config.max_unfinished_bytes,
        unfinished_bytes: Cell::new(0),
        read_buffer: RefCell::new(vec![0; READ_BYTES]),
    }
}

/// A number that no other broker starts from.
fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}

async fn until_serving(host: &Host) -> Result<(), Error> {
    loop {
        let changed = host.changed.notified();
        if let Some(error) = host.failure() {
            return Err(error.into());
        }
        if host.is_serving() {
            return Ok(());
        }
        changed.await;
    }
}

/// Serves until it is told to stop or the storage fails.
async fn run(
    config: &Config,
    host: &Host,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Error> {
    tokio::select! {
        () = sweep(config, host) => {}
        error = failure(host) => return Err(error.into()),
        // An error means that the handle is gone, which is a stop as well.
        _ = stopped.wait_for(|stop| *stop) => info!("stopping"),
    }
    Ok(())
}

async fn failure(host: &Host) -> StorageError {
    loop {
        let changed = host.changed.notified();
        if let Some(error) = host.failure() {
            return error;
        }
        changed.await;
    }
}

async fn accept(
    listener: tokio::net::TcpListener,
    node_id: i32,
    max_connections: usize,
    shared: Rc<Shared>,
) {
    loop {
        match listener.accept().await {
            Ok((_, address)) if shared.host.connection_count() >= max_connections => {
                warn!(client = %address, max_connections, "refused: too many connections");
            }
            Ok((stream, address)) => {
                let task = connection::serve(shared.clone(), stream, address, node_id);
                tokio::task::spawn_local(task);
                // So that it is counted before the next one comes.
                tokio::task::yield_now().await;
            }
            Err(error) => {
                warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Closes the connections that have been silent for too long, or take nothing.
async fn sweep(config: &Config, host: &Host) {
    let least = config.max_idle.min(config.write_stall);
    let interval = (least / 4).clamp(Duration::from_millis(10), Duration::from_secs(30));
    loop {
        tokio::time::sleep(interval).await;
        for peer in host.peers() {
            let bound = if peer.has_outgoing() {
                config.write_stall
            } else if host.queued_requests(peer.id) > 0 {
                continue;
            } else {
                config.max_idle
            };
            if peer.inactive_for() > bound {
                peer.abort();
            }
        }
    }
}

/// Reads no more, and lets what was asked be answered.
async fn drain(config: &Config, host: &Host) {
    let until = Instant::now() + config.drain;
    host.peers().iter().for_each(|peer| peer.close());
    while !host.is_quiet() && Instant::now() < until {
        tokio::time::sleep(DRAIN_INTERVAL).await;
    }
    host.peers().iter().for_each(|peer| peer.abort());
    tokio::task::yield_now().await;
}

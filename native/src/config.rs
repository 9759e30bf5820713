//! What a native broker is told when it starts.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use ottla::BrokerConfig;

/// When a commit is flushed to the medium (`fdatasync`) before it is confirmed. What is not flushed
/// is with the operating system: it survives the death of the process, not of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fsync {
    /// Every commit.
    Always,
    /// As each topic's `ottla.durability` asks: `strict` is flushed, `relaxed` is not. Changes of
    /// topics and their configuration are flushed.
    #[default]
    Topic,
    /// No commit. A graceful stop still flushes.
    Never,
}

/// What a native broker is told when it starts. The default is a broker in memory on a free port of
/// 127.0.0.1.
#[derive(Debug)]
pub struct Config {
    /// Where to listen, as `host:port`; port 0 takes a free one.
    pub listen: String,
    /// Sockets that listen already, used instead of `listen`: one for each of the nodes, the first
    /// one's first; nodes without one get free ports.
    pub listeners: Vec<TcpListener>,
    /// As how many brokers the one broker is shown, each with a port of its own: the ports that
    /// follow the first one's, or free ones where that was asked for.
    pub nodes: usize,
    /// What clients are told to connect to; `None` for the address that is listened on. With port
    /// 0, the host is told with the real ports; else further nodes have the ports that follow.
    pub advertise: Option<(String, u16)>,
    /// Where files are kept; `None` for memory alone.
    pub data_dir: Option<PathBuf>,
    /// When commits are flushed to the medium.
    pub fsync: Fsync,
    /// How many connections there may be; one more is closed at once.
    pub max_connections: usize,
    /// How many bytes of requests that have not wholly arrived are held, of all connections
    /// together (Kafka's `queued.max.request.bytes`); beyond, the connection with most of them is
    /// closed.
    pub max_unfinished_bytes: usize,
    /// After how long a connection on which nothing happens is closed (Kafka's
    /// `connections.max.idle.ms`).
    pub max_idle: Duration,
    /// After how long a connection is closed whose client takes no byte of what it asked for.
    pub write_stall: Duration,
    /// How long a graceful stop waits for responses to leave.
    pub drain: Duration,
    /// The broker's configuration, under Kafka's names.
    pub broker: BrokerConfig,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: "127.0.0.1:0".to_owned(),
            listeners: Vec::new(),
            nodes: 1,
            advertise: None,
            data_dir: None,
            fsync: Fsync::default(),
            max_connections: 1000,
            max_unfinished_bytes: 256 << 20,
            max_idle: Duration::from_secs(600),
            write_stall: Duration::from_secs(30),
            drain: Duration::from_secs(5),
            broker: BrokerConfig::new(),
        }
    }
}

impl Config {
    /// Sets a configuration by Kafka's name: `connections.max.idle.ms`, `max.connections` and
    /// `queued.max.request.bytes` are the listener's, all others the broker's.
    ///
    /// # Errors
    /// A sentence for a person, where the name is not known or the value is not valid.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let number = || value.trim().parse::<u32>().map_err(|error| format!("{name}: {error}"));
        match name {
            "connections.max.idle.ms" => self.max_idle = Duration::from_millis(number()?.into()),
            "max.connections" => self.max_connections = number()? as usize,
            "queued.max.request.bytes" => self.max_unfinished_bytes = number()? as usize,
            _ => self.broker.set(name, value)?,
        }
        Ok(())
    }
}

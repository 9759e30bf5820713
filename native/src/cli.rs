//! The command line.

use std::fmt::Display;
use std::os::fd::RawFd;
use std::str::FromStr;

use lexopt::prelude::*;
use ottla_native::{Config, Fsync};
use tracing::level_filters::LevelFilter;

const HELP: &str = "\
ottla-native: a Kafka broker for tests, in milliseconds and without a JVM

Usage: ottla-native [OPTIONS]

  --listen HOST:PORT     where to listen; port 0 takes a free one [127.0.0.1:9092]
  --listen-fd N          a TCP socket that listens already, as file descriptor N: 3 where
                         systemd starts it; once for each node, instead of --listen
  --advertise HOST:PORT  what clients are told to connect to [where it listens];
                         port 0 means the port that is listened on
  --data-dir DIR         keep everything in files, in Kafka's segment layout;
                         without it everything is in memory and gone at the end
  --fsync POLICY         when a commit is flushed to the medium before it is
                         confirmed: always, topic (as ottla.durability of each
                         topic says) or never [topic]
  --set NAME=VALUE       a broker configuration under Kafka's name, such as
                         num.partitions=3; can be repeated
  --nodes N              show the one broker as N brokers, numbered from node.id on,
                         whose ports follow the first one's [1]
  --max-connections N    one more is closed at once [1000]
  --log-level LEVEL      off, error, warn, info, debug or trace [info]
  --help                 this text
  --version              the version

The last line on standard output before it serves is \"listening on HOST:PORT\".
Logs go to standard error. SIGTERM and SIGINT stop it: what was asked is
answered, and what was acknowledged is stored.

Exit codes: 0 stopped as asked, 1 the storage or the network failed, 2 the
command line makes no sense.
";

/// What the command line asks for.
pub(crate) enum Command {
    Serve(Box<Options>),
    Print(String),
}

/// How to serve.
pub(crate) struct Options {
    pub(crate) config: Config,
    pub(crate) log_level: LevelFilter,
    /// File descriptors of sockets that listen already.
    pub(crate) listen_fds: Vec<RawFd>,
}

pub(crate) fn parse(mut args: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut config = Config { listen: "127.0.0.1:9092".to_owned(), ..Config::default() };
    let mut log_level = LevelFilter::INFO;
    let mut listen_fds = Vec::new();
    let mut listens = false;
    while let Some(arg) = args.next()? {
        match arg {
            Long("listen") => {
                config.listen = args.value()?.string()?;
                listens = true;
            }
            Long("listen-fd") => listen_fds.push(number(&args.value()?.string()?)?),
            Long("advertise") => config.advertise = Some(address(&args.value()?.string()?)?),
            Long("data-dir") => config.data_dir = Some(args.value()?.into()),
            Long("fsync") => config.fsync = fsync(&args.value()?.string()?)?,
            Long("set") => set(&mut config, &args.value()?.string()?)?,
            Long("nodes") => config.nodes = number(&args.value()?.string()?)?,
            Long("max-connections") => config.max_connections = number(&args.value()?.string()?)?,
            Long("log-level") => log_level = number(&args.value()?.string()?)?,
            Long("help") | Short('h') => return Ok(Command::Print(HELP.to_owned())),
            Long("version") | Short('V') => {
                let version = format!("ottla-native {}\n", env!("CARGO_PKG_VERSION"));
                return Ok(Command::Print(version));
            }
            other => return Err(other.unexpected()),
        }
    }
    if listens && !listen_fds.is_empty() {
        return Err("--listen and --listen-fd: give one of the two".into());
    }
    if listen_fds.len() > config.nodes.max(1) {
        let (sockets, nodes) = (listen_fds.len(), config.nodes);
        return Err(format!("--listen-fd: {sockets} sockets for {nodes} nodes").into());
    }
    Ok(Command::Serve(Box::new(Options { config, log_level, listen_fds })))
}

fn number<T: FromStr<Err: Display>>(text: &str) -> Result<T, lexopt::Error> {
    text.parse().map_err(|error| format!("{text}: {error}").into())
}

fn address(text: &str) -> Result<(String, u16), lexopt::Error> {
    let Some((host, port)) = text.rsplit_once(':').filter(|(host, _)| !host.is_empty()) else {
        return Err(format!("--advertise {text}: host:port is wanted").into());
    };
    // Clients are told an IPv6 address without its brackets.
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    Ok((host.to_owned(), number(port)?))
}

fn fsync(text: &str) -> Result<Fsync, lexopt::Error> {
    match text {
        "always" => Ok(Fsync::Always),
        "topic" => Ok(Fsync::Topic),
        "never" => Ok(Fsync::Never),
        _ => Err(format!("--fsync {text}: always, topic or never").into()),
    }
}

fn set(config: &mut Config, text: &str) -> Result<(), lexopt::Error> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(format!("--set {text}: name=value is wanted").into());
    };
    config.set(name, value).map_err(|error| format!("--set {text}: {error}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(args: &[&str]) -> Result<Options, String> {
        match parse(lexopt::Parser::from_args(args)) {
            Ok(Command::Serve(options)) => Ok(*options),
            Ok(Command::Print(text)) => Err(text),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn options_are_read() {
        let args = ["--listen", "[::1]:0", "--advertise=[::1]:99", "--fsync", "never"];
        let config = options(&args).unwrap().config;
        assert_eq!(config.listen, "[::1]:0");
        assert_eq!(config.advertise, Some(("::1".to_owned(), 99)));
        assert_eq!(config.fsync, Fsync::Never);
        let args = ["--listen-fd=5", "--nodes=2", "--listen-fd=7"];
        assert_eq!(options(&args).unwrap().listen_fds, [5, 7]);
        let args = ["--set=num.partitions=3", "--set", "connections.max.idle.ms=1500"];
        let config = options(&args).unwrap().config;
        assert_eq!(config.broker.value("num.partitions"), "3");
        assert_eq!(config.max_idle.as_millis(), 1500);
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for (args, word) in [
            (&["--set", "num.partitions=zero"][..], "num.partitions"),
            (&["--set", "no.such=1"], "no.such"),
            (&["--set", "x"], "name=value"),
            (&["--listen-fd", "3", "--listen", "a:1"], "one of the two"),
            (&["--listen-fd", "3", "--listen-fd", "4"], "2 sockets for 1 nodes"),
            (&["--listen-fd", "three"], "three"),
            (&["--advertise", ":9092"], "host:port"),
            (&["--advertise", "a:b"], "b"),
            (&["--fsync", "often"], "never"),
            (&["--max-connections", "-1"], "-1"),
            (&["--log-level", "loud"], "loud"),
            (&["--lisen", "x"], "lisen"),
            (&["--help"], "--data-dir"),
            (&["--version"], "ottla-native"),
        ] {
            let error = options(args).err().unwrap_or_else(|| panic!("{args:?} is taken"));
            assert!(error.contains(word), "{args:?}: {error}");
        }
    }
}

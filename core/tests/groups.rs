//! Groups, driven by text: each file of `tests/groups` is a conversation with a broker.
//!
//! A block is some lines of input, a line `----`, and what came of them. The first word of an input
//! says what it is, the second whose connection it comes from, the third the group. Ids that the
//! broker makes up are named m1, m2 ... in the order in which they are seen. To write anew what
//! comes of the inputs, run with `REWRITE=1`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers outside of test functions.

mod host;
#[path = "groups/requests.rs"]
mod requests;

use std::collections::{BTreeMap, HashMap, VecDeque};

use bytes::Bytes;
use host::{Host, config};
use ottla::protocol::{ErrorCode, Request, decode_response};
use ottla::storage::StorageError;
use ottla::{ConnectionId, Input};

type Show = Box<dyn Fn(&mut Names, Bytes) -> String>;

/// The ids that the broker made up.
#[derive(Default)]
pub(crate) struct Names {
    seen: Vec<String>,
}

impl Names {
    /// A short name for an id.
    pub(crate) fn short(&mut self, id: &str) -> String {
        if id.is_empty() || !id.contains('-') {
            return id.to_owned();
        }
        let at = self.seen.iter().position(|known| known == id).unwrap_or_else(|| {
            self.seen.push(id.to_owned());
            self.seen.len() - 1
        });
        format!("m{}", at + 1)
    }

    /// The id that a short name stands for.
    pub(crate) fn long(&self, short: &str) -> String {
        let at = short.strip_prefix('m').and_then(|number| number.parse::<usize>().ok());
        at.and_then(|at| self.seen.get(at - 1)).cloned().unwrap_or_else(|| short.to_owned())
    }
}

/// A line of input: words, and settings such as `gen=1`.
pub(crate) struct Line<'a> {
    pub(crate) words: Vec<&'a str>,
    settings: BTreeMap<&'a str, &'a str>,
}

impl<'a> Line<'a> {
    fn parse(text: &'a str) -> Line<'a> {
        let mut line = Line { words: Vec::new(), settings: BTreeMap::new() };
        for word in text.split_whitespace() {
            match word.split_once('=') {
                Some((name, value)) => drop(line.settings.insert(name, value)),
                None => line.words.push(word),
            }
        }
        line
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.settings.get(name).copied()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str, otherwise: T) -> T {
        self.get(name).map_or(otherwise, |value| value.parse().ok().expect(value))
    }

    pub(crate) fn list(&self, name: &str) -> Vec<&'a str> {
        self.get(name).map(|value| value.split(',').collect()).unwrap_or_default()
    }
}

/// A broker and those who talk to it.
pub(crate) struct Scene {
    host: Host,
    settings: Vec<(String, String)>,
    pub(crate) names: Names,
    connections: BTreeMap<String, ConnectionId>,
    waiting: HashMap<ConnectionId, VecDeque<Show>>,
    said: Vec<String>,
}

impl Scene {
    fn new() -> Scene {
        Scene {
            host: Host::new(),
            settings: Vec::new(),
            names: Names::default(),
            connections: BTreeMap::new(),
            waiting: HashMap::new(),
            said: Vec::new(),
        }
    }

    fn connection(&mut self, name: &str, host: &str) -> ConnectionId {
        if let Some(known) = self.connections.get(name) {
            return *known;
        }
        let connection = ConnectionId(100 + self.waiting.len() as u64);
        let client_host = host.to_owned();
        self.host.input(Input::Connected { connection, client_host, node_id: 0 });
        self.connections.insert(name.to_owned(), connection);
        self.waiting.insert(connection, VecDeque::new());
        connection
    }

    /// Sends a request, and notes how its response is to be shown.
    pub(crate) fn send<R: Request>(
        &mut self,
        from: &str,
        request: &R,
        version: i16,
        show: impl Fn(&mut Names, R::Response) -> String + 'static,
    ) {
        let connection = self.connection(from, &format!("/{from}"));
        self.waiting.get_mut(&connection).unwrap().push_back(Box::new(move |names, frame| {
            show(names, decode_response::<R::Response>(frame, version).unwrap().1)
        }));
        self.host.send_from(connection, request, version);
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn run(&mut self, text: &str) {
        let line = Line::parse(text);
        let word = |at: usize| line.words.get(at).copied().unwrap_or_default();
        match word(0) {
            "open" => {
                let set = line.settings.iter();
                self.settings = set.map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
                self.host = Host::with(&self.settings());
                self.names = Names::default();
                self.connections.clear();
            }
            "reopen" => {
                for (name, value) in &line.settings {
                    self.settings.push(((*name).to_owned(), (*value).to_owned()));
                }
                let (storage, now) = (self.host.storage.clone(), self.host.now);
                let config = config(&self.settings());
                self.host = match word(1) {
                    "held" => Host::held_at(now, config, storage),
                    _ => Host::open_at(now, config, storage),
                };
                self.connections.clear();
            }
            "topic" => {
                let code = self.host.create(word(1), word(2).parse().unwrap(), &[]);
                assert_eq!(code, 0, "{text}");
            }
            "connect" => drop(self.connection(word(1), &line.text("host"))),
            "disconnect" => {
                let connection = self.connections.remove(word(1)).expect("a connection");
                self.host.input(Input::Disconnected { connection });
            }
            "tick" => self.host.pass(word(1).parse().unwrap()),
            // Time passes and the broker is not called.
            "sleep" => {
                let ms: u64 = word(1).parse().unwrap();
                self.host.now.monotonic_ms += ms;
                self.host.now.wall_ms += ms as i64;
            }
            "alive" => {
                let hosts = line.words[1..].iter().map(|host| (*host).to_owned()).collect();
                self.host.input(Input::AliveHosts { hosts });
            }
            "deadline" => {
                let now = self.host.now.monotonic_ms;
                let due = self.host.broker.poll_deadline().map(|due| due - now);
                self.said.push(due.map_or("none".to_owned(), |due| format!("in {due} ms")));
            }
            "hold" => self.host.hold_commits = true,
            "store" => {
                self.host.hold_commits = false;
                while !self.host.commits.is_empty() {
                    self.host.store();
                }
            }
            "fail" => {
                self.host.hold_commits = false;
                self.host.fail_commit(StorageError::Full("as told".into()));
            }
            "load" => {
                let count = self.host.loads.len();
                (0..count).for_each(|_| self.host.load());
                self.said.push(format!("loaded {count}"));
            }
            _ => self.request(&line),
        }
        self.hear();
    }

    /// Notes what the broker has said.
    fn hear(&mut self) {
        let own: HashMap<ConnectionId, String> =
            self.connections.iter().map(|(name, id)| (*id, name.clone())).collect();
        for (connection, frame) in std::mem::take(&mut self.host.responses) {
            let show = self.waiting.get_mut(&connection).unwrap().pop_front().expect("a request");
            let text = show(&mut self.names, frame);
            let name = own.get(&connection).expect("nobody hears after hanging up");
            self.said.extend(text.lines().map(|line| format!("{name} {line}")));
        }
        assert_eq!(self.host.closed, [], "no connection is closed");
    }
}

pub(crate) fn error(code: i16) -> String {
    match code {
        0 => "ok".to_owned(),
        code => ErrorCode::from_code(code).name().to_owned(),
    }
}

/// Plays a file; gives it back with what came of its inputs.
fn play(text: &str) -> String {
    let mut scene = Scene::new();
    let mut played = String::new();
    for block in text.split("\n\n") {
        let inputs = block.split("\n----").next().unwrap().trim_matches('\n');
        let mut silent = true;
        for line in inputs.lines().filter(|line| !line.starts_with('#')) {
            silent = false;
            scene.run(line);
        }
        if !played.is_empty() {
            played.push('\n');
        }
        played.push_str(inputs);
        played.push('\n');
        let said = std::mem::take(&mut scene.said);
        if !silent && (!said.is_empty() || block.contains("\n----")) {
            played.push_str("----\n");
            said.iter().for_each(|line| played.push_str(&format!("{line}\n")));
        }
    }
    played
}

#[test]
fn conversations_go_as_written() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/groups");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "txt"));
    files.sort();
    assert!(files.len() > 5, "{files:?}");
    let mut wrong = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let played = play(&text);
        if std::env::var("REWRITE").is_ok() {
            std::fs::write(&path, &played).unwrap();
        } else if played != text {
            let first = played.lines().zip(text.lines()).position(|(new, old)| new != old);
            let at = first.unwrap_or_else(|| played.lines().count().min(text.lines().count()));
            let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
            wrong.push(format!(
                "{}:{}: written {:?}, came {:?}",
                path.display(),
                at + 1,
                line(&text),
                line(&played)
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

//! Groups, driven by text: each file of `tests/groups` is a conversation with a broker.
//!
//! A block is some lines of input, a line `----`, and what came of them. The first word of an input
//! says what it is, the second whose connection it comes from, the third the group. Ids that the
//! broker makes up are named m1, m2 ... in the order in which they are seen. To write anew what
//! comes of the inputs, run with `REWRITE=1`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers outside of test functions.

mod host;
#[path = "groups/kafka.rs"]
mod kafka;
#[path = "groups/requests.rs"]
mod requests;

use std::collections::{BTreeMap, HashMap, VecDeque};

use bytes::Bytes;
use host::{Host, config};
use kafka::Kafka;
use ottla::protocol::{ErrorCode, Request, decode_response, encode_request, messages as m};
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
    kafka: Option<Kafka>,
    /// What tells groups and topics with Kafka from those of another run.
    suffix: String,
}

impl Scene {
    fn with_kafka(address: String, suffix: String) -> Scene {
        Scene { kafka: Some(Kafka::new(address)), suffix, ..Scene::new() }
    }

    /// The name of a group or a topic.
    pub(crate) fn own(&self, name: &str) -> String {
        if name.is_empty() { String::new() } else { format!("{name}{}", self.suffix) }
    }

    fn new() -> Scene {
        Scene {
            host: Host::new(),
            settings: Vec::new(),
            names: Names::default(),
            connections: BTreeMap::new(),
            waiting: HashMap::new(),
            said: Vec::new(),
            kafka: None,
            suffix: String::new(),
        }
    }

    fn connection(&mut self, name: &str, host: &str) -> ConnectionId {
        if let Some(known) = self.connections.get(name) {
            return *known;
        }
        let connection = ConnectionId(100 + self.waiting.len() as u64);
        let client_host = host.to_owned();
        match &mut self.kafka {
            Some(kafka) => kafka.connect(connection),
            None => self.host.input(Input::Connected { connection, client_host, node_id: 0 }),
        }
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
        match &mut self.kafka {
            Some(kafka) => {
                kafka.send(connection, &encode_request(request, version, 1, Some("test")));
            }
            None => drop(self.host.send_from(connection, request, version)),
        }
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn run(&mut self, text: &str) {
        let line = Line::parse(text);
        let word = |at: usize| line.words.get(at).copied().unwrap_or_default();
        match word(0) {
            "open" if self.kafka.is_some() => {
                self.suffix.push('-');
                self.names = Names::default();
                self.connections.clear();
            }
            "topic" if self.kafka.is_some() => {
                let topic = m::CreatableTopic {
                    name: self.own(word(1)),
                    num_partitions: word(2).parse().unwrap(),
                    replication_factor: 1,
                    ..Default::default()
                };
                let request = m::CreateTopicsRequest {
                    topics: vec![topic],
                    timeout_ms: 5_000,
                    ..Default::default()
                };
                self.send("admin", &request, 7, |_, response| {
                    format!("topic {}", error(response.topics[0].error_code))
                });
                self.hear();
                self.said.retain(|line| line != "admin topic ok");
            }
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
                match &mut self.kafka {
                    Some(kafka) => kafka.disconnect(connection),
                    None => self.host.input(Input::Disconnected { connection }),
                }
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
        let heard = match &mut self.kafka {
            Some(kafka) => kafka.hear(),
            None => std::mem::take(&mut self.host.responses).into(),
        };
        for (connection, frame) in heard {
            let show = self.waiting.get_mut(&connection).unwrap().pop_front().expect("a request");
            let text = show(&mut self.names, frame);
            let name = own.get(&connection).expect("nobody hears after hanging up");
            let text = if self.suffix.is_empty() { text } else { text.replace(&self.suffix, "") };
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
    play_to(Scene::new(), text)
}

fn play_to(mut scene: Scene, text: &str) -> String {
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

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/groups");

/// The files, by name.
fn conversations() -> Vec<(String, String)> {
    let files = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|kind| kind == "txt"));
    let name = |path: &std::path::Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut all: Vec<_> =
        files.map(|path| (name(&path), std::fs::read_to_string(&path).unwrap())).collect();
    all.sort();
    assert!(all.len() > 5, "{} files", all.len());
    all
}

#[test]
fn conversations_go_as_written() {
    let mut wrong = Vec::new();
    for (name, text) in conversations() {
        let played = play(&text);
        if std::env::var("REWRITE").is_ok() {
            std::fs::write(format!("{FOLDER}/{name}"), &played).unwrap();
        } else if played != text {
            let first = played.lines().zip(text.lines()).position(|(new, old)| new != old);
            let at = first.unwrap_or_else(|| played.lines().count().min(text.lines().count()));
            let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
            wrong.push(format!(
                "{name}:{}: written {:?}, came {:?}",
                at + 1,
                line(&text),
                line(&played)
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The part of a conversation that can be had with a broker whose clock and storage are its own, and
/// that coordinates transactions too.
fn for_kafka(text: &str) -> String {
    let apart = [
        "alive", "deadline", "fail", "find", "hold", "list", "load", "reopen", "sleep", "store",
        "tick",
    ];
    let set = ["open", "group.initial.rebalance.delay.ms=0", "offset.metadata.max.bytes=4"];
    let fits = |line: &str| match line.split_once(' ').map_or(line, |(first, _)| first) {
        "open" => line.split(' ').all(|word| set.contains(&word)) && line.contains("delay.ms=0"),
        first => !apart.contains(&first),
    };
    let blocks = text.split("\n\n").take_while(|block| block.lines().all(fits));
    blocks.collect::<Vec<_>>().join("\n\n")
}

/// Has Kafka make `__consumer_offsets`, which it does when it is first asked for a coordinator.
fn find_coordinator(address: &str) {
    let mut scene = Scene::with_kafka(address.to_owned(), String::new());
    for _ in 0..50 {
        scene.run("describe a g v=5");
        scene.run("find a g");
        if scene.said.iter().any(|line| line.starts_with("a describe ok")) {
            return;
        }
        scene.said.clear();
    }
    panic!("Kafka does not coordinate groups");
}

/// `KAFKA=host:port cargo test --test groups -- --ignored`, with a broker of Apache's that has
/// `group.initial.rebalance.delay.ms=0` and `offset.metadata.max.bytes=4`.
#[test]
#[ignore = "needs a broker of Apache's"]
fn kafka_says_the_same() {
    let address = std::env::var("KAFKA").expect("KAFKA=host:port");
    let run = std::process::id();
    find_coordinator(&address);
    let conversations = conversations().into_iter().map(|(name, text)| (name, for_kafka(&text)));
    let played = conversations.filter(|(_, text)| !text.is_empty()).map(|(name, text)| {
        let (address, suffix) = (address.clone(), format!("-{run}-{}", &name[..2]));
        let asked = text.clone();
        let play = move || play_to(Scene::with_kafka(address, suffix), &asked);
        (name, text, std::thread::spawn(play))
    });
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for (name, text, played) in played.collect::<Vec<_>>() {
        let played = played.join().unwrap();
        for (ours, kafkas) in text.split("\n\n").zip(played.split("\n\n")) {
            // Connections and members come in an order of Kafka's own, and from one host.
            let sorted = |block: &str| {
                let said = block.split_once("\n----\n").map_or("", |(_, said)| said);
                let host = |word: &str| if word.starts_with('/') { "/" } else { word }.to_owned();
                let words = |line: &str| line.split(' ').map(host).collect::<Vec<_>>().join(" ");
                let mut lines: Vec<String> = said.lines().map(words).collect();
                lines.sort();
                lines.join("\n")
            };
            compared += 1;
            if sorted(ours) != sorted(kafkas) {
                wrong.push(format!("{name}\n{ours}\n---- but Kafka:\n{}\n", sorted(kafkas)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared >= 20, "{compared} blocks");
}

//! Ottla's own client over TCP, against the broker shown as a cluster, through a restart.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers outside of tests.

mod scratch;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ottla::Now;
use ottla::client::{
    Address, Client, ClientConfig, ClientInput, ClientOutput, Event, Link, ProduceRecord, SendId,
    StartPosition, Target,
};
use ottla::protocol::{Frames, messages as m};
use ottla_native::{Broker, Config};
use scratch::Scratch;

const PARTITIONS: i32 = 6;

/// A host for a client: a thread for each connection.
struct Host {
    client: Client,
    started: Instant,
    sender: Sender<ClientInput>,
    inputs: Receiver<ClientInput>,
    streams: HashMap<Link, TcpStream>,
    /// Where the client has connected to.
    connected: Vec<i32>,
}

impl Host {
    fn new(bootstrap: SocketAddr) -> Host {
        let config = ClientConfig {
            bootstrap: vec![Address::new(bootstrap.ip().to_string(), bootstrap.port().into())],
            ..ClientConfig::default()
        };
        let client = Client::new(config, 7).unwrap();
        let (sender, inputs) = channel();
        let (streams, connected) = (HashMap::new(), Vec::new());
        Host { client, started: Instant::now(), sender, inputs, streams, connected }
    }

    fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Now {
            monotonic_ms: self.started.elapsed().as_millis() as u64,
            wall_ms: wall.as_millis() as i64,
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll_output() {
            match output {
                ClientOutput::Connect { link, host, port } => {
                    self.connected.push(port);
                    match TcpStream::connect(format!("{host}:{port}")) {
                        Ok(stream) => self.connect(link, stream),
                        Err(error) => {
                            let reason = error.to_string();
                            self.sender.send(ClientInput::Disconnected { link, reason }).unwrap();
                        }
                    }
                }
                ClientOutput::Send { link, frame } => {
                    if let Some(mut stream) = self.streams.get(&link) {
                        let length = (frame.len() as i32).to_be_bytes();
                        // The thread that reads tells of a connection that is gone.
                        let _ = stream.write_all(&[&length[..], &frame].concat());
                    }
                }
                ClientOutput::Disconnect { link } => drop(self.streams.remove(&link)),
            }
        }
    }

    fn connect(&mut self, link: Link, mut stream: TcpStream) {
        self.streams.insert(link, stream.try_clone().unwrap());
        let sender = self.sender.clone();
        sender.send(ClientInput::Connected { link }).unwrap();
        std::thread::spawn(move || {
            let mut frames = Frames::new(1 << 30);
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                frames.push(&buffer[..count]);
                while let Some(frame) = frames.next_frame().unwrap() {
                    let _ = sender.send(ClientInput::Received { link, frame });
                }
            }
            let reason = "the broker closed it".to_owned();
            let _ = sender.send(ClientInput::Disconnected { link, reason });
        });
    }

    /// Runs until `done` has what it wants.
    fn run<T>(&mut self, mut done: impl FnMut(&mut Host, Option<Event>) -> Option<T>) -> T {
        loop {
            self.drain();
            let event = self.client.poll_event();
            let idle = event.is_none();
            if let Some(result) = done(self, event) {
                return result;
            }
            if !idle {
                continue;
            }
            self.drain();
            let now = self.now();
            let due = self.client.poll_deadline(now).unwrap_or(u64::MAX);
            let wait = due.saturating_sub(now.monotonic_ms).min(50);
            let input = match self.inputs.recv_timeout(Duration::from_millis(wait)) {
                Ok(input) => input,
                Err(RecvTimeoutError::Timeout) => ClientInput::Tick,
                Err(RecvTimeoutError::Disconnected) => unreachable!("the host holds a sender"),
            };
            let now = self.now();
            self.client.handle(now, input);
        }
    }

    /// Sends one record to each partition, and waits for all of them.
    fn produce(&mut self, round: u64) {
        let values: Vec<String> = (0..PARTITIONS).map(|p| format!("{round}-{p}")).collect();
        let records: Vec<ProduceRecord> = (0..)
            .zip(&values)
            .map(|(partition, value)| ProduceRecord {
                partition: Some(partition),
                value: Some(value.as_bytes()),
                ..Default::default()
            })
            .collect();
        let now = self.now();
        self.client.produce(now, SendId(round), "t", records.iter().cloned()).unwrap();
        self.run(|_, event| match event? {
            Event::Produced { send, error, partitions, .. } if send == SendId(round) => {
                assert_eq!(error, None);
                assert_eq!(partitions.len(), PARTITIONS as usize);
                Some(())
            }
            _ => None,
        });
    }
}

#[test]
fn a_client_goes_on_through_a_restart_of_a_cluster() {
    let scratch = Scratch::new();
    let start = |listen: String| {
        let data_dir = Some(scratch.path().to_owned());
        Broker::start(Config { listen, nodes: 3, data_dir, ..Config::default() })
    };
    // Three ports in a row: those of a first try that happen to be free again.
    let broker = (20_000 + std::process::id() as u16 % 20_000..60_000)
        .step_by(3)
        .find_map(|port| start(format!("127.0.0.1:{port}")).ok())
        .expect("three ports in a row are free");
    let listen = broker.address().to_string();
    let ports: Vec<i32> = broker.addresses().iter().map(|a| a.port().into()).collect();
    let mut host = Host::new(broker.address());
    let topic = m::CreatableTopic {
        name: "t".into(),
        num_partitions: PARTITIONS,
        replication_factor: 3,
        ..Default::default()
    };
    let create = m::CreateTopicsRequest { topics: vec![topic], ..Default::default() };
    let now = host.now();
    let call = host.client.request(now, Target::Controller, create).unwrap();
    host.run(|_, event| match event? {
        Event::Response { call: of, response } if of == call => {
            let answer: m::CreateTopicsResponse = response.decode().unwrap();
            assert_eq!(answer.topics[0].error_code, 0, "{:?}", answer.topics[0].error_message);
            Some(())
        }
        _ => None,
    });
    for round in 0..20 {
        host.produce(round);
    }
    for port in &ports {
        assert!(host.connected.contains(port), "the leaders are on all nodes");
    }
    broker.shutdown().unwrap();
    let broker = start(listen).expect("the same ports");
    for round in 20..40 {
        host.produce(round);
    }

    let all: Vec<(&str, i32, StartPosition)> =
        (0..PARTITIONS).map(|partition| ("t", partition, StartPosition::Earliest)).collect();
    let now = host.now();
    host.client.assign(now, &all).unwrap();
    let mut values: Vec<Vec<String>> = vec![Vec::new(); PARTITIONS as usize];
    host.run(|host, _| {
        let now = host.now();
        while let Some(fetched) = host.client.poll_fetched(now) {
            for batch in fetched.batches {
                for record in batch.records(usize::MAX).unwrap() {
                    let value = String::from_utf8(record.value.unwrap().to_vec()).unwrap();
                    values[fetched.partition as usize].push(value);
                }
            }
        }
        values.iter().all(|values| values.len() >= 40).then_some(())
    });
    for (partition, values) in values.iter().enumerate() {
        let expected: Vec<String> = (0..40).map(|round| format!("{round}-{partition}")).collect();
        assert_eq!(*values, expected, "each record once, in order");
    }
    broker.shutdown().unwrap();
}

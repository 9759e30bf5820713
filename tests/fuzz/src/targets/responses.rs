//! Responses to a client that produces, consumes, looks up and deletes: whatever comes, it neither
//! panics nor holds more than it may, and where nothing more comes it comes to an end.

use std::collections::VecDeque;

use bytes::Bytes;
use ottla::Now;
use ottla::client::{
    Address, Client, ClientConfig, ClientInput, ClientOutput, IsolationLevel, Link, ProduceRecord,
    SendId, StartPosition, Target,
};
use ottla::protocol::messages as m;

use crate::repair;
use crate::script::Script;

/// Who answers a client: a script, or a broker whose answers become seeds.
pub trait Answers {
    /// The answer to a request's frame; `None` says nothing, now and later.
    fn answer(&mut self, link: Link, request: &Bytes) -> Option<Bytes>;
}

const MAX_STEPS: usize = 300;

/// A client with work to do.
fn client(now: Now) -> Client {
    let mut config =
        ClientConfig { bootstrap: vec![Address::new("localhost", 9092)], ..Default::default() };
    config.retry.retries = 2;
    config.fetcher.max_bytes = 1 << 20;
    let mut client = Client::new(config, 7).expect("a configuration that works");
    let topic = m::CreatableTopic {
        name: "t".to_owned(),
        num_partitions: 2,
        replication_factor: 1,
        ..Default::default()
    };
    let create = m::CreateTopicsRequest { topics: vec![topic], ..Default::default() };
    client.request(now, Target::Controller, create).expect("room for a call");
    let records = [1, 2, 3].map(|_| ProduceRecord { value: Some(b"value"), ..Default::default() });
    client.produce(now, SendId(1), "t", records).expect("room for records");
    let partitions = [("t", 0, StartPosition::Earliest), ("t", 1, StartPosition::Timestamp(5))];
    client.assign(now, &partitions).expect("an open client");
    let asked = [("t", 0, -1), ("t", 1, 7)];
    client.list_offsets(now, IsolationLevel::ReadCommitted, &asked).expect("room for a call");
    client.delete_records(now, &[("t", 0, 1)]).expect("room for a call");
    client.load_metadata(now, &["t", "u"]).expect("room for a call");
    client
}

/// Lets the client do its work with whoever answers.
pub fn drive(answers: &mut impl Answers) {
    let mut now = Now { monotonic_ms: 1_000, wall_ms: 1_700_000_000_000 };
    let mut client = client(now);
    let mut waiting: VecDeque<ClientInput> = VecDeque::new();
    for _ in 0..MAX_STEPS {
        while let Some(output) = client.poll_output() {
            waiting.extend(match output {
                ClientOutput::Connect { link, .. } => Some(ClientInput::Connected { link }),
                ClientOutput::Send { link, frame } => {
                    let answer = answers.answer(link, &frame);
                    answer.map(|frame| ClientInput::Received { link, frame })
                }
                ClientOutput::Disconnect { .. } => None,
            });
        }
        while client.poll_event().is_some() {}
        while let Some(fetched) = client.poll_fetched(now) {
            for batch in fetched.batches {
                let _ = batch.records(1 << 20);
            }
        }
        let input = match waiting.pop_front() {
            Some(input) => input,
            None => {
                let Some(due) = client.poll_deadline(now) else { break };
                let passed = due.saturating_sub(now.monotonic_ms);
                now.monotonic_ms += passed;
                now.wall_ms += passed as i64;
                ClientInput::Tick
            }
        };
        client.handle(now, input);
    }
    client.close(now);
    while client.poll_output().is_some() {}
}

/// Answers from an input: each is a byte that says how, and a blob.
struct Scripted(Script);

impl Answers for Scripted {
    fn answer(&mut self, _: Link, request: &Bytes) -> Option<Bytes> {
        if self.0.is_over() {
            return None;
        }
        let how = self.0.byte();
        let mut frame = self.0.blob().to_vec();
        if how & 1 == 0 && frame.len() >= 4 && request.len() >= 8 {
            frame[..4].copy_from_slice(&request[4..8]);
        }
        if how & 2 != 0 {
            repair::batches(&mut frame);
        }
        Some(frame.into())
    }
}

pub fn run(data: &[u8]) {
    drive(&mut Scripted(Script::new(data)));
}

//! The broker over TCP, with well-behaved clients.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers outside of tests.

mod wire;

use std::time::Duration;

use ottla::protocol::messages as m;
use ottla::record::{BatchOptions, Compression};
use ottla_native::{Broker, Config};
use wire::{Client, batch, batch_with, fetch, produce};

fn start() -> Broker {
    Broker::start(Config::default()).expect("a broker in memory")
}

#[test]
fn what_is_produced_is_fetched() {
    let broker = start();
    let mut client = Client::connect(broker.address());
    client.create("t", 2, &[]);
    assert_eq!(client.produce("t", 1, &["a", "b"]), 0);
    for compression in [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd]
    {
        let options = BatchOptions { compression, ..Default::default() };
        let packed = batch_with(&["c"; 100], &options);
        let answer = client.call(&produce("t", 1, packed), 9);
        assert_eq!(answer.responses[0].partition_responses[0].error_code, 0, "{compression:?}");
    }
    let mut values = vec!["a", "b"];
    values.extend(["c"; 400]);
    assert_eq!(client.read_all("t", 1, 0), values);
    assert_eq!(client.read_all("t", 0, 0), Vec::<String>::new());
    broker.shutdown().unwrap();
}

#[test]
fn metadata_tells_where_to_connect() {
    let broker = start();
    let told = |broker: &Broker| {
        let metadata = Client::connect(broker.address()).metadata();
        (metadata.brokers[0].host.clone(), metadata.brokers[0].port)
    };
    assert_eq!(told(&broker), ("127.0.0.1".to_owned(), i32::from(broker.address().port())));
    let advertise = Some(("kafka.example".to_owned(), 0));
    let broker = Broker::start(Config { advertise, ..Config::default() }).unwrap();
    assert_eq!(told(&broker), ("kafka.example".to_owned(), i32::from(broker.address().port())));
    let advertise = Some(("kafka.example".to_owned(), 19092));
    let listeners = vec![std::net::TcpListener::bind("127.0.0.1:0").unwrap()];
    let broker = Broker::start(Config { advertise, listeners, ..Config::default() }).unwrap();
    assert_eq!(told(&broker), ("kafka.example".to_owned(), 19092));
}

#[test]
fn answers_to_pipelined_requests_come_in_order() {
    let broker = start();
    let mut client = Client::connect(broker.address());
    client.create("t", 1, &[]);
    let mut sent = Vec::new();
    for round in 0..300 {
        // A fetch that waits must not be overtaken by what comes behind it.
        sent.push(match round % 3 {
            0 => client.send(&produce("t", 0, batch(&["x"])), 9).unwrap(),
            1 => client.send(&fetch("t", 0, i64::from(round / 3) + 1, 1), 12).unwrap(),
            _ => client.send(&m::MetadataRequest::default(), 12).unwrap(),
        });
    }
    for id in sent {
        let frame = client.receive().expect("an answer");
        assert_eq!(frame[..4], id.to_be_bytes(), "answers come in order");
    }
    assert_eq!(client.read_all("t", 0, 0).len(), 100);
}

#[test]
fn requests_beyond_the_bound_wait_instead_of_ending_the_connection() {
    let mut config = Config::default();
    config.set("queued.max.requests", "3").unwrap();
    let broker = Broker::start(config).unwrap();
    let mut client = Client::connect(broker.address());
    client.create("t", 1, &[]);
    let mut waiting = Client::connect(broker.address());
    let fetched = waiting.send(&fetch("t", 0, 0, 30_000), 12).unwrap();
    let sent: Vec<i32> =
        (0..200).map(|_| waiting.send(&m::MetadataRequest::default(), 12).unwrap()).collect();
    client.produce("t", 0, &["x"]);
    for id in [fetched].into_iter().chain(sent) {
        assert_eq!(waiting.receive().expect("an answer")[..4], id.to_be_bytes());
    }
}

#[test]
fn acks_0_is_answered_by_silence() {
    let broker = start();
    let mut client = Client::connect(broker.address());
    client.create("t", 1, &[]);
    for _ in 0..1000 {
        let request = m::ProduceRequest { acks: 0, ..produce("t", 0, batch(&["x"])) };
        client.send(&request, 9).unwrap();
    }
    // The answer to what comes next is the next answer.
    assert_eq!(client.metadata().topics.len(), 1);
    assert_eq!(client.read_all("t", 0, 0).len(), 1000);
}

#[test]
fn a_fetch_waits_for_records_of_another_connection() {
    let broker = start();
    let mut producer = Client::connect(broker.address());
    producer.create("t", 1, &[]);
    let mut consumer = Client::connect(broker.address());
    consumer.send(&fetch("t", 0, 0, 30_000), 12).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    producer.produce("t", 0, &["x"]);
    let (_, answer) = consumer.response::<m::FetchRequest>(12).unwrap();
    assert!(answer.responses[0].partitions[0].records.as_ref().is_some_and(|r| !r.is_empty()));
    // And for time.
    let answer = consumer.call(&fetch("t", 0, 1, 5), 12);
    assert!(answer.responses[0].partitions[0].records.as_ref().is_none_or(|r| r.is_empty()));
}

#[test]
fn many_connections_are_served_at_once() {
    let broker = start();
    Client::connect(broker.address()).create("t", 1, &[]);
    let mut clients: Vec<Client> = (0..300).map(|_| Client::connect(broker.address())).collect();
    for client in &mut clients {
        client.send(&produce("t", 0, batch(&["x"])), 9).unwrap();
    }
    let mut offsets: Vec<i64> = clients
        .iter_mut()
        .map(|client| {
            let (_, answer) = client.response::<m::ProduceRequest>(9).unwrap();
            answer.responses[0].partition_responses[0].base_offset
        })
        .collect();
    offsets.sort_unstable();
    assert_eq!(offsets, (0..300).collect::<Vec<i64>>());
}

#[test]
fn large_batches_pass() {
    let mut config = Config::default();
    config.set("message.max.bytes", "20000000").unwrap();
    let broker = Broker::start(config).unwrap();
    let mut client = Client::connect(broker.address());
    client.create("t", 1, &[]);
    let value = "x".repeat(15_000_000);
    client.produce("t", 0, &[&value]);
    assert_eq!(client.read_all("t", 0, 0), [value]);
}

#[test]
fn a_stop_answers_what_was_asked_and_frees_the_address() {
    let broker = start();
    let address = broker.address();
    let mut client = Client::connect(address);
    client.create("t", 1, &[]);
    let mut idle = Client::connect(address);
    idle.metadata();
    client.create("silent", 1, &[]);
    idle.send(&fetch("silent", 0, 0, 30_000), 12).unwrap();
    for _ in 0..50 {
        client.produce("t", 0, &["x"]);
    }
    broker.shutdown().unwrap();
    assert_eq!(idle.receive(), None, "a stop does not wait for long polls");
    assert_eq!(client.receive(), None);
    let broker = Broker::start(Config { listen: address.to_string(), ..Config::default() });
    assert_eq!(broker.unwrap().address(), address);
}

#[test]
fn an_address_in_use_is_an_error_that_names_it() {
    let broker = start();
    let listen = broker.address().to_string();
    let error = Broker::start(Config { listen: listen.clone(), ..Config::default() }).unwrap_err();
    assert!(error.to_string().contains(&listen), "{error}");
}

#[test]
fn one_broker_is_shown_as_three() {
    let broker = Broker::start(Config { nodes: 3, ..Config::default() }).unwrap();
    let mut client = Client::connect(broker.address());
    client.create("t", 5, &[]);
    let metadata = client.metadata();
    let told: Vec<String> =
        metadata.brokers.iter().map(|b| format!("{}:{}", b.host, b.port)).collect();
    let listens: Vec<String> = broker.addresses().iter().map(ToString::to_string).collect();
    assert_eq!(told, listens);
    for partition in &metadata.topics[0].partitions {
        let leader = broker.addresses()[partition.leader_id as usize];
        assert_eq!(partition.leader_id, partition.partition_index % 3);
        let mut client = Client::connect(leader);
        client.produce("t", partition.partition_index, &["x"]);
        assert_eq!(client.read_all("t", partition.partition_index, 0), ["x"]);
    }
    // The wrong node says who leads; a node describes itself alone.
    let mut third = Client::connect(broker.addresses()[2]);
    let answer = third.call(&produce("t", 0, batch(&["x"])), 10);
    let refused = &answer.responses[0].partition_responses[0];
    assert_eq!((refused.error_code, refused.current_leader.leader_id), (6, 0));
    assert_eq!(answer.node_endpoints[0].port, i32::from(broker.address().port()));
    let mut describe = |name: &str| {
        let resource = m::DescribeConfigsResource {
            resource_type: 4,
            resource_name: name.into(),
            configuration_keys: Some(vec!["advertised.port".into()]),
        };
        let request = m::DescribeConfigsRequest { resources: vec![resource], ..Default::default() };
        third.call(&request, 4).results.remove(0)
    };
    let port = broker.addresses()[2].port().to_string();
    assert_eq!(describe("2").configs[0].value, Some(port));
    assert_eq!(describe("0").error_code, 42);
    broker.shutdown().unwrap();
    let error =
        Broker::start(Config { listen: "127.0.0.1:65535".into(), nodes: 2, ..Config::default() })
            .unwrap_err();
    assert!(error.to_string().contains("no port is left"), "{error}");
}

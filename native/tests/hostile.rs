//! The broker over TCP, with clients that mean harm or are broken.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers outside of tests.

mod wire;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use ottla::protocol::{encode_request, messages as m};
use ottla_native::{Broker, Config};
use wire::{Client, Random, batch, fetch, framed, produce};

/// Reads until the broker closes the connection.
fn until_closed(mut stream: &TcpStream) -> usize {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut buffer = vec![0; 64 * 1024];
    let mut seen = 0;
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return seen,
            Ok(count) => seen += count,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return seen,
            Err(error) => panic!("the connection is not closed: {error}"),
        }
    }
}

/// The most memory that this process has had, in KiB.
fn peak_memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}

#[test]
fn ten_thousand_garbage_frames_harm_nobody() {
    let broker = Broker::start(Config::default()).unwrap();
    let mut witness = Client::connect(broker.address());
    witness.create("t", 1, &[]);
    let before = peak_memory_kb();
    let mut random = Random(0x6f74_746c_6100_0001);
    let whole = encode_request(&produce("t", 0, batch(&["x"])), 9, 1, Some("test"));
    let mut stream = TcpStream::connect(broker.address()).unwrap();
    for round in 0..10_000 {
        let frame: Vec<u8> = match round % 4 {
            // Noise; noise behind a good header; a good request with some bytes changed; cut short.
            0 => (0..random.below(200)).map(|_| random.next() as u8).collect(),
            1 => {
                let key = (random.below(94) as i16).to_be_bytes();
                let version = (random.below(15) as i16).to_be_bytes();
                let noise: Vec<u8> = (0..random.below(100)).map(|_| random.next() as u8).collect();
                [&key[..], &version, &[0, 0, 0, 9, 0xff, 0xff, 0], &noise].concat()
            }
            2 => {
                let mut frame = whole.to_vec();
                for _ in 0..=random.below(4) {
                    let at = random.below(frame.len() as u64) as usize;
                    frame[at] = random.next() as u8;
                }
                frame
            }
            _ => whole[..random.below(whole.len() as u64) as usize].to_vec(),
        };
        if stream.write_all(&framed(&frame)).is_err() {
            stream = TcpStream::connect(broker.address()).unwrap();
        }
        if round % 1000 == 0 {
            witness.metadata();
        }
    }
    drop(stream);
    witness.produce("t", 0, &["alive"]);
    assert!(broker.is_running());
    assert!(peak_memory_kb() < before + 100 * 1024, "nothing of the garbage is kept");
    broker.shutdown().unwrap();
}

#[test]
fn a_length_beyond_the_bound_ends_the_connection_before_anything_is_reserved() {
    let broker = Broker::start(Config::default()).unwrap();
    for claimed in [i32::MAX, -1, i32::MIN, 104_857_601] {
        let mut stream = TcpStream::connect(broker.address()).unwrap();
        stream.write_all(&claimed.to_be_bytes()).unwrap();
        assert_eq!(until_closed(&stream), 0, "{claimed}");
    }
    // Allowed, and never sent: what is not there takes no memory.
    let before = peak_memory_kb();
    let mut liars = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(broker.address()).unwrap();
        stream.write_all(&104_857_600_i32.to_be_bytes()).unwrap();
        stream.write_all(&[0; 100]).unwrap();
        liars.push(stream);
    }
    Client::connect(broker.address()).metadata();
    assert!(peak_memory_kb() < before + 100 * 1024, "20 GB claimed");
}

#[test]
fn slow_senders_are_served_and_keep_nobody_waiting() {
    let broker = Broker::start(Config::default()).unwrap();
    let mut witness = Client::connect(broker.address());
    witness.create("t", 1, &[]);
    let mut slow: Vec<Client> = (0..50).map(|_| Client::connect(broker.address())).collect();
    let bytes = framed(&encode_request(&m::MetadataRequest::default(), 12, 1, Some("slow")));
    for (at, byte) in (0..).zip(&bytes) {
        for client in &mut slow {
            client.stream.write_all(&[*byte]).unwrap();
        }
        assert_eq!(witness.produce("t", 0, &["x"]), at, "served between two bytes of the others");
    }
    for client in &mut slow {
        assert!(client.response::<m::MetadataRequest>(12).is_some());
    }
}

#[test]
fn unfinished_requests_take_no_more_memory_than_is_allowed() {
    let mut config = Config::default();
    config.set("queued.max.request.bytes", "2000000").unwrap();
    let broker = Broker::start(config).unwrap();
    let mut client = Client::connect(broker.address());
    client.create("t", 1, &[]);
    // Each holds back the last byte of a request of a million bytes.
    let mut streams = Vec::new();
    for _ in 0..10 {
        let mut stream = TcpStream::connect(broker.address()).unwrap();
        stream.write_all(&framed(&[0; 1_000_000])[..1_000_003]).unwrap();
        streams.push(stream);
        client.produce("t", 0, &["x"]);
    }
    let value = "x".repeat(500_000);
    client.produce("t", 0, &[&value]);
    let open = |stream: &&TcpStream| {
        stream.set_nonblocking(true).unwrap();
        let error = (&**stream).read(&mut [0]).map_err(|error| error.kind());
        error == Err(ErrorKind::WouldBlock)
    };
    while streams.iter().filter(open).count() > 2 {
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_was_asked_before_nonsense_is_answered() {
    let broker = Broker::start(Config::default()).unwrap();
    let mut client = Client::connect(broker.address());
    client.create("t", 1, &[]);
    let frame = encode_request(&produce("t", 0, batch(&["x"])), 9, 77, Some("test"));
    let bytes = [framed(&frame), (-5_i32).to_be_bytes().to_vec()].concat();
    client.stream.write_all(&bytes).unwrap();
    assert_eq!(client.receive().expect("an answer")[..4], 77_i32.to_be_bytes());
    assert_eq!(client.receive(), None);
}

#[test]
fn one_connection_too_many_is_closed_and_the_others_are_not() {
    let broker = Broker::start(Config { max_connections: 3, ..Config::default() }).unwrap();
    let mut clients: Vec<Client> = (0..3).map(|_| Client::connect(broker.address())).collect();
    clients.iter_mut().for_each(|client| drop(client.metadata()));
    let refused = TcpStream::connect(broker.address()).unwrap();
    assert_eq!(until_closed(&refused), 0);
    clients.iter_mut().for_each(|client| drop(client.metadata()));
    // A place that becomes free is given to the next one.
    drop(clients.pop());
    loop {
        let mut next = Client::connect(broker.address());
        if next.send(&m::MetadataRequest::default(), 12).is_ok() && next.receive().is_some() {
            break;
        }
    }
}

#[test]
fn silent_and_half_open_connections_are_closed_and_working_ones_are_not() {
    let max_idle = Duration::from_millis(300);
    let broker = Broker::start(Config { max_idle, ..Config::default() }).unwrap();
    let mut client = Client::connect(broker.address());
    client.create("t", 1, &[]);
    // Waits for an answer for longer than a silent connection may live.
    let mut polling = Client::connect(broker.address());
    polling.send(&fetch("t", 0, 0, 1500), 12).unwrap();
    let silent = TcpStream::connect(broker.address()).unwrap();
    let mut half = TcpStream::connect(broker.address()).unwrap();
    half.write_all(&[0, 0, 1, 0, 0]).unwrap();
    assert_eq!(until_closed(&silent) + until_closed(&half), 0);
    assert!(polling.response::<m::FetchRequest>(12).is_some());
}

#[test]
fn a_client_that_takes_no_answers_is_cut_off_with_bounded_memory() {
    let write_stall = Duration::from_millis(300);
    let broker = Broker::start(Config { write_stall, ..Config::default() }).unwrap();
    let mut client = Client::connect(broker.address());
    client.create("t", 1, &[]);
    let value = "x".repeat(1_000_000);
    for _ in 0..8 {
        client.produce("t", 0, &[&value]);
    }
    let before = peak_memory_kb();
    let mut greedy = Vec::new();
    for _ in 0..4 {
        let stream = TcpStream::connect(broker.address()).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut request = fetch("t", 0, 0, 0);
        request.topics[0].partitions[0].partition_max_bytes = 50 << 20;
        let frame = framed(&encode_request(&request, 12, 1, Some("greedy")));
        // 100 times 8 MB asked for, by each.
        (&stream).write_all(&frame.repeat(100)).unwrap();
        greedy.push(stream);
    }
    for _ in 0..20 {
        client.metadata();
        std::thread::sleep(Duration::from_millis(50));
    }
    for stream in &greedy {
        // Some may sit in the sockets' buffers; the connection is gone all the same.
        until_closed(stream);
    }
    assert!(peak_memory_kb() < before + 300 * 1024, "3.2 GB asked for");
    client.metadata();
}

//! A Kafka client for tests, as thin as it can be: frames over TCP.
#![allow(dead_code, unreachable_pub)] // Each test binary uses a part of it, as a module of its own.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use ottla::protocol::{Frames, Request, decode_response, encode_request, messages as m};
use ottla::record::{BatchBuilder, BatchOptions, Record};

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to a broker.
pub struct Client {
    pub stream: TcpStream,
    frames: Frames,
    correlation_id: i32,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).expect("the broker listens");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream, frames: Frames::new(1 << 30), correlation_id: 0 }
    }

    /// Sends a request; gives its correlation id.
    pub fn send<R: Request>(&mut self, request: &R, version: i16) -> std::io::Result<i32> {
        self.correlation_id += 1;
        let frame = encode_request(request, version, self.correlation_id, Some("test"));
        self.stream.write_all(&framed(&frame))?;
        Ok(self.correlation_id)
    }

    /// The next frame, or `None` where the broker has closed the connection.
    pub fn receive(&mut self) -> Option<Bytes> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            if let Some(frame) = self.frames.next_frame().expect("the broker sends frames") {
                return Some(frame);
            }
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(count) => self.frames.push(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("no answer: {error}"),
            }
        }
    }

    pub fn response<R: Request>(&mut self, version: i16) -> Option<(i32, R::Response)> {
        Some(decode_response(self.receive()?, version).expect("a response of this API"))
    }

    pub fn call<R: Request>(&mut self, request: &R, version: i16) -> R::Response {
        let sent = self.send(request, version).expect("the broker reads");
        let (id, response) = self.response::<R>(version).expect("the broker answers");
        assert_eq!(id, sent, "answers come in order");
        response
    }

    pub fn create(&mut self, name: &str, partitions: i32, configs: &[(&str, &str)]) {
        let config = |(name, value): &(&str, &str)| m::CreatableTopicConfig {
            name: name.to_string(),
            value: Some(value.to_string()),
        };
        let topic = m::CreatableTopic {
            name: name.into(),
            num_partitions: partitions,
            replication_factor: 1,
            configs: configs.iter().map(config).collect(),
            ..Default::default()
        };
        let request = m::CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        assert_eq!(self.call(&request, 7).topics[0].error_code, 0, "create {name}");
    }

    /// Produces, and gives the base offset.
    pub fn produce(&mut self, topic: &str, partition: i32, values: &[&str]) -> i64 {
        let request = produce(topic, partition, batch(values));
        let answer = self.call(&request, 9).responses.remove(0).partition_responses.remove(0);
        assert_eq!(answer.error_code, 0, "{:?}", answer.error_message);
        answer.base_offset
    }

    pub fn metadata(&mut self) -> m::MetadataResponse {
        self.call(&m::MetadataRequest::default(), 12)
    }

    /// The values of a partition's records from `offset` on, as a consumer would read them. The
    /// offsets must follow one another without a gap.
    pub fn read_all(&mut self, topic: &str, partition: i32, offset: i64) -> Vec<String> {
        let (data, records) = self.records(topic, partition, offset);
        assert_eq!(offset + records.len() as i64, data.high_watermark, "all is read");
        let values = records.into_iter().zip(offset..).map(|(record, due)| {
            assert_eq!(record.offset, due, "no gap in {topic}-{partition}");
            String::from_utf8(record.value.expect("a value").to_vec()).expect("text")
        });
        values.collect()
    }

    /// A partition's records from `offset` on, and what was said with the last of them.
    pub fn records(
        &mut self,
        topic: &str,
        partition: i32,
        mut offset: i64,
    ) -> (m::FetchPartitionData, Vec<Record>) {
        let mut records = Vec::new();
        loop {
            let request = fetch(topic, partition, offset, 0);
            let mut data = self.call(&request, 12).responses.remove(0).partitions.remove(0);
            assert_eq!(data.error_code, 0, "fetch of {topic}-{partition} at {offset}");
            let bytes = data.records.take().unwrap_or_default();
            if bytes.is_empty() {
                assert_eq!(offset, data.high_watermark, "all of {topic}-{partition} is read");
                return (data, records);
            }
            for batch in ottla::record::batches(bytes) {
                let batch = batch.expect("a whole batch");
                batch.verify().expect("its checksum holds");
                let found = batch.records(usize::MAX).expect("its records");
                records.extend(found.into_iter().filter(|record| record.offset >= offset));
                offset = batch.header.next_offset();
            }
        }
    }
}

/// A frame with its length before it.
pub fn framed(frame: &[u8]) -> Vec<u8> {
    let mut bytes = (frame.len() as i32).to_be_bytes().to_vec();
    bytes.extend_from_slice(frame);
    bytes
}

pub fn batch(values: &[&str]) -> Bytes {
    batch_with(values, &BatchOptions::default())
}

pub fn batch_with(values: &[&str], options: &BatchOptions) -> Bytes {
    // Now, for what is older than retention.ms would soon be gone.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock past 1970");
    let now_ms = now.as_millis() as i64;
    let mut builder = BatchBuilder::new();
    for (at, value) in (0..).zip(values) {
        builder.append(now_ms + at, Some(b"key"), Some(value.as_bytes()), &[]);
    }
    builder.finish(options).expect("a batch")
}

pub fn produce(topic: &str, partition: i32, batch: Bytes) -> m::ProduceRequest {
    let data = m::PartitionProduceData { index: partition, records: Some(batch) };
    let topic = m::TopicProduceData {
        name: topic.into(),
        partition_data: vec![data],
        ..Default::default()
    };
    m::ProduceRequest { acks: -1, timeout_ms: 1000, topic_data: vec![topic], ..Default::default() }
}

pub fn fetch(topic: &str, partition: i32, fetch_offset: i64, max_wait_ms: i32) -> m::FetchRequest {
    let partition_max_bytes = 1 << 20;
    let asked =
        m::FetchPartition { partition, fetch_offset, partition_max_bytes, ..Default::default() };
    let topic =
        m::FetchTopic { topic: topic.into(), partitions: vec![asked], ..Default::default() };
    m::FetchRequest {
        replica_id: -1,
        max_wait_ms,
        min_bytes: 1,
        max_bytes: 50 << 20,
        session_epoch: -1,
        topics: vec![topic],
        ..Default::default()
    }
}

/// Random numbers that a seed repeats (xorshift64*).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

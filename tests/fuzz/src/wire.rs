//! A client of the native broker that asks one thing at a time.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use ottla::protocol::{Request, decode_response, encode_request, messages as m};
use ottla::record::{BatchBuilder, BatchOptions, batches};

pub struct Wire(TcpStream);

impl Wire {
    pub fn connect(address: SocketAddr) -> Wire {
        let stream = TcpStream::connect(address).expect("the broker listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        Wire(stream)
    }

    fn ask<R: Request>(&mut self, request: &R, version: i16) -> R::Response {
        let frame = encode_request(request, version, 1, Some("fuzz"));
        let mut bytes = (frame.len() as u32).to_be_bytes().to_vec();
        bytes.extend(frame);
        self.0.write_all(&bytes).expect("the broker reads");
        let mut length = [0; 4];
        self.0.read_exact(&mut length).expect("the broker answers");
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut frame).expect("the broker answers");
        decode_response::<R::Response>(frame.into(), version).expect("a response of this API").1
    }

    pub fn metadata(&mut self) {
        let metadata = self.ask(&m::MetadataRequest::default(), 12);
        assert_eq!(metadata.brokers.len(), 1);
    }

    pub fn create(&mut self, name: &str, num_partitions: i32) {
        let name = name.to_owned();
        let topic =
            m::CreatableTopic { name, num_partitions, replication_factor: 1, ..Default::default() };
        let request = m::CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        assert_eq!(self.ask(&request, 7).topics[0].error_code, 0);
    }

    /// It may be refused.
    pub fn produce(&mut self, topic: &str) {
        let mut batch = BatchBuilder::new();
        batch.append(1_700_000_000_000, Some(b"key"), Some(&[b'v'; 50]), &[]);
        let records = Some(batch.finish(&BatchOptions::default()).expect("a batch"));
        let topic = m::TopicProduceData {
            name: topic.to_owned(),
            partition_data: vec![m::PartitionProduceData { index: 0, records }],
            ..Default::default()
        };
        let request = m::ProduceRequest { acks: -1, topic_data: vec![topic], ..Default::default() };
        self.ask(&request, 9);
    }

    /// Reads what can be read.
    pub fn read(&mut self, topic: &str, partition: i32) {
        let mut offset = 0;
        for _ in 0..60 {
            let partition_max_bytes = 10_000;
            let fetch_offset = offset;
            let asked = m::FetchPartition {
                partition,
                fetch_offset,
                partition_max_bytes,
                ..Default::default()
            };
            let topic = m::FetchTopic {
                topic: topic.to_owned(),
                partitions: vec![asked],
                ..Default::default()
            };
            let request = m::FetchRequest {
                session_epoch: -1,
                max_bytes: 10_000,
                topics: vec![topic],
                ..Default::default()
            };
            let data = self.ask(&request, 12).responses.remove(0).partitions.remove(0);
            let records: Bytes = data.records.unwrap_or_default();
            offset = match batches(records).flatten().last() {
                Some(batch) => batch.header.next_offset().max(offset + 1),
                None if data.error_code == 0 => return,
                None => offset + 1,
            };
        }
    }
}

//! What is measured: requests through `Broker::handle`, from the frame to the answer, with a storage
//! that does nothing.

use std::hint::black_box;

use bytes::Bytes;
use ottla::protocol::decode_response;
use ottla::protocol::messages::{FetchResponse, ProduceResponse};

use crate::broker::{FETCH_VERSION, Host, PRODUCE_VERSION, batch, fetch, produce};

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) records_per_request: u64,
    /// How many requests the shorter run makes.
    pub(crate) requests: u64,
    pub(crate) run: fn(u64),
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "produce, 100 records in a batch",
        records_per_request: 100,
        requests: 300,
        run: |requests| produced(batch(100), requests),
    },
    Scenario {
        name: "produce, 1 record in a batch",
        records_per_request: 1,
        requests: 1_000,
        run: |requests| produced(batch(1), requests),
    },
    Scenario {
        name: "fetch, 100 batches of 100 records",
        records_per_request: 10_000,
        requests: 50,
        run: |requests| fetched(batch(100), 100, 100, requests),
    },
    Scenario {
        name: "fetch, 1 batch of 100 records",
        records_per_request: 100,
        requests: 500,
        run: |requests| fetched(batch(100), 100, 1, requests),
    },
    Scenario {
        name: "fetch, 100 batches of 1 record",
        records_per_request: 100,
        requests: 500,
        run: |requests| fetched(batch(1), 100, 100, requests),
    },
    Scenario {
        name: "fetch, 1 batch of 1 record",
        records_per_request: 1,
        requests: 500,
        run: |requests| fetched(batch(1), 100, 1, requests),
    },
];

fn produced(records: Bytes, requests: u64) {
    let mut host = Host::new(None);
    let request = produce(records);
    let answer = host.request(request.clone());
    let (_, answer) = decode_response::<ProduceResponse>(answer, PRODUCE_VERSION).expect("whole");
    assert_eq!(answer.responses[0].partition_responses[0].error_code, 0);
    for _ in 0..requests {
        black_box(host.request(request.clone()));
    }
}

/// Fetches the first `wanted` of a log's batches, all of which are in memory.
fn fetched(records: Bytes, batches: usize, wanted: usize, requests: u64) {
    let mut host = Host::new(None);
    let bytes = wanted * records.len();
    for _ in 0..batches {
        host.request(produce(records.clone()));
    }
    let request = fetch(bytes as i32);
    let answer = host.request(request.clone());
    let (_, answer) = decode_response::<FetchResponse>(answer, FETCH_VERSION).expect("whole");
    let found = answer.responses[0].partitions[0].records.as_ref().map_or(0, Bytes::len);
    assert_eq!(found, bytes);
    for _ in 0..requests {
        black_box(host.request(request.clone()));
    }
}

//! What a produce and a fetch cost through `Broker::handle`, beside copying the same bytes once and
//! computing their CRC-32C.

#![allow(missing_docs, reason = "criterion's macros")]
#![allow(clippy::expect_used, clippy::panic, reason = "a benchmark that fails should stop")]

mod broker;

use std::hint::black_box;

use broker::{FETCH_VERSION, Host, PRODUCE_VERSION, batch, fetch, produce};
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ottla::protocol::decode_response;
use ottla::protocol::messages::{FetchResponse, ProduceResponse};
use ottla::storage::MemoryStorage;

/// The least that anyone who stores bytes does with them.
fn copy_and_sum(bytes: &[u8]) -> (Vec<u8>, u32) {
    let copy = bytes.to_vec();
    let sum = crc32c::crc32c(&copy);
    (copy, sum)
}

fn bench_produce(criterion: &mut Criterion) {
    let records = batch(250);
    let request = produce(records.clone());
    let mut host = Host::new(None);
    let answer = host.request(request.clone());
    let (_, answer) = decode_response::<ProduceResponse>(answer, PRODUCE_VERSION).expect("whole");
    assert_eq!(answer.responses[0].partition_responses[0].error_code, 0);

    let mut group = criterion.benchmark_group("produce");
    group.throughput(Throughput::Bytes(records.len() as u64));
    group.bench_function("handle", |bencher| {
        bencher.iter(|| black_box(host.request(request.clone())));
    });
    group.bench_function("copy and CRC-32C", |bencher| {
        bencher.iter(|| black_box(copy_and_sum(black_box(&records))));
    });
    group.finish();
}

fn bench_small_produce(criterion: &mut Criterion) {
    let request = produce(batch(1));
    let mut host = Host::new(None);
    let mut group = criterion.benchmark_group("produce of one record");
    group.throughput(Throughput::Elements(1));
    group.bench_function("handle", |bencher| {
        bencher.iter(|| black_box(host.request(request.clone())));
    });
    group.finish();
}

fn bench_fetch(criterion: &mut Criterion) {
    let mut host = Host::new(Some(MemoryStorage::new()));
    let records = batch(250);
    let max_bytes = 1 << 20;
    let mut stored = Vec::new();
    while stored.len() + records.len() <= max_bytes {
        host.request(produce(records.clone()));
        stored.extend_from_slice(&records);
    }
    let request = fetch(max_bytes as i32);
    let answer = host.request(request.clone());
    let (_, answer) = decode_response::<FetchResponse>(answer, FETCH_VERSION).expect("whole");
    let found = answer.responses[0].partitions[0].records.as_ref().map_or(0, Bytes::len);
    assert_eq!(found, stored.len());

    let mut group = criterion.benchmark_group("fetch");
    group.throughput(Throughput::Bytes(stored.len() as u64));
    group.bench_function("handle", |bencher| {
        bencher.iter(|| black_box(host.request(request.clone())));
    });
    group.bench_function("copy and CRC-32C", |bencher| {
        bencher.iter(|| black_box(copy_and_sum(black_box(&stored))));
    });
    group.finish();
}

criterion_group!(benches, bench_produce, bench_small_produce, bench_fetch);
criterion_main!(benches);

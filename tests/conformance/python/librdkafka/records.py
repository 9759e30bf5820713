"""Producing, and consuming by assignment."""

import time

import confluent_kafka
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import OffsetSpec

from conformance import behaviour, payload, plain, see
from librdkafka.cluster import (
    WAIT_S,
    admin,
    consumer,
    contents,
    create,
    dated,
    drain,
    produce,
    read,
    result_of,
)


def see_produced(bootstrap, codec):
    for acks in ["0", "1", "all"]:
        topic = create(bootstrap, f"librdkafka-{codec}-{acks}")
        records = [{"key": b"key", "value": payload(at, 300)} for at in range(50)]
        config = {"acks": acks, "compression.type": codec}
        where = produce(bootstrap, topic, records, **config)
        see(f"acks={acks}", where)
        see(f"acks={acks}, read", contents(read(bootstrap, topic, 50)))


@behaviour("produce uncompressed, acks 0, 1, all")
def _(bootstrap):
    see_produced(bootstrap, "none")


@behaviour("produce gzip, acks 0, 1, all")
def _(bootstrap):
    see_produced(bootstrap, "gzip")


@behaviour("produce snappy, acks 0, 1, all")
def _(bootstrap):
    see_produced(bootstrap, "snappy")


@behaviour("produce lz4, acks 0, 1, all")
def _(bootstrap):
    see_produced(bootstrap, "lz4")


@behaviour("produce zstd, acks 0, 1, all")
def _(bootstrap):
    see_produced(bootstrap, "zstd")


@behaviour("produce idempotently")
def _(bootstrap):
    topic = create(bootstrap, "librdkafka-idempotent", 2)
    records = [{"value": payload(at), "partition": at % 2} for at in range(2000)]
    where = produce(bootstrap, topic, records, **{"enable.idempotence": True, "batch.num.messages": 50})
    see("delivered", sorted(where) == [[at // 1000, at % 1000] for at in range(2000)])
    see("read", contents(read(bootstrap, topic, 1000, partition=1))[-3:])


@behaviour("headers")
def _(bootstrap):
    topic = create(bootstrap, "librdkafka-headers")
    headers = [("a", b"1"), ("a", b"2"), ("empty", b""), ("null", None), ("ü", b"\x00\xff")]
    produce(bootstrap, topic, [{"value": b"with", "headers": headers}, {"value": b"without"}])
    see("read", [plain(message.headers()) for message in read(bootstrap, topic, 2)])


@behaviour("null keys and values")
def _(bootstrap):
    topic = create(bootstrap, "librdkafka-nulls")
    records = [{"key": key, "value": value} for key in (None, b"", b"k") for value in (None, b"", b"v")]
    see("delivered", produce(bootstrap, topic, records))
    see("read", contents(read(bootstrap, topic, 9)))


@behaviour("large batches")
def _(bootstrap):
    topic = create(bootstrap, "librdkafka-large", 1, {"max.message.bytes": "8388608"})
    config = {"batch.size": 4_000_000, "message.max.bytes": 8_000_000, "linger.ms": 300}
    where = produce(bootstrap, topic, [{"value": payload(at, 1000)} for at in range(5000)], **config)
    see("delivered", where[-1])
    see("large record", produce(bootstrap, topic, [{"value": payload(1, 5_000_000)}], **config))
    small = {"fetch.message.max.bytes": 1000, "fetch.max.bytes": 1000, "message.max.bytes": 1000}
    see("read", contents(read(bootstrap, topic, 5001, **small))[-2:])


@behaviour("timestamps")
def _(bootstrap):
    topic = create(bootstrap, "librdkafka-created")
    produce(bootstrap, topic, [{"value": b"v", "timestamp": 1_600_000_000_000}])
    see("created", read(bootstrap, topic, 1)[0].timestamp())
    topic = create(bootstrap, "librdkafka-appended", 1, {"message.timestamp.type": "LogAppendTime"})
    produce(bootstrap, topic, [{"value": b"v", "timestamp": 1_600_000_000_000}])
    kind, at = read(bootstrap, topic, 1)[0].timestamp()
    see("appended", [kind, abs(at - time.time() * 1000) < 60_000])
    topic = create(bootstrap, "librdkafka-dated", 1, {"message.timestamp.before.max.ms": "1000"})
    see("too old", produce(bootstrap, topic, [{"value": b"v", "timestamp": 1_600_000_000_000}]))
    ahead = int(time.time() * 1000) + 7_200_000
    see("too new", produce(bootstrap, topic, [{"value": b"v", "timestamp": ahead}]))


@behaviour("consume from the beginning")
def _(bootstrap):
    topic = create(bootstrap, "librdkafka-beginning", 3)
    records = [{"value": payload(at), "partition": at % 3} for at in range(30)]
    produce(bootstrap, topic, records)
    reading = consumer(bootstrap, **{"enable.partition.eof": False})
    reading.assign([TopicPartition(topic, at, confluent_kafka.OFFSET_BEGINNING) for at in range(3)])
    found = drain(reading, 30)
    reading.close()
    see("read", sorted([entry.partition(), entry.offset(), plain(entry.value())] for entry in found))


@behaviour("consume from an offset")
def _(bootstrap):
    topic = dated(bootstrap, "librdkafka-offset")
    see("from 7", contents(read(bootstrap, topic, 3, 7)))
    ends = read(bootstrap, topic, 1, 10, **{"enable.partition.eof": True})
    see("from the end", contents(ends))


@behaviour("consume from a timestamp")
def _(bootstrap):
    topic = dated(bootstrap, "librdkafka-dates")
    reading = consumer(bootstrap)

    def at(timestamp):
        return reading.offsets_for_times([TopicPartition(topic, 0, timestamp)], WAIT_S)[0].offset

    see("between", at(1_600_000_002_500))
    see("exact", at(1_600_000_006_000))
    see("before all", at(0))
    see("after all", at(1_700_000_000_000))
    reading.assign([TopicPartition(topic, 0, at(1_600_000_006_500))])
    see("read", contents(drain(reading, 3)))
    reading.close()


@behaviour("look up offsets")
def _(bootstrap):
    topic = dated(bootstrap, "librdkafka-lookups")
    for name, spec in {
        "earliest": OffsetSpec.earliest(),
        "latest": OffsetSpec.latest(),
        "largest timestamp": OffsetSpec.max_timestamp(),
        "by timestamp": OffsetSpec.for_timestamp(1_600_000_003_500),
    }.items():
        found = result_of(admin(bootstrap).list_offsets({TopicPartition(topic, 0): spec}))
        see(name, [found.offset, found.timestamp, found.leader_epoch])
    unknown = {TopicPartition("librdkafka-unknown", 0): OffsetSpec.latest()}
    see("unknown", result_of(admin(bootstrap).list_offsets(unknown)))


@behaviour("transactions")
def _(bootstrap):
    topic = create(bootstrap, "librdkafka-transactions")
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": topic})
    producer.init_transactions(5)
    for value, end in [(b"kept", producer.commit_transaction), (b"dropped", producer.abort_transaction)]:
        producer.begin_transaction()
        producer.produce(topic, value)
        producer.flush(WAIT_S)
        end(WAIT_S)
    produce(bootstrap, topic, [{"value": b"after"}])
    see("committed", contents(read(bootstrap, topic, 2)))
    see("all", contents(read(bootstrap, topic, 3, **{"isolation.level": "read_uncommitted"})))

"""kafka-python."""

import functools
import time

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import ConfigResource, OffsetSpec
from kafka.errors import KafkaError

from conformance import behaviour, check, payload, plain, run, see, settle_configs

WAIT_S = 20


@functools.cache
def admin(bootstrap):
    return KafkaAdminClient(bootstrap_servers=bootstrap)


def outcome(call):
    """What a call gives, or the name of its error."""
    try:
        return call()
    except KafkaError as error:
        return type(error).__name__


def create(bootstrap, topic, partitions=1, config=None):
    wanted = {"num_partitions": partitions, "replication_factor": 1, "configs": config or {}}
    admin(bootstrap).create_topics({topic: wanted})
    await_topic(bootstrap, topic, partitions)
    return topic


def await_topic(bootstrap, topic, partitions=1):
    """Kafka tells of a topic a moment after it was created."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        found = outcome(lambda: admin(bootstrap).describe_topics([topic]))
        if not isinstance(found, str) and len(found[0]["partitions"]) == partitions:
            return
        time.sleep(0.05)
    raise AssertionError(f"{topic} does not appear")


def produce(bootstrap, topic, records, **config):
    """Produces; returns where each record went, or the name of its error."""
    where = []
    producer = KafkaProducer(bootstrap_servers=bootstrap, linger_ms=20, max_block_ms=3000, **config)
    futures = [producer.send(topic, **record) for record in records]
    producer.flush(WAIT_S)
    for future in futures:
        where.append(outcome(lambda: [future.get(WAIT_S).partition, future.get().offset]))
    producer.close()
    return where


def consumer(bootstrap, **config):
    defaults = {"auto_offset_reset": "earliest", "enable_auto_commit": False}
    return KafkaConsumer(bootstrap_servers=bootstrap, **{**defaults, **config})


def drain(reading, count):
    found = []
    deadline = time.monotonic() + WAIT_S
    while len(found) < count and time.monotonic() < deadline:
        for records in reading.poll(200).values():
            found += records
    return found


def read(bootstrap, topic, count, offset=0, partition=0, **config):
    reading = consumer(bootstrap, **config)
    place = TopicPartition(topic, partition)
    reading.assign([place])
    reading.seek(place, offset)
    try:
        return drain(reading, count)
    finally:
        reading.close(autocommit=False)


def contents(records):
    return [[it.partition, it.offset, plain(it.key), plain(it.value)] for it in records]


@behaviour("create topics")
def _(bootstrap):
    create(bootstrap, "kpy-create", 3, {"retention.ms": "3600000"})
    create(bootstrap, "kpy-default", 1)
    listed = [it if isinstance(it, str) else it["name"] for it in admin(bootstrap).list_topics()]
    see("listed", sorted(it for it in listed if it.startswith("kpy-")))


@behaviour("describe topics")
def _(bootstrap):
    create(bootstrap, "kpy-describe", 3)
    (topic,) = admin(bootstrap).describe_topics(["kpy-describe"])
    topic.pop("topic_id", None)
    topic["partitions"].sort(key=lambda it: it["partition_index"])
    see("described", topic)
    found = admin(bootstrap).describe_topic_partitions(["kpy-describe"])
    see("by DescribeTopicPartitions", len(str(found)) > 0)


@behaviour("describe the cluster")
def _(bootstrap):
    cluster = admin(bootstrap).describe_cluster()
    see("keys", sorted(cluster))
    see("controller", cluster["controller_id"])


@behaviour("add partitions")
def _(bootstrap):
    topic = create(bootstrap, "kpy-grow")
    for count in (4, 2, 4):
        see(f"to {count}", type(outcome(lambda: admin(bootstrap).create_partitions({topic: count}))).__name__)
    await_topic(bootstrap, topic, 4)


@behaviour("delete topics")
def _(bootstrap):
    topic = create(bootstrap, "kpy-delete")
    outcome(lambda: admin(bootstrap).delete_topics([topic]))
    see("again", outcome(lambda: admin(bootstrap).delete_topics([topic])))


@behaviour("delete records")
def _(bootstrap):
    topic = create(bootstrap, "kpy-delete-records")
    produce(bootstrap, topic, [{"value": payload(at)} for at in range(10)])
    for before in (4, 2, 99, -1):
        asked = {TopicPartition(topic, 0): before}
        see(f"before {before}", str(outcome(lambda: admin(bootstrap).delete_records(asked))))


def see_configs(bootstrap, topic):
    asked = [ConfigResource("TOPIC", topic)]
    found = admin(bootstrap).describe_configs(asked, include_synonyms=True, config_filter="all")
    for resources in found.values():
        for name, entry in sorted(resources[topic].items()):
            see(name, entry)


@behaviour("describe configs")
def _(bootstrap):
    see_configs(bootstrap, create(bootstrap, "kpy-configs", 1, {"retention.ms": "60000"}))


@behaviour("alter configs")
def _(bootstrap):
    topic = create(bootstrap, "kpy-alter", 1, {"max.message.bytes": "5000"})
    for change in ({"retention.ms": "1000"}, {"cleanup.policy": ("APPEND", "compact")}, {"max.message.bytes": ("DELETE", None)}):
        asked = [ConfigResource("TOPIC", topic, change)]
        see(str(change), str(outcome(lambda: admin(bootstrap).alter_configs(asked))))
    settle_configs()
    see_configs(bootstrap, topic)


def see_produced(bootstrap, codec):
    for acks in (0, 1, "all"):
        topic = create(bootstrap, f"kpy-{codec}-{acks}")
        records = [{"key": b"key", "value": payload(at, 300)} for at in range(50)]
        config = {"acks": acks, "compression_type": codec, "enable_idempotence": False}
        where = produce(bootstrap, topic, records, **config)
        # Without an answer, the client counts within a batch, and it makes batches by time.
        see(f"acks={acks}", [place[:1] for place in where] if acks == 0 else where)
        see(f"acks={acks}, read", contents(read(bootstrap, topic, 50)))


@behaviour("produce uncompressed, acks 0, 1, all")
def _(bootstrap):
    see_produced(bootstrap, None)


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
    topic = create(bootstrap, "kpy-idempotent")
    records = [{"value": payload(at)} for at in range(500)]
    see("delivered", produce(bootstrap, topic, records, enable_idempotence=True, batch_size=1000))
    see("read", contents(read(bootstrap, topic, 500))[-2:])


@behaviour("headers")
def _(bootstrap):
    topic = create(bootstrap, "kpy-headers")
    headers = [("a", b"1"), ("a", b"2"), ("empty", b"")]
    produce(bootstrap, topic, [{"value": b"with", "headers": headers}, {"value": b"without"}])
    see("read", [plain(it.headers) for it in read(bootstrap, topic, 2)])


@behaviour("null keys and values")
def _(bootstrap):
    topic = create(bootstrap, "kpy-nulls")
    pairs = [(key, value) for key in (None, b"", b"k") for value in (None, b"", b"v")]
    produce(bootstrap, topic, [{"key": key, "value": value} for key, value in pairs if (key, value) != (None, None)])
    see("read", contents(read(bootstrap, topic, 8)))


@behaviour("large batches")
def _(bootstrap):
    topic = create(bootstrap, "kpy-large", 1, {"max.message.bytes": "8388608"})
    config = {"batch_size": 2_000_000, "max_request_size": 8_000_000}
    see("delivered", produce(bootstrap, topic, [{"value": payload(at, 1000)} for at in range(3000)], **config)[-1])
    see("large record", produce(bootstrap, topic, [{"value": payload(1, 5_000_000)}], **config))
    see("read", contents(read(bootstrap, topic, 3001, max_partition_fetch_bytes=1000))[-2:])


@behaviour("timestamps")
def _(bootstrap):
    topic = create(bootstrap, "kpy-created")
    produce(bootstrap, topic, [{"value": b"v", "timestamp_ms": 1_600_000_000_000}])
    (record,) = read(bootstrap, topic, 1)
    see("created", [record.timestamp, record.timestamp_type])
    topic = create(bootstrap, "kpy-appended", 1, {"message.timestamp.type": "LogAppendTime"})
    produce(bootstrap, topic, [{"value": b"v", "timestamp_ms": 1_600_000_000_000}])
    (record,) = read(bootstrap, topic, 1)
    see("appended", [record.timestamp > 1_700_000_000_000, record.timestamp_type])


def dated(bootstrap, topic):
    create(bootstrap, topic)
    for batch in (range(5), range(5, 10)):
        produce(bootstrap, topic, [{"value": payload(at), "timestamp_ms": 1_600_000_000_000 + at * 1000} for at in batch])
    return topic


def filled(bootstrap, topic, partitions=4):
    create(bootstrap, topic, partitions)
    records = [{"value": payload(at), "partition": at % partitions} for at in range(partitions * 5)]
    produce(bootstrap, topic, records)
    return topic


@behaviour("consume from the beginning")
def _(bootstrap):
    topic = filled(bootstrap, "kpy-beginning", 3)
    reading = consumer(bootstrap)
    places = [TopicPartition(topic, at) for at in range(3)]
    reading.assign(places)
    reading.seek_to_beginning(*places)
    see("read", sorted(contents(drain(reading, 15))))
    reading.close()


@behaviour("consume from an offset")
def _(bootstrap):
    see("from 7", contents(read(bootstrap, dated(bootstrap, "kpy-offset"), 3, 7)))


@behaviour("consume from a timestamp")
def _(bootstrap):
    place = TopicPartition(dated(bootstrap, "kpy-dates"), 0)
    reading = consumer(bootstrap)
    for at in (1_600_000_002_500, 1_600_000_006_000, 0, 1_700_000_000_000):
        found = reading.offsets_for_times({place: at})[place]
        see(f"at {at}", found and [found.offset, found.timestamp])
    reading.close()


@behaviour("look up offsets")
def _(bootstrap):
    place = TopicPartition(dated(bootstrap, "kpy-lookups"), 0)
    reading = consumer(bootstrap)
    see("beginning and end", [reading.beginning_offsets([place])[place], reading.end_offsets([place])[place]])
    reading.close()
    for spec in (OffsetSpec.EARLIEST, OffsetSpec.LATEST, OffsetSpec.MAX_TIMESTAMP):
        see(spec.name, str(outcome(lambda: admin(bootstrap).list_partition_offsets({place: spec}))))


class Member:
    def __init__(self, bootstrap, group, topic, **config):
        timing = {"session_timeout_ms": 10_000, "heartbeat_interval_ms": 300}
        self.consumer = consumer(bootstrap, group_id=group, **{**timing, **config})
        self.consumer.subscribe([topic])
        self.found = []

    def assigned(self):
        return sorted(it.partition for it in self.consumer.assignment())


def settle(members, each):
    deadline = time.monotonic() + WAIT_S * 2
    while any(len(member.assigned()) != each for member in members):
        check(time.monotonic() < deadline, f"assigned {[member.assigned() for member in members]}")
        for member in members:
            # A shorter poll ends within the join, and this client may then lose its assignment.
            member.consumer.poll(500)


@behaviour("group: two members share partitions")
def _(bootstrap):
    topic = filled(bootstrap, "kpy-shared")
    members = [Member(bootstrap, topic, topic)]
    settle(members, 4)
    members.append(Member(bootstrap, topic, topic))
    settle(members, 2)
    see("together", sorted(sum((member.assigned() for member in members), [])))
    for member in members:
        member.consumer.close()


@behaviour("group: commit and resume")
def _(bootstrap):
    topic = filled(bootstrap, "kpy-resumed", 1)
    place = TopicPartition(topic, 0)
    member = Member(bootstrap, topic, topic)
    see("first", contents(drain(member.consumer, 5)))
    member.consumer.commit({place: OffsetAndMetadata(3, "so far", -1)})
    member.consumer.close(autocommit=False)
    member = Member(bootstrap, topic, topic)
    see("then", contents(drain(member.consumer, 2)))
    see("committed", member.consumer.committed(place))
    member.consumer.close(autocommit=False)


@behaviour("group: a member leaves")
def _(bootstrap):
    topic = filled(bootstrap, "kpy-left")
    members = [Member(bootstrap, topic, topic) for _ in range(2)]
    settle(members, 2)
    members[0].consumer.close()
    settle(members[1:], 4)
    members[1].consumer.close()


def described(bootstrap, group):
    found = outcome(lambda: admin(bootstrap).describe_groups([group]))
    if isinstance(found, str):
        return found
    group = found[group]
    keys = ("error_code", "group_state", "protocol_type", "protocol_data")
    members = [[it.get("group_instance_id"), it.get("client_host")] for it in group.get("members", [])]
    return [[group.get(key) for key in keys], members]


@behaviour("group: describe and list")
def _(bootstrap):
    topic = filled(bootstrap, "kpy-described")
    member = Member(bootstrap, topic, topic)
    settle([member], 4)
    see("with a member", described(bootstrap, topic))
    member.consumer.close()
    see("empty", described(bootstrap, topic))
    see("never used", described(bootstrap, "kpy-never"))
    listed = [it for it in admin(bootstrap).list_groups() if it["group_id"] == topic]
    see("listed", listed)


@behaviour("group: reset offsets")
def _(bootstrap):
    topic = filled(bootstrap, "kpy-reset", 1)
    place = TopicPartition(topic, 0)
    see("never used", str(outcome(lambda: admin(bootstrap).list_group_offsets({topic: None}))))
    altered = outcome(lambda: admin(bootstrap).alter_group_offsets(topic, {place: OffsetAndMetadata(2, "", -1)}))
    see("altered", str(altered))
    see("committed", str(outcome(lambda: admin(bootstrap).list_group_offsets({topic: [place]}))))
    see("reset", str(outcome(lambda: admin(bootstrap).reset_group_offsets(topic, {place: OffsetSpec.LATEST}))))
    see("then", str(outcome(lambda: admin(bootstrap).list_group_offsets({topic: [place]}))))


@behaviour("group: delete")
def _(bootstrap):
    topic = filled(bootstrap, "kpy-deleted", 1)
    member = Member(bootstrap, topic, topic)
    settle([member], 1)
    see("with a member", str(outcome(lambda: admin(bootstrap).delete_groups([topic]))))
    member.consumer.close()
    see("empty", str(outcome(lambda: admin(bootstrap).delete_groups([topic]))))
    see("again", str(outcome(lambda: admin(bootstrap).delete_groups([topic]))))


@behaviour("transactions")
def _(bootstrap):
    topic = create(bootstrap, "kpy-transactions")
    producer = KafkaProducer(bootstrap_servers=bootstrap, transactional_id=topic, max_block_ms=10_000)
    producer.init_transactions()
    for value, end in ((b"kept", producer.commit_transaction), (b"dropped", producer.abort_transaction)):
        producer.begin_transaction()
        producer.send(topic, value)
        producer.flush(WAIT_S)
        end()
    producer.close()
    produce(bootstrap, topic, [{"value": b"after"}])
    see("committed", contents(read(bootstrap, topic, 2, isolation_level="read_committed")))


@behaviour("error: unknown topic")
def _(bootstrap):
    see("delete", outcome(lambda: admin(bootstrap).delete_topics(["kpy-unknown"])))
    see("grow", outcome(lambda: admin(bootstrap).create_partitions({"kpy-unknown": 2})))


def creation(bootstrap, topic, **wanted):
    wanted = {"num_partitions": 1, "replication_factor": 1, **wanted}
    found = outcome(lambda: admin(bootstrap).create_topics({topic: wanted}))
    return found if isinstance(found, str) else "created"


@behaviour("error: invalid topic name")
def _(bootstrap):
    for name in ("with space", "..", "a" * 250):
        see(name[:20], creation(bootstrap, name))


@behaviour("error: topic exists")
def _(bootstrap):
    see("again", creation(bootstrap, create(bootstrap, "kpy-exists")))


@behaviour("error: bad number of partitions or replicas")
def _(bootstrap):
    see("no partitions", creation(bootstrap, "kpy-bad", num_partitions=0))
    see("three replicas", creation(bootstrap, "kpy-bad", replication_factor=3))


@behaviour("error: bad configuration")
def _(bootstrap):
    for name, value in (("no.such.config", "1"), ("retention.ms", "soon"), ("cleanup.policy", "shred")):
        see(name, creation(bootstrap, "kpy-bad", configs={name: value}))


@behaviour("error: message too large")
def _(bootstrap):
    topic = create(bootstrap, "kpy-small", 1, {"max.message.bytes": "1000"})
    see("too large", produce(bootstrap, topic, [{"value": payload(1, 2000)}]))


@behaviour("error: offset out of range")
def _(bootstrap):
    topic = dated(bootstrap, "kpy-range")
    see("beyond the end", outcome(lambda: contents(read(bootstrap, topic, 1, 50, auto_offset_reset="none"))))
    see("earliest instead", contents(read(bootstrap, topic, 10, 50)))


@behaviour("error: no key in a compacted topic")
def _(bootstrap):
    topic = create(bootstrap, "kpy-compacted", 1, {"cleanup.policy": "compact"})
    see("without", produce(bootstrap, topic, [{"value": b"v"}]))
    see("with", produce(bootstrap, topic, [{"key": b"k", "value": b"v"}]))


if __name__ == "__main__":
    run(f"kafka-python {kafka.__version__}")

"""confluent-kafka, and librdkafka through it."""

import functools
import time

import confluent_kafka
from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from conformance import behaviour, check, payload, plain, run, see, settle_configs

WAIT_S = 20


@functools.cache
def admin(bootstrap):
    """One for all: what it was asked is given up when it goes."""
    return AdminClient({"bootstrap.servers": bootstrap})


def result_of(futures):
    """The one result among the futures, or the name of its error."""
    (future,) = futures.values()
    try:
        return future.result(WAIT_S)
    except KafkaException as error:
        return error.args[0].name()


def create(bootstrap, topic, partitions=1, config=None, replicas=1):
    new = NewTopic(topic, partitions, replicas, config=config or {})
    check(result_of(admin(bootstrap).create_topics([new])) is None, f"{topic} is not created")
    await_topic(bootstrap, topic)
    return topic


def await_topic(bootstrap, topic):
    """Kafka tells of a topic a moment after it was created."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        found = admin(bootstrap).list_topics(topic, timeout=WAIT_S).topics[topic]
        if not found.error and all(it.leader >= 0 for it in found.partitions.values()):
            return len(found.partitions)
        time.sleep(0.05)
    raise AssertionError(f"{topic} does not appear")


def produce(bootstrap, topic, records, **config):
    """Produces; returns where each record went, or the name of its error."""
    where = []

    def delivered(error, message):
        where.append(error.name() if error else [message.partition(), message.offset()])

    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, **config})
    for record in records:
        producer.produce(topic, on_delivery=delivered, **record)
    check(producer.flush(WAIT_S) == 0, "not everything was delivered")
    return where


def consumer(bootstrap, group="unused", **config):
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "allow.auto.create.topics": False,
            "topic.metadata.propagation.max.ms": 1000,
            **config,
        }
    )


def drain(reading, count, wait_s=WAIT_S):
    """Polls until there are `count` records, or an error, or the time is over."""
    found = []
    deadline = time.monotonic() + wait_s
    while len(found) < count and time.monotonic() < deadline:
        message = reading.poll(0.2)
        if message is None:
            continue
        if message.error():
            found.append(message.error().name())
            break
        found.append(message)
    return found


def read(bootstrap, topic, count, offset=0, partition=0, **config):
    reading = consumer(bootstrap, **config)
    reading.assign([TopicPartition(topic, partition, offset)])
    found = drain(reading, count)
    reading.close()
    return found


def contents(messages):
    return [
        entry if isinstance(entry, str) else [entry.offset(), plain(entry.key()), plain(entry.value())]
        for entry in messages
    ]


@behaviour("create topics")
def _(bootstrap):
    new = [
        NewTopic("librdkafka-create", 3, 1, config={"retention.ms": "3600000"}),
        NewTopic("librdkafka-create-default", -1, -1),
    ]
    for topic, future in admin(bootstrap).create_topics(new).items():
        see(topic, future.result(WAIT_S))
    again = NewTopic("librdkafka-validated", 2, 1)
    see("validated", result_of(admin(bootstrap).create_topics([again], validate_only=True)))
    for topic in ["librdkafka-create", "librdkafka-create-default"]:
        await_topic(bootstrap, topic)
    listed = admin(bootstrap).list_topics(timeout=WAIT_S).topics
    see("listed", sorted(topic for topic in listed if topic.startswith("librdkafka-")))


@behaviour("describe topics")
def _(bootstrap):
    create(bootstrap, "librdkafka-describe", 3)
    metadata = admin(bootstrap).list_topics("librdkafka-describe", timeout=WAIT_S)
    topic = metadata.topics["librdkafka-describe"]
    for partition in topic.partitions.values():
        see(f"partition {partition.id}", [partition.leader, partition.replicas, partition.isrs])
    names = confluent_kafka.TopicCollection(["librdkafka-describe"])
    described = result_of(
        admin(bootstrap).describe_topics(names, include_authorized_operations=True)
    )
    see("described", [described.name, described.is_internal, len(described.partitions)])
    see("operations", sorted(it.name for it in described.authorized_operations))


@behaviour("describe the cluster")
def _(bootstrap):
    cluster = admin(bootstrap).describe_cluster(include_authorized_operations=True).result(WAIT_S)
    see("nodes", [node.id for node in cluster.nodes])
    see("controller", cluster.controller.id)
    see("operations", sorted(it.name for it in cluster.authorized_operations))


@behaviour("add partitions")
def _(bootstrap):
    topic = create(bootstrap, "librdkafka-grow", 1)
    see("to 4", result_of(admin(bootstrap).create_partitions([NewPartitions(topic, 4)])))
    see("to 2", result_of(admin(bootstrap).create_partitions([NewPartitions(topic, 2)])))
    see("to 4 again", result_of(admin(bootstrap).create_partitions([NewPartitions(topic, 4)])))
    unknown = NewPartitions("librdkafka-unknown", 2)
    see("unknown", result_of(admin(bootstrap).create_partitions([unknown])))
    while await_topic(bootstrap, topic) < 4:
        time.sleep(0.05)
    see("produced", produce(bootstrap, topic, [{"value": b"there", "partition": 3}]))


@behaviour("delete topics")
def _(bootstrap):
    topic = create(bootstrap, "librdkafka-delete")
    produce(bootstrap, topic, [{"value": b"gone"}])
    see("deleted", result_of(admin(bootstrap).delete_topics([topic])))
    see("again", result_of(admin(bootstrap).delete_topics([topic])))
    see("listed", topic in admin(bootstrap).list_topics(timeout=WAIT_S).topics)
    create(bootstrap, topic)
    see("made anew", produce(bootstrap, topic, [{"value": b"new"}]))


@behaviour("delete records")
def _(bootstrap):
    topic = create(bootstrap, "librdkafka-delete-records")
    produce(bootstrap, topic, [{"value": payload(at)} for at in range(10)])

    def delete(offset):
        asked = admin(bootstrap).delete_records([TopicPartition(topic, 0, offset)])
        deleted = result_of(asked)
        return deleted if isinstance(deleted, str) else deleted.low_watermark

    see("before 4", delete(4))
    see("before 2", delete(2))
    see("beyond the end", delete(99))
    see("read", contents(read(bootstrap, topic, 6, 4)))
    see("all", delete(confluent_kafka.OFFSET_END))
    reading = consumer(bootstrap)
    see("watermarks", reading.get_watermark_offsets(TopicPartition(topic, 0), WAIT_S))
    reading.close()


def see_configs(bootstrap, resource):
    for name, entry in sorted(result_of(admin(bootstrap).describe_configs([resource])).items()):
        synonyms = [
            [synonym.name, synonym.value, synonym.source] for synonym in entry.synonyms.values()
        ]
        value = [entry.value, entry.source, entry.is_read_only, entry.is_sensitive]
        see(name, {"value": value, "is_default": entry.is_default, "synonyms": synonyms})


@behaviour("describe configs")
def _(bootstrap):
    create(bootstrap, "librdkafka-configs", 1, {"retention.ms": "60000"})
    see_configs(bootstrap, ConfigResource(ResourceType.TOPIC, "librdkafka-configs"))
    unknown = ConfigResource(ResourceType.TOPIC, "librdkafka-unknown")
    see("unknown topic", result_of(admin(bootstrap).describe_configs([unknown])))


@behaviour("alter configs")
def _(bootstrap):
    topic = create(bootstrap, "librdkafka-alter", 1, {"max.message.bytes": "5000"})

    def alter(name, value, operation):
        entry = ConfigEntry(name, value, incremental_operation=operation)
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
        return result_of(admin(bootstrap).incremental_alter_configs([resource]))

    see("set", alter("retention.ms", "1000", AlterConfigOpType.SET))
    see("append", alter("cleanup.policy", "compact", AlterConfigOpType.APPEND))
    see("subtract", alter("cleanup.policy", "delete", AlterConfigOpType.SUBTRACT))
    see("delete", alter("max.message.bytes", None, AlterConfigOpType.DELETE))
    see("append to no list", alter("retention.ms", "1", AlterConfigOpType.APPEND))
    settle_configs()
    see_configs(bootstrap, ConfigResource(ResourceType.TOPIC, topic))


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


def dated(bootstrap, topic):
    """Ten records in two batches, a second apart."""
    create(bootstrap, topic)
    for batch in (range(5), range(5, 10)):
        records = [{"value": payload(at), "timestamp": 1_600_000_000_000 + at * 1000} for at in batch]
        produce(bootstrap, topic, records)
    return topic


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


# ---- Groups


class Member:
    """A consumer that subscribes."""

    def __init__(self, bootstrap, group, topic, protocol="classic", **config):
        self.assigned = []
        if protocol == "classic":
            config = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500, **config}
        self.consumer = consumer(bootstrap, group, **{"group.protocol": protocol, **config})
        self.consumer.subscribe([topic], on_assign=self._given, on_revoke=self._taken, on_lost=self._taken)

    def _given(self, _, partitions):
        self.assigned += [it.partition for it in partitions]

    def _taken(self, _, partitions):
        taken = {it.partition for it in partitions}
        self.assigned = [it for it in self.assigned if it not in taken]

    def close(self):
        self.consumer.close()


def settle(members, sizes):
    """Polls all until they have so many partitions each; returns what they read meanwhile."""
    found = []
    deadline = time.monotonic() + WAIT_S * 2
    while sorted(len(member.assigned) for member in members) != sorted(sizes):
        check(time.monotonic() < deadline, f"assigned {[member.assigned for member in members]}")
        for member in members:
            message = member.consumer.poll(0.1)
            if message is not None and not message.error():
                found.append(message)
    return found


def filled(bootstrap, topic, partitions=4):
    create(bootstrap, topic, partitions)
    records = [{"value": payload(at), "partition": at % partitions} for at in range(partitions * 5)]
    produce(bootstrap, topic, records)
    return topic


def see_shared(bootstrap, protocol):
    topic = filled(bootstrap, f"librdkafka-shared-{protocol}")
    first = Member(bootstrap, topic, topic, protocol)
    settle([first], [4])
    see("alone", sorted(first.assigned))
    second = Member(bootstrap, topic, topic, protocol)
    settle([first, second], [2, 2])
    see("together", sorted(first.assigned + second.assigned))
    first.close()
    second.close()


def see_resumed(bootstrap, protocol):
    topic = filled(bootstrap, f"librdkafka-resumed-{protocol}", 1)
    member = Member(bootstrap, topic, topic, protocol)
    see("first", contents(drain(member.consumer, 5)))
    offsets = [TopicPartition(topic, 0, 3, metadata="so far")]
    committed = member.consumer.commit(offsets=offsets, asynchronous=False)
    see("committed", [[it.offset, it.error] for it in committed])
    member.close()
    member = Member(bootstrap, topic, topic, protocol)
    see("then", contents(drain(member.consumer, 2)))
    found = member.consumer.committed([TopicPartition(topic, 0)], WAIT_S)
    see("found", [[it.offset, it.metadata] for it in found])
    member.close()


def see_left(bootstrap, protocol):
    topic = filled(bootstrap, f"librdkafka-left-{protocol}")
    members = [Member(bootstrap, topic, topic, protocol) for _ in range(2)]
    settle(members, [2, 2])
    members[0].close()
    settle(members[1:], [4])
    see("alone", sorted(members[1].assigned))
    members[1].close()


def described(bootstrap, group):
    found = result_of(admin(bootstrap).describe_consumer_groups([group]))
    if isinstance(found, str):
        return found
    members = [
        [
            bool(member.member_id),
            member.client_id,
            member.host,
            member.group_instance_id,
            sorted(it.partition for it in member.assignment.topic_partitions),
        ]
        for member in found.members
    ]
    return [found.state.name, found.type.name, found.partition_assignor, found.coordinator.id, members]


@behaviour("group: two members share partitions")
def _(bootstrap):
    see_shared(bootstrap, "classic")


@behaviour("group: commit and resume")
def _(bootstrap):
    see_resumed(bootstrap, "classic")


@behaviour("group: a member leaves")
def _(bootstrap):
    see_left(bootstrap, "classic")


@behaviour("group: describe and list")
def _(bootstrap):
    topic = filled(bootstrap, "librdkafka-described")
    member = Member(bootstrap, topic, topic, **{"group.instance.id": "one"})
    settle([member], [4])
    see("with a member", described(bootstrap, topic))
    member.close()
    member = Member(bootstrap, "librdkafka-left-empty", topic)
    settle([member], [4])
    member.consumer.commit(offsets=[TopicPartition(topic, 0, 1)], asynchronous=False)
    member.close()
    see("empty", described(bootstrap, "librdkafka-left-empty"))
    see("never used", described(bootstrap, "librdkafka-never"))
    listed = admin(bootstrap).list_consumer_groups().result(WAIT_S).valid
    mine = [it for it in listed if it.group_id == "librdkafka-left-empty"]
    see("listed", [[it.group_id, it.is_simple_consumer_group, it.state.name, it.type.name] for it in mine])


def committed(bootstrap, group, topic):
    asked = [ConsumerGroupTopicPartitions(group, [TopicPartition(topic, at) for at in range(2)])]
    found = result_of(admin(bootstrap).list_consumer_group_offsets(asked))
    if isinstance(found, str):
        return found
    return [[it.partition, it.offset, it.metadata, it.error and it.error.name()] for it in found.topic_partitions]


@behaviour("group: reset offsets")
def _(bootstrap):
    topic = filled(bootstrap, "librdkafka-reset", 2)
    see("never used", committed(bootstrap, topic, topic))
    asked = [ConsumerGroupTopicPartitions(topic, [TopicPartition(topic, 0, 2), TopicPartition(topic, 1, 5)])]

    def alter():
        altered = result_of(admin(bootstrap).alter_consumer_group_offsets(asked))
        if isinstance(altered, str):
            return altered
        return [[it.partition, it.offset, it.error and it.error.name()] for it in altered.topic_partitions]

    see("altered", alter())
    see("committed", committed(bootstrap, topic, topic))
    member = Member(bootstrap, topic, topic)
    settled = settle([member], [2])
    found = settled + drain(member.consumer, 3 - len(settled))
    see("read", sorted([it.partition(), it.offset()] for it in found))
    try:
        see("altered with a member", alter())
    finally:
        member.close()


@behaviour("group: delete")
def _(bootstrap):
    topic = filled(bootstrap, "librdkafka-deleted", 1)
    member = Member(bootstrap, topic, topic)
    settle([member], [1])
    member.consumer.commit(offsets=[TopicPartition(topic, 0, 1)], asynchronous=False)
    see("with a member", result_of(admin(bootstrap).delete_consumer_groups([topic])))
    member.close()
    see("empty", result_of(admin(bootstrap).delete_consumer_groups([topic])))
    see("again", result_of(admin(bootstrap).delete_consumer_groups([topic])))
    see("committed", committed(bootstrap, topic, topic))


@behaviour("group: errors")
def _(bootstrap):
    topic = filled(bootstrap, "librdkafka-group-errors", 1)

    def error(**config):
        reading = consumer(bootstrap, "librdkafka-refused", **config)
        reading.subscribe([topic])
        found = drain(reading, 1)
        reading.close()
        return contents(found)

    see("session too short", error(**{"session.timeout.ms": 100, "heartbeat.interval.ms": 50}))
    see("session too long", error(**{"session.timeout.ms": 1_900_000, "max.poll.interval.ms": 2_000_000}))
    member = Member(bootstrap, topic, topic)
    settle([member], [1])
    other = Member(bootstrap, topic, topic, **{"partition.assignment.strategy": "cooperative-sticky"})
    see("no assignor in common", contents(drain(other.consumer, 1)))
    other.close()
    member.close()


@behaviour("KIP-848 group: two members share partitions")
def _(bootstrap):
    see_shared(bootstrap, "consumer")


@behaviour("KIP-848 group: commit and resume")
def _(bootstrap):
    see_resumed(bootstrap, "consumer")


@behaviour("KIP-848 group: a member leaves")
def _(bootstrap):
    see_left(bootstrap, "consumer")


@behaviour("KIP-848 group: describe")
def _(bootstrap):
    topic = filled(bootstrap, "librdkafka-described-848")
    member = Member(bootstrap, topic, topic, "consumer", **{"group.instance.id": "one"})
    settle([member], [4])
    see("with a member", described(bootstrap, topic))
    member.close()
    refused = Member(bootstrap, f"{topic}-refused", topic, "consumer", **{"group.remote.assignor": "none"})
    see("unknown assignor", contents(drain(refused.consumer, 1)))
    refused.close()


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


# ---- Errors


@behaviour("error: unknown topic")
def _(bootstrap):
    reading = consumer(bootstrap)
    reading.assign([TopicPartition("librdkafka-unknown", 0)])
    see("read", contents(drain(reading, 1, wait_s=5)))
    reading.close()
    topic = create(bootstrap, "librdkafka-one-partition")
    see("partition", produce_one(bootstrap, topic, partition=7))
    see("made by asking", await_topic(bootstrap, "librdkafka-made-by-asking"))
    see("made by producing", produce_one(bootstrap, "librdkafka-made-by-producing"))


def produce_one(bootstrap, topic, **record):
    try:
        return produce(bootstrap, topic, [{"value": b"v", **record}])
    except KafkaException as error:
        return error.args[0].name()


@behaviour("error: invalid topic name")
def _(bootstrap):
    for name in ["with space", "..", "a" * 250, "a/b"]:
        see(name[:20], result_of(admin(bootstrap).create_topics([NewTopic(name, 1, 1)])))
    create(bootstrap, "librdkafka-a.b")
    see("collision", result_of(admin(bootstrap).create_topics([NewTopic("librdkafka-a_b", 1, 1)])))
    listed = admin(bootstrap).list_topics("with space", timeout=WAIT_S)
    see("metadata", listed.topics["with space"].error.name())
    see("delete", result_of(admin(bootstrap).delete_topics(["with space"])))


@behaviour("error: topic exists")
def _(bootstrap):
    topic = create(bootstrap, "librdkafka-exists")
    see("again", result_of(admin(bootstrap).create_topics([NewTopic(topic, 1, 1)])))
    asked = admin(bootstrap).create_topics([NewTopic(topic, 1, 1)], validate_only=True)
    see("validated", result_of(asked))


@behaviour("error: bad number of partitions or replicas")
def _(bootstrap):
    def error(*numbers, **rest):
        return result_of(admin(bootstrap).create_topics([NewTopic("librdkafka-bad", *numbers, **rest)]))

    see("no partitions", error(0, 1))
    see("three replicas", error(1, 3))
    see("no replicas", error(1, 0))
    see("assigned to an unknown broker", error(1, replica_assignment=[[99]]))
    see("assigned", error(2, replica_assignment=[[0], [0]]))


@behaviour("error: bad configuration")
def _(bootstrap):
    def created(**config):
        named = {name.replace("_", "."): value for name, value in config.items()}
        new = NewTopic("librdkafka-bad-config", 1, 1, config=named)
        return result_of(admin(bootstrap).create_topics([new], validate_only=True))

    see("create: unknown", created(no_such_config="1"))
    see("create: no number", created(retention_ms="soon"))
    see("create: below the least", created(retention_ms="-2"))
    see("create: no such word", created(cleanup_policy="shred"))
    topic = create(bootstrap, "librdkafka-bad-alter")
    for name, value in [("no.such.config", "1"), ("retention.ms", "soon"), ("cleanup.policy", "shred")]:
        entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
        asked = admin(bootstrap).incremental_alter_configs([resource])
        see(f"alter: {name}={value}", result_of(asked))


@behaviour("error: message too large")
def _(bootstrap):
    topic = create(bootstrap, "librdkafka-small", 1, {"max.message.bytes": "1000"})
    see("too large", produce(bootstrap, topic, [{"value": payload(1, 2000)}]))
    see("fits", produce(bootstrap, topic, [{"value": payload(1, 800)}]))
    zeros = {"value": bytes(100_000)}
    see("fits compressed", produce(bootstrap, topic, [zeros], **{"compression.type": "zstd"}))


@behaviour("error: offset out of range")
def _(bootstrap):
    topic = dated(bootstrap, "librdkafka-range")
    none = {"auto.offset.reset": "error"}
    see("beyond the end", contents(read(bootstrap, topic, 1, 50, **none)))
    deleting = admin(bootstrap).delete_records([TopicPartition(topic, 0, 5)])
    result_of(deleting)
    see("before the start", contents(read(bootstrap, topic, 1, 2, **none)))
    see("earliest instead", contents(read(bootstrap, topic, 1, 2)))


@behaviour("error: no key in a compacted topic")
def _(bootstrap):
    topic = create(bootstrap, "librdkafka-compacted", 1, {"cleanup.policy": "compact"})
    see("without", produce(bootstrap, topic, [{"value": b"v"}]))
    see("with", produce(bootstrap, topic, [{"key": b"k", "value": b"v"}]))


if __name__ == "__main__":
    library = confluent_kafka.libversion()[0]
    run(f"confluent-kafka {confluent_kafka.version()}, librdkafka {library}")

"""aiokafka."""

import asyncio
import time

import aiokafka
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata

from conformance import behaviour, check, payload, plain, run, see, settle_configs


async def outcome(call):
    """What a call gives, or the name of its error."""
    try:
        return await call
    except KafkaError as error:
        return type(error).__name__


class Admin:
    def __init__(self, bootstrap):
        self.client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)

    async def __aenter__(self):
        await self.client.start()
        return self.client

    async def __aexit__(self, *_):
        await self.client.close()


async def create(bootstrap, topic, partitions=1, config=None):
    async with Admin(bootstrap) as admin:
        answer = await admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=config or {})])
        check(answer.topic_errors[0][1] == 0, f"{topic} is not created: {answer}")
        deadline = time.monotonic() + 20
        # Kafka tells of a topic a moment after it was created.
        while True:
            (found,) = await admin.describe_topics([topic])
            if found["error_code"] == 0 and len(found["partitions"]) == partitions:
                return topic
            check(time.monotonic() < deadline, f"{topic} does not appear")
            await asyncio.sleep(0.05)


async def produce(bootstrap, topic, records, **config):
    """Produces; returns where each record went, or the name of its error."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=20, **config)
    await producer.start()
    try:
        async def one(future):
            sent = await outcome(future)
            return sent if isinstance(sent, str) or sent is None else [sent.partition, sent.offset]

        futures = [await producer.send(topic, **record) for record in records]
        return [await one(future) for future in futures]
    finally:
        await producer.stop()


async def drain(consumer, count, timeout_s=15):
    found = []
    deadline = time.monotonic() + timeout_s
    while len(found) < count and time.monotonic() < deadline:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            found += records
    return found


class Consumer:
    def __init__(self, bootstrap, *topics, **config):
        defaults = {"auto_offset_reset": "earliest", "enable_auto_commit": False}
        self.consumer = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, **{**defaults, **config})

    async def __aenter__(self):
        await self.consumer.start()
        return self.consumer

    async def __aexit__(self, *_):
        await self.consumer.stop()


async def read(bootstrap, topic, count, offset=0, partition=0, **config):
    async with Consumer(bootstrap, **config) as consumer:
        place = TopicPartition(topic, partition)
        consumer.assign([place])
        consumer.seek(place, offset)
        return await drain(consumer, count)


def contents(records):
    return [[it.partition, it.offset, plain(it.key), plain(it.value)] for it in records]


@behaviour("create topics")
async def _(bootstrap):
    await create(bootstrap, "aio-create", 3, {"retention.ms": "60000"})
    async with Admin(bootstrap) as admin:
        listed = await admin.list_topics()
        see("listed", sorted(it for it in listed if it.startswith("aio-")))
        see("validated", str((await admin.create_topics([NewTopic("aio-valid", 1, 1)], validate_only=True)).topic_errors))


@behaviour("describe topics")
async def _(bootstrap):
    await create(bootstrap, "aio-describe", 3)
    async with Admin(bootstrap) as admin:
        (topic,) = await admin.describe_topics(["aio-describe"])
        topic["partitions"] = sorted(topic["partitions"], key=lambda it: it["partition"])
        see("described", topic)


@behaviour("describe the cluster")
async def _(bootstrap):
    async with Admin(bootstrap) as admin:
        cluster = await admin.describe_cluster()
        see("controller", cluster["controller_id"])
        see("brokers", [it["node_id"] for it in cluster["brokers"]])


@behaviour("add partitions")
async def _(bootstrap):
    topic = await create(bootstrap, "aio-grow")
    async with Admin(bootstrap) as admin:
        for count in (4, 2, 4):
            answer = await outcome(admin.create_partitions({topic: NewPartitions(count)}))
            see(f"to {count}", answer if isinstance(answer, str) else [it[1] for it in answer.topic_errors])


@behaviour("delete topics")
async def _(bootstrap):
    topic = await create(bootstrap, "aio-delete")
    async with Admin(bootstrap) as admin:
        for when in ("deleted", "again"):
            answer = await outcome(admin.delete_topics([topic]))
            see(when, answer if isinstance(answer, str) else answer.topic_error_codes)


@behaviour("delete records")
async def _(bootstrap):
    topic = await dated(bootstrap, "aio-delete-records")
    async with Admin(bootstrap) as admin:
        from aiokafka.admin.records_to_delete import RecordsToDelete

        for before in (4, 2, 99):
            place = TopicPartition(topic, 0)
            answer = await outcome(admin.delete_records({place: RecordsToDelete(before_offset=before)}))
            see(f"before {before}", answer if isinstance(answer, str) else answer[place])


async def see_configs(bootstrap, topic):
    async with Admin(bootstrap) as admin:
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], include_synonyms=True)
        for error, _, _, name, entries in answer.resources:
            see("error", [error, name])
            for entry in sorted(entries):
                see(entry[0], entry[1:])


@behaviour("describe configs")
async def _(bootstrap):
    await see_configs(bootstrap, await create(bootstrap, "aio-configs", 1, {"retention.ms": "60000"}))


@behaviour("alter configs")
async def _(bootstrap):
    topic = await create(bootstrap, "aio-alter", 1, {"max.message.bytes": "5000"})
    async with Admin(bootstrap) as admin:
        # By AlterConfigs, which sets all and resets the others.
        asked = ConfigResource(ConfigResourceType.TOPIC, topic, configs={"retention.ms": "1000"})
        see("set", [[it[0] for it in answer.resources] for answer in await admin.alter_configs([asked])])
    settle_configs()
    await see_configs(bootstrap, topic)


async def see_produced(bootstrap, codec):
    for acks in (0, 1, "all"):
        topic = await create(bootstrap, f"aio-{codec}-{acks}")
        records = [{"key": b"key", "value": payload(at, 300)} for at in range(50)]
        see(f"acks={acks}", await produce(bootstrap, topic, records, acks=acks, compression_type=codec))
        see(f"acks={acks}, read", contents(await read(bootstrap, topic, 50)))


@behaviour("produce uncompressed, acks 0, 1, all")
async def _(bootstrap):
    await see_produced(bootstrap, None)


@behaviour("produce gzip, acks 0, 1, all")
async def _(bootstrap):
    await see_produced(bootstrap, "gzip")


@behaviour("produce snappy, acks 0, 1, all")
async def _(bootstrap):
    await see_produced(bootstrap, "snappy")


@behaviour("produce lz4, acks 0, 1, all")
async def _(bootstrap):
    await see_produced(bootstrap, "lz4")


@behaviour("produce zstd, acks 0, 1, all")
async def _(bootstrap):
    await see_produced(bootstrap, "zstd")


@behaviour("produce idempotently")
async def _(bootstrap):
    topic = await create(bootstrap, "aio-idempotent")
    records = [{"value": payload(at)} for at in range(500)]
    see("delivered", await produce(bootstrap, topic, records, enable_idempotence=True, max_batch_size=1000))
    see("read", contents(await read(bootstrap, topic, 500))[-2:])


@behaviour("headers")
async def _(bootstrap):
    topic = await create(bootstrap, "aio-headers")
    headers = [("a", b"1"), ("a", b"2"), ("empty", b"")]
    await produce(bootstrap, topic, [{"value": b"with", "headers": headers}, {"value": b"without"}])
    see("read", [plain(it.headers) for it in await read(bootstrap, topic, 2)])


@behaviour("null keys and values")
async def _(bootstrap):
    topic = await create(bootstrap, "aio-nulls")
    pairs = [(key, value) for key in (None, b"", b"k") for value in (None, b"", b"v")]
    await produce(bootstrap, topic, [{"key": key, "value": value} for key, value in pairs if (key, value) != (None, None)])
    see("read", contents(await read(bootstrap, topic, 8)))


@behaviour("large batches")
async def _(bootstrap):
    topic = await create(bootstrap, "aio-large", 1, {"max.message.bytes": "8388608"})
    config = {"max_batch_size": 2_000_000, "max_request_size": 8_000_000}
    where = await produce(bootstrap, topic, [{"value": payload(at, 1000)} for at in range(3000)], **config)
    see("delivered", where[-1])
    see("large record", await produce(bootstrap, topic, [{"value": payload(1, 5_000_000)}], **config))
    found = await read(bootstrap, topic, 3001, max_partition_fetch_bytes=1000)
    see("read", contents(found)[-2:])


@behaviour("timestamps")
async def _(bootstrap):
    topic = await create(bootstrap, "aio-created")
    await produce(bootstrap, topic, [{"value": b"v", "timestamp_ms": 1_600_000_000_000}])
    (record,) = await read(bootstrap, topic, 1)
    see("created", [record.timestamp, record.timestamp_type])
    topic = await create(bootstrap, "aio-appended", 1, {"message.timestamp.type": "LogAppendTime"})
    await produce(bootstrap, topic, [{"value": b"v", "timestamp_ms": 1_600_000_000_000}])
    (record,) = await read(bootstrap, topic, 1)
    see("appended", [record.timestamp > 1_700_000_000_000, record.timestamp_type])


async def dated(bootstrap, topic):
    await create(bootstrap, topic)
    for batch in (range(5), range(5, 10)):
        records = [{"value": payload(at), "timestamp_ms": 1_600_000_000_000 + at * 1000} for at in batch]
        await produce(bootstrap, topic, records)
    return topic


async def filled(bootstrap, topic, partitions=4):
    await create(bootstrap, topic, partitions)
    records = [{"value": payload(at), "partition": at % partitions} for at in range(partitions * 5)]
    await produce(bootstrap, topic, records)
    return topic


@behaviour("consume from the beginning")
async def _(bootstrap):
    topic = await filled(bootstrap, "aio-beginning", 3)
    async with Consumer(bootstrap) as consumer:
        consumer.assign([TopicPartition(topic, at) for at in range(3)])
        await consumer.seek_to_beginning()
        see("read", sorted(contents(await drain(consumer, 15))))


@behaviour("consume from an offset")
async def _(bootstrap):
    see("from 7", contents(await read(bootstrap, await dated(bootstrap, "aio-offset"), 3, 7)))


@behaviour("consume from a timestamp")
async def _(bootstrap):
    place = TopicPartition(await dated(bootstrap, "aio-dates"), 0)
    async with Consumer(bootstrap) as consumer:
        for at in (1_600_000_002_500, 1_600_000_006_000, 0, 1_700_000_000_000):
            found = (await consumer.offsets_for_times({place: at}))[place]
            see(f"at {at}", found and [found.offset, found.timestamp])


@behaviour("look up offsets")
async def _(bootstrap):
    place = TopicPartition(await dated(bootstrap, "aio-lookups"), 0)
    async with Consumer(bootstrap) as consumer:
        see("beginning", (await consumer.beginning_offsets([place]))[place])
        see("end", (await consumer.end_offsets([place]))[place])


def member(bootstrap, group, topic):
    return Consumer(bootstrap, topic, group_id=group, heartbeat_interval_ms=300, session_timeout_ms=10_000)


async def settle(members, each):
    deadline = time.monotonic() + 30
    while any(len(it.assignment()) != each for it in members):
        check(time.monotonic() < deadline, f"assigned {[it.assignment() for it in members]}")
        for it in members:
            await it.getmany(timeout_ms=50)


@behaviour("group: two members share partitions")
async def _(bootstrap):
    topic = await filled(bootstrap, "aio-shared")
    async with member(bootstrap, topic, topic) as first:
        await settle([first], 4)
        async with member(bootstrap, topic, topic) as second:
            await settle([first, second], 2)
            see("together", sorted(it.partition for it in first.assignment() | second.assignment()))


@behaviour("group: commit and resume")
async def _(bootstrap):
    topic = await filled(bootstrap, "aio-resumed", 1)
    place = TopicPartition(topic, 0)
    async with member(bootstrap, topic, topic) as consumer:
        see("first", contents(await drain(consumer, 5)))
        await consumer.commit({place: OffsetAndMetadata(3, "so far")})
    async with member(bootstrap, topic, topic) as consumer:
        see("then", contents(await drain(consumer, 2)))
        see("committed", await consumer.committed(place))


@behaviour("group: a member leaves")
async def _(bootstrap):
    topic = await filled(bootstrap, "aio-left")
    async with member(bootstrap, topic, topic) as stays:
        async with member(bootstrap, topic, topic) as leaves:
            await settle([stays, leaves], 2)
        await settle([stays], 4)


@behaviour("group: describe and list")
async def _(bootstrap):
    topic = await filled(bootstrap, "aio-described")
    async with Admin(bootstrap) as admin:

        async def describe(group):
            (answer,) = await admin.describe_consumer_groups([group])
            return [[it[0], it[1], it[2], it[3], it[4], len(it[5])] for it in answer.groups]

        async with member(bootstrap, topic, topic) as consumer:
            await settle([consumer], 4)
            see("with a member", await describe(topic))
        see("empty", await describe(topic))
        see("never used", await describe("aio-never"))
        see("listed", [it for it in await admin.list_consumer_groups() if it[0] == topic])
        see("offsets of one never used", await admin.list_consumer_group_offsets("aio-never"))


@behaviour("transactions")
async def _(bootstrap):
    topic = await create(bootstrap, "aio-transactions")
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=topic)
    await asyncio.wait_for(producer.start(), 10)
    for value, end in ((b"kept", producer.commit_transaction), (b"dropped", producer.abort_transaction)):
        await producer.begin_transaction()
        await producer.send_and_wait(topic, value)
        await end()
    await producer.stop()
    await produce(bootstrap, topic, [{"value": b"after"}])
    see("committed", contents(await read(bootstrap, topic, 2, isolation_level="read_committed")))


async def creation(bootstrap, topic, *numbers, **rest):
    async with Admin(bootstrap) as admin:
        answer = await outcome(admin.create_topics([NewTopic(topic, *(numbers or (1, 1)), **rest)]))
        return answer if isinstance(answer, str) else [it[1] for it in answer.topic_errors]


@behaviour("error: unknown topic")
async def _(bootstrap):
    async with Admin(bootstrap) as admin:
        see("delete", await outcome(admin.delete_topics(["aio-unknown"])) and "answered")


@behaviour("error: invalid topic name")
async def _(bootstrap):
    for name in ("with space", "..", "a" * 250):
        see(name[:20], await creation(bootstrap, name))


@behaviour("error: topic exists")
async def _(bootstrap):
    see("again", await creation(bootstrap, await create(bootstrap, "aio-exists")))


@behaviour("error: bad number of partitions or replicas")
async def _(bootstrap):
    see("no partitions", await creation(bootstrap, "aio-bad", 0, 1))
    see("three replicas", await creation(bootstrap, "aio-bad", 1, 3))


@behaviour("error: bad configuration")
async def _(bootstrap):
    for name, value in (("no.such.config", "1"), ("retention.ms", "soon"), ("cleanup.policy", "shred")):
        see(name, await creation(bootstrap, "aio-bad", topic_configs={name: value}))


@behaviour("error: message too large")
async def _(bootstrap):
    topic = await create(bootstrap, "aio-small", 1, {"max.message.bytes": "1000"})
    see("too large", await produce(bootstrap, topic, [{"value": payload(1, 2000)}]))


@behaviour("error: offset out of range")
async def _(bootstrap):
    topic = await dated(bootstrap, "aio-range")
    see("beyond the end", await outcome(read(bootstrap, topic, 1, 50, auto_offset_reset="none")))
    see("earliest instead", contents(await read(bootstrap, topic, 10, 50)))


@behaviour("error: no key in a compacted topic")
async def _(bootstrap):
    topic = await create(bootstrap, "aio-compacted", 1, {"cleanup.policy": "compact"})
    see("without", await produce(bootstrap, topic, [{"value": b"v"}]))
    see("with", await produce(bootstrap, topic, [{"key": b"k", "value": b"v"}]))


if __name__ == "__main__":
    run(f"aiokafka {aiokafka.__version__}")

"""What is refused, and with which error."""

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from conformance import behaviour, payload, see
from librdkafka.cluster import (
    WAIT_S,
    admin,
    await_topic,
    consumer,
    contents,
    create,
    dated,
    drain,
    produce,
    read,
    result_of,
)


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

"""Topics, configurations, the cluster."""

import time

import confluent_kafka
from confluent_kafka import TopicPartition
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from conformance import behaviour, payload, see, settle_configs
from librdkafka.cluster import (
    WAIT_S,
    admin,
    await_topic,
    consumer,
    contents,
    create,
    produce,
    read,
    result_of,
)


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

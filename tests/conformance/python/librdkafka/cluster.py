"""One broker, as librdkafka sees it."""

import functools
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from conformance import check, payload, plain

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


def dated(bootstrap, topic):
    """Ten records in two batches, a second apart."""
    create(bootstrap, topic)
    for batch in (range(5), range(5, 10)):
        records = [{"value": payload(at), "timestamp": 1_600_000_000_000 + at * 1000} for at in batch]
        produce(bootstrap, topic, records)
    return topic

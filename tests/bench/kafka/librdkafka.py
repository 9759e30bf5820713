"""Makes and deletes topics, and produces and consumes through librdkafka, as fast as it goes; prints
one line of JSON."""

import argparse
import json
import os
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

options = argparse.ArgumentParser()
options.add_argument("what", choices=["create", "delete", "produce", "consume"])
options.add_argument("--bootstrap", required=True)
options.add_argument("--topic", required=True)
options.add_argument("--records", type=int, default=0)
options.add_argument("--size", type=int, default=0)
asked = options.parse_args()


def create():
    """One partition: the throughput is that of one log, and nothing hangs on who got which."""
    admin = AdminClient({"bootstrap.servers": asked.bootstrap})
    admin.create_topics([NewTopic(asked.topic, 1, 1)])[asked.topic].result(60)
    return {}


def delete():
    admin = AdminClient({"bootstrap.servers": asked.bootstrap})
    admin.delete_topics([asked.topic])[asked.topic].result(60)
    return {}


def produce():
    latencies = []

    def delivered(error, message):
        if error:
            raise RuntimeError(error)
        latencies.append(message.latency())

    producer = Producer(
        {
            "bootstrap.servers": asked.bootstrap,
            "acks": "all",
            "queue.buffering.max.messages": 100_000,
            "linger.ms": 5,
        }
    )
    values = [os.urandom(asked.size) for _ in range(64)]
    began = time.monotonic()
    for at in range(asked.records):
        while True:
            try:
                producer.produce(asked.topic, values[at % 64], on_delivery=delivered)
                break
            except BufferError:
                producer.poll(0.01)
        if at % 1000 == 0:
            producer.poll(0)
    producer.flush()
    took = time.monotonic() - began
    latencies.sort()
    if len(latencies) != asked.records:
        raise RuntimeError(f"{len(latencies)} of {asked.records} were delivered")
    return {"took_s": took, "p99_ms": latencies[len(latencies) * 99 // 100] * 1000}


def consume():
    consumer = Consumer(
        {
            "bootstrap.servers": asked.bootstrap,
            "group.id": "bench",
            "enable.auto.commit": False,
            # A client whose queue is full asks again a second later, by default: a broker that is
            # faster than the application would be measured by how long its client sleeps.
            "fetch.queue.backoff.ms": 5,
        }
    )
    consumer.assign([TopicPartition(asked.topic, 0, 0)])
    began = time.monotonic()
    count = 0
    while count < asked.records:
        found = consumer.consume(min(10_000, asked.records - count), 1)
        if not found and time.monotonic() - began > 60:
            raise RuntimeError(f"{count} of {asked.records} records came")
        count += sum(1 for message in found if not message.error())
    took = time.monotonic() - began
    consumer.close()
    return {"took_s": took}


print(json.dumps(globals()[asked.what]()))

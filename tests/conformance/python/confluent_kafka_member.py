"""confluent-kafka as a member of the mixed group."""

import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

from member import BOOTSTRAP, HEARTBEAT_MS, SESSION_MS, TOPIC, WORK_S, leaving, next_offsets, say


def tell(what):
    return lambda _, partitions: say(what, [it.partition for it in partitions])


consumer = Consumer(
    {
        "bootstrap.servers": BOOTSTRAP,
        "client.id": "confluent-kafka",
        "group.id": TOPIC,
        "partition.assignment.strategy": "range",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": SESSION_MS,
        "heartbeat.interval.ms": HEARTBEAT_MS,
    }
)
consumer.subscribe([TOPIC], on_assign=tell("assigned"), on_revoke=tell("revoked"), on_lost=tell("revoked"))
while not leaving():
    messages = consumer.consume(500, 0.1)
    for message in messages:
        if message.error():
            say("error", message.error().name())
    places = [[it.partition(), it.offset(), it.key().decode()] for it in messages if not it.error()]
    if not places:
        continue
    say("records", places)
    time.sleep(WORK_S)
    offsets = next_offsets(places)
    try:
        consumer.commit(offsets=[TopicPartition(TOPIC, *it) for it in offsets.items()], asynchronous=False)
        say("committed", offsets)
    except KafkaException as error:
        say("refused", error.args[0].name())
consumer.close()

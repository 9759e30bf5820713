"""Consumer groups, by either protocol."""

import time

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition

from conformance import behaviour, check, payload, see
from librdkafka.cluster import (
    WAIT_S,
    admin,
    consumer,
    contents,
    create,
    drain,
    produce,
    result_of,
)


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

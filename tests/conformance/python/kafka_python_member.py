"""kafka-python as a member of the mixed group."""

import time

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import KafkaError

from member import OPTIONS, TOPIC, WORK_S, leaving, next_offsets, say


class Listener(ConsumerRebalanceListener):
    def on_partitions_assigned(self, assigned):
        say("assigned", [it.partition for it in assigned])

    def on_partitions_revoked(self, revoked):
        say("revoked", [it.partition for it in revoked])

    def on_partitions_lost(self, lost):
        say("revoked", [it.partition for it in lost])


consumer = KafkaConsumer(
    client_id="kafka-python",
    partition_assignment_strategy=(RangePartitionAssignor,),
    **OPTIONS,
)
consumer.subscribe([TOPIC], listener=Listener())
while not leaving():
    found = consumer.poll(timeout_ms=100).values()
    places = [[it.partition, it.offset, it.key.decode()] for records in found for it in records]
    if not places:
        continue
    say("records", places)
    time.sleep(WORK_S)
    offsets = next_offsets(places)
    try:
        consumer.commit({TopicPartition(TOPIC, at): OffsetAndMetadata(to, "", -1) for at, to in offsets.items()})
        say("committed", offsets)
    except KafkaError as error:
        say("refused", type(error).__name__)
consumer.close()

"""aiokafka as a member of the mixed group."""

import asyncio

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError

from member import OPTIONS, TOPIC, WORK_S, leaving, next_offsets, say


class Listener(ConsumerRebalanceListener):
    def __init__(self):
        self.working = asyncio.Lock()
        """aiokafka rebalances beside what reads: what was read is committed first."""

    async def on_partitions_assigned(self, assigned):
        say("assigned", [it.partition for it in assigned])

    async def on_partitions_revoked(self, revoked):
        async with self.working:
            say("revoked", [it.partition for it in revoked])


async def main():
    listener = Listener()
    consumer = AIOKafkaConsumer(
        client_id="aiokafka",
        partition_assignment_strategy=(RangePartitionAssignor,),
        **OPTIONS,
    )
    consumer.subscribe([TOPIC], listener=listener)
    await consumer.start()
    while not leaving():
        found = (await consumer.getmany(timeout_ms=100)).values()
        # Only now: while aiokafka revokes, getmany returns nothing, and does not end either.
        async with listener.working:
            await work(consumer, [[it.partition, it.offset, it.key.decode()] for records in found for it in records])
    await consumer.stop()


async def work(consumer, places):
    if not places:
        return
    say("records", places)
    await asyncio.sleep(WORK_S)
    offsets = next_offsets(places)
    try:
        await consumer.commit({TopicPartition(TOPIC, at): to for at, to in offsets.items()})
        say("committed", offsets)
    except KafkaError as error:
        say("refused", type(error).__name__)


asyncio.run(main())

"""confluent-kafka, and librdkafka through it."""

import confluent_kafka

from conformance import run
from librdkafka import errors, groups, records, topics  # noqa: F401: each names its behaviours.

if __name__ == "__main__":
    library = confluent_kafka.libversion()[0]
    run(f"confluent-kafka {confluent_kafka.version()}, librdkafka {library}")

"""The behaviours of confluent-kafka, and of librdkafka through it."""

"""Has librdkafka produce the records of each .json file, and keeps the batch that it sends.

The broker is a stub that knows as little as librdkafka lets it: it answers ApiVersions, Metadata,
InitProducerId and Produce on a port of the loopback interface.

usage: capture.py DIRECTORY
"""

import json
import pathlib
import socket
import struct
import sys
import threading

import confluent_kafka

PRODUCE, METADATA, API_VERSIONS, INIT_PRODUCER_ID = 0, 3, 18, 22
# What is advertised, by API key. librdkafka wants Fetch for the record format and for zstd,
# FindCoordinator for lz4, and a Produce range from 0 for any compression.
VERSIONS = {
    PRODUCE: (0, 7),
    1: (0, 10),
    METADATA: (0, 4),
    10: (0, 2),
    API_VERSIONS: (0, 3),
    INIT_PRODUCER_ID: (0, 1),
}
TOPIC = "golden"


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(form)))[0]

    def string(self):
        size = self.number("h")
        return None if size < 0 else self.take(size).decode()


def string(text):
    return struct.pack(">h", len(text)) + text.encode()


class Stub:
    """A broker with one topic of one partition, and one producer id to give."""

    def __init__(self, producer_id, producer_epoch):
        self.producer = (producer_id, producer_epoch)
        self.batches = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            while size := stream.read(4):
                request = Reader(stream.read(struct.unpack(">i", size)[0]))
                key, version = request.number("h"), request.number("h")
                correlation = request.take(4)
                request.string()
                body = self.answer(key, version, request)
                connection.sendall(struct.pack(">i", 4 + len(body)) + correlation + body)

    def answer(self, key, version, request):
        if key == API_VERSIONS:
            if version < 3:
                keys = (struct.pack(">hhh", key, *range_) for key, range_ in VERSIONS.items())
                return struct.pack(">hi", 0, len(VERSIONS)) + b"".join(keys) + bytes(4)[: 4 * version]
            keys = (struct.pack(">hhhx", key, *range_) for key, range_ in VERSIONS.items())
            return struct.pack(">hB", 0, len(VERSIONS) + 1) + b"".join(keys) + bytes(5)
        if key == METADATA:
            broker = struct.pack(">ii", 1, 0) + string("127.0.0.1") + struct.pack(">ih", self.port, -1)
            topic = struct.pack(">ih", 1, 0) + string(TOPIC) + bytes(1)
            partition = struct.pack(">ihiiiiii", 1, 0, 0, 0, 1, 0, 1, 0)
            # No throttling, brokers, no cluster id, the controller, topics.
            return bytes(4) + broker + struct.pack(">hi", -1, 0) + topic + partition
        if key == INIT_PRODUCER_ID:
            return struct.pack(">ihqh", 0, 0, *self.producer)
        assert (key, version) == (PRODUCE, 7), (key, version)
        request.string()
        request.take(6)
        assert request.number("i") == 1
        topic = request.string()
        assert request.number("i") == 1
        partition = request.number("i")
        self.batches.append(request.take(request.number("i")))
        return (
            struct.pack(">i", 1)
            + string(topic)
            + struct.pack(">iihqqqi", 1, partition, 0, 0, -1, 0, 0)
        )


def data(text):
    if text is None:
        return None
    digits, _, times = text.partition("*")
    return bytes.fromhex(digits) * int(times or 1)


def capture(batch):
    stub = Stub(batch["producerId"], batch["producerEpoch"])
    producer = confluent_kafka.Producer(
        {
            "bootstrap.servers": f"127.0.0.1:{stub.port}",
            "compression.type": batch["compression"],
            "enable.idempotence": batch["producerId"] >= 0,
            # Long enough for all records to end in one batch.
            "linger.ms": 500,
        }
    )
    failed = []
    for record in batch["records"]:
        producer.produce(
            TOPIC,
            key=data(record["key"]),
            value=data(record["value"]),
            headers=[(key, data(value)) for key, value in record.get("headers", [])],
            timestamp=record["timestamp"],
            on_delivery=lambda error, _: failed.append(error) if error else None,
        )
    assert producer.flush(30) == 0 and not failed, failed
    stub.listener.close()
    (sent,) = stub.batches
    return sent


def main():
    print(f"librdkafka {confluent_kafka.libversion()[0]}")
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
        batches = json.loads(path.read_text())["batches"]
        sent = b"".join(capture(batch) for batch in batches)
        path.with_suffix(".bin").write_bytes(sent)
        print(f"{path.stem}: {len(sent)} bytes")


if __name__ == "__main__":
    main()

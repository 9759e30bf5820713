import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;

/** Producing, and consuming by assignment. */
final class Records {
    private Records() {}

    static void add(Script script) {
        produced(script, "uncompressed", "none");
        for (String codec : List.of("gzip", "snappy", "lz4", "zstd")) produced(script, codec, codec);
        script.behaviour("produce idempotently", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            cluster.create("java-idempotent");
            var records = Cluster.records("java-idempotent", 0, 1000, 50);
            var where = cluster.produce(records, Map.of("enable.idempotence", true, "batch.size", 1000));
            Script.see("delivered", where);
            Script.see("read", cluster.read("java-idempotent", 1000).size());
        });
        script.behaviour("headers", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var topic = cluster.create("java-headers");
            var headers = List.of(new RecordHeader("a", Script.bytes("1")), new RecordHeader("a", Script.bytes("2")),
                new RecordHeader("null", (byte[]) null), new RecordHeader("", Script.bytes("")));
            var with = new ProducerRecord<>(topic, 0, (byte[]) null, Script.bytes("with"), List.copyOf(headers));
            cluster.produce(List.of(with, new ProducerRecord<>(topic, Script.bytes("without"))), Map.of());
            for (var record : cluster.read(topic, 2)) {
                var found = new ArrayList<Object>();
                for (var header : record.headers()) found.add(Script.row(header.key(), Script.plain(header.value())));
                Script.see("record " + record.offset(), found);
            }
        });
        script.behaviour("null keys and values", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var topic = cluster.create("java-nulls");
            var records = new ArrayList<ProducerRecord<byte[], byte[]>>();
            for (String key : new String[] {null, "", "k"}) {
                for (String value : new String[] {null, "", "v"}) {
                    records.add(new ProducerRecord<>(topic, Script.bytes(key), Script.bytes(value)));
                }
            }
            cluster.produce(records, Map.of());
            Script.see("read", Cluster.contents(cluster.read(topic, 9)));
        });
        script.behaviour("large batches", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var topic = cluster.create("java-large", 1, Map.of("max.message.bytes", "8388608"));
            Map<String, Object> large = Map.of("batch.size", 4_000_000, "max.request.size", 8_000_000, "linger.ms", 300);
            var where = cluster.produce(Cluster.records(topic, 0, 5000, 1000), large);
            Script.see("delivered", where.get(4999));
            Script.see("large record", cluster.produce(Cluster.records(topic, 0, 1, 5_000_000), large));
            var found = cluster.read(topic, 5001, 0, Map.of("fetch.max.bytes", 1000, "max.partition.fetch.bytes", 1000));
            Script.see("read", Cluster.contents(found.subList(4999, 5001)));
        });
        script.behaviour("timestamps", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var record = cluster.read(cluster.dated("java-created"), 1).get(0);
            Script.see("created", Script.row(record.timestamp(), record.timestampType()));
            var topic = cluster.create("java-appended", 1, Map.of("message.timestamp.type", "LogAppendTime"));
            cluster.produce(List.of(new ProducerRecord<>(topic, 0, 1_600_000_000_000L, null, Script.bytes("v"))), Map.of());
            record = cluster.read(topic, 1).get(0);
            Script.see("appended", Script.row(record.timestamp() > 1_700_000_000_000L, record.timestampType()));
        });
        script.behaviour("consume from the beginning", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var topic = cluster.filled("java-beginning", 3);
            try (var consumer = cluster.consumer(Map.of())) {
                var all = Stream.of(0, 1, 2).map(at -> new TopicPartition(topic, at)).toList();
                consumer.assign(all);
                consumer.seekToBeginning(all);
                var found = Cluster.drain(consumer, 15);
                found.sort((a, b) -> a.partition() - b.partition());
                Script.see("read", Cluster.contents(found));
            }
        });
        script.behaviour("consume from an offset", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var topic = cluster.dated("java-offset");
            Script.see("from 7", Cluster.contents(cluster.read(topic, 3, 7, Map.of())));
            Script.see("in threes", Cluster.contents(cluster.read(topic, 9, 1, Map.of("max.poll.records", 3))));
        });
        script.behaviour("consume from a timestamp", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var partition = new TopicPartition(cluster.dated("java-dates"), 0);
            try (var consumer = cluster.consumer(Map.of())) {
                for (long at : new long[] {1_600_000_002_500L, 1_600_000_006_000L, 0, 1_700_000_000_000L}) {
                    var found = consumer.offsetsForTimes(Map.of(partition, at)).get(partition);
                    Script.see("at " + at, found == null ? null
                        : Script.row(found.offset(), found.timestamp(), found.leaderEpoch().orElse(-1)));
                }
            }
        });
        script.behaviour("look up offsets", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var partition = new TopicPartition(cluster.dated("java-lookups"), 0);
            for (var spec : List.of(OffsetSpec.earliest(), OffsetSpec.latest(), OffsetSpec.maxTimestamp(),
                OffsetSpec.earliestLocal(), OffsetSpec.latestTiered(), OffsetSpec.forTimestamp(1_600_000_003_500L))) {
                Script.see(spec.getClass().getSimpleName(), Script.outcome(() -> {
                    var found = cluster.admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get();
                    return Script.row(found.offset(), found.timestamp(), found.leaderEpoch().orElse(-1));
                }));
            }
        });
        script.behaviour("look up offsets among equal timestamps", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var topic = cluster.create("java-equal");
            var records = new ArrayList<ProducerRecord<byte[], byte[]>>();
            for (int at = 0; at < 3; at++) records.add(new ProducerRecord<>(topic, 0, 1_600_000_000_000L, null, Script.bytes("v")));
            for (int batch = 0; batch < 2; batch++) cluster.produce(records, Map.of());
            var partition = new TopicPartition(topic, 0);
            for (var spec : List.of(OffsetSpec.maxTimestamp(), OffsetSpec.forTimestamp(1_600_000_000_000L))) {
                Script.see(spec.getClass().getSimpleName(),
                    cluster.admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get().offset());
            }
        });
        script.behaviour("transactions", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var topic = cluster.create("java-transactions");
            try (var producer = cluster.producer(Map.of("transactional.id", "java", "max.block.ms", 10_000))) {
                producer.initTransactions();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(topic, Script.bytes("kept")));
                producer.commitTransaction();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(topic, Script.bytes("dropped")));
                producer.flush();
                producer.abortTransaction();
            }
            cluster.produce(List.of(new ProducerRecord<>(topic, Script.bytes("after"))), Map.of());
            Map<String, Object> committed = Map.of("isolation.level", "read_committed");
            Script.see("committed", Cluster.contents(cluster.read(topic, 2, 0, committed)));
            Script.see("all", Cluster.contents(cluster.read(topic, 3)));
        });
    }

    private static void produced(Script script, String name, String codec) {
        script.behaviour("produce " + name + ", acks 0, 1, all", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            for (String acks : List.of("0", "1", "all")) {
                var topic = cluster.create("java-" + codec + "-" + acks);
                Map<String, Object> config =
                    Map.of("acks", acks, "compression.type", codec, "enable.idempotence", false);
                Script.see("acks=" + acks, cluster.produce(Cluster.records(topic, 0, 50, 300), config));
                Script.see("acks=" + acks + ", read", Cluster.contents(cluster.read(topic, 50)));
            }
        });
    }
}

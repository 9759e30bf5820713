import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's own client, to one broker. */
final class Cluster {
    final String bootstrap;
    final Admin admin;

    Cluster(String bootstrap) {
        this.bootstrap = bootstrap;
        this.admin = Admin.create(Map.of("bootstrap.servers", bootstrap, "default.api.timeout.ms", "20000", "request.timeout.ms", "10000"));
    }

    String create(String topic, int partitions, Map<String, String> configs) throws Exception {
        var wanted = new NewTopic(topic, partitions, (short) 1).configs(configs);
        admin.createTopics(List.of(wanted)).all().get();
        // Kafka tells of a topic a moment after it was created.
        Script.until(topic + " appears", () -> {
            try {
                var found = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
                return found.partitions().stream().allMatch(it -> it.leader() != null);
            } catch (ExecutionException unknown) {
                return false;
            }
        });
        return topic;
    }

    String create(String topic) throws Exception {
        return create(topic, 1, Map.of());
    }

    KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
        var config = new java.util.HashMap<String, Object>(Map.of(
            "bootstrap.servers", bootstrap, "linger.ms", 20, "max.block.ms", 3000));
        config.putAll(more);
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** Produces; gives partition and offset of each, or the name of its error. */
    List<Object> produce(List<ProducerRecord<byte[], byte[]>> records, Map<String, Object> config) throws Exception {
        var where = new ArrayList<Object>();
        try (var producer = producer(config)) {
            var sent = new ArrayList<Future<RecordMetadata>>();
            for (var record : records) sent.add(producer.send(record));
            producer.flush();
            for (var future : sent) {
                where.add(Script.outcome(() -> Script.row(future.get().partition(), future.get().offset())));
            }
        }
        return where;
    }

    /** Some records of one partition. */
    static List<ProducerRecord<byte[], byte[]>> records(String topic, int partition, int count, int size)
        throws Exception {
        var records = new ArrayList<ProducerRecord<byte[], byte[]>>();
        for (int at = 0; at < count; at++) {
            records.add(new ProducerRecord<>(topic, partition, Script.bytes("key"), Script.payload(at, size)));
        }
        return records;
    }

    KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> more) {
        var config = new java.util.HashMap<String, Object>(Map.of(
            "bootstrap.servers", bootstrap,
            "auto.offset.reset", "earliest",
            "enable.auto.commit", false,
            "allow.auto.create.topics", false,
            "default.api.timeout.ms", 10_000, "request.timeout.ms", 10_000));
        config.putAll(more);
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** Reads so many records of a partition. */
    List<ConsumerRecord<byte[], byte[]>> read(String topic, int count, long offset, Map<String, Object> config)
        throws Exception {
        try (var consumer = consumer(config)) {
            var partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seek(partition, offset);
            return drain(consumer, count);
        }
    }

    List<ConsumerRecord<byte[], byte[]>> read(String topic, int count) throws Exception {
        return read(topic, count, 0, Map.of());
    }

    static List<ConsumerRecord<byte[], byte[]>> drain(KafkaConsumer<byte[], byte[]> consumer, int count)
        throws Exception {
        var found = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        Script.until(count + " records", () -> {
            for (var record : consumer.poll(Duration.ofMillis(100))) found.add(record);
            return found.size() >= count;
        });
        return found;
    }

    static List<Object> contents(List<ConsumerRecord<byte[], byte[]>> records) throws Exception {
        var contents = new ArrayList<Object>();
        for (var record : records) {
            contents.add(Script.row(record.partition(), record.offset(), Script.plain(record.key()),
                Script.plain(record.value()), record.leaderEpoch().orElse(-1)));
        }
        return contents;
    }

    /** Ten records in two batches, a second apart. */
    String dated(String topic) throws Exception {
        create(topic);
        for (int from : new int[] {0, 5}) {
            var records = new ArrayList<ProducerRecord<byte[], byte[]>>();
            for (int at = from; at < from + 5; at++) {
                records.add(new ProducerRecord<>(topic, 0, 1_600_000_000_000L + at * 1000L, null, Script.payload(at, 50)));
            }
            produce(records, Map.of());
        }
        return topic;
    }

    /** Five records in each partition. */
    String filled(String topic, int partitions) throws Exception {
        create(topic, partitions, Map.of());
        var records = new ArrayList<ProducerRecord<byte[], byte[]>>();
        for (int at = 0; at < partitions; at++) records.addAll(records(topic, at, 5, 50));
        produce(records, Map.of());
        return topic;
    }
}

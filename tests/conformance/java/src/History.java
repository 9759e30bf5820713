import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.ConfigResource.Type;

/** Does with one broker the steps of ../../history, each a line of JSON; answers each with a line. */
public final class History {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Cluster cluster;
    private final Map<String, KafkaProducer<byte[], byte[]>> producers = new HashMap<>();

    private History(String bootstrap) {
        cluster = new Cluster(bootstrap);
    }

    public static void main(String[] arguments) throws Exception {
        var history = new History(arguments[0]);
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode step = JSON.readTree(line);
            System.out.println(JSON.writeValueAsString(Script.outcome(() -> history.take(step))));
        }
        System.exit(0); // Some threads of clients end late.
    }

    private Object take(JsonNode step) throws Exception {
        String topic = step.path("topic").asText();
        return switch (step.get("op").asText()) {
            case "create" -> cluster.create(topic, step.get("partitions").asInt(), texts(step.get("configs")));
            case "delete" -> delete(topic);
            case "grow" -> grow(topic, step.get("partitions").asInt());
            case "alter" -> alter(topic, texts(step.get("configs")));
            case "produce" -> produce(topic, step);
            case "delete records" -> deleteRecords(new TopicPartition(topic, step.get("partition").asInt()), step);
            case "look" -> look(topic, step.get("timestamps"));
            default -> throw new IllegalArgumentException(step.toString());
        };
    }

    private static Map<String, String> texts(JsonNode object) {
        var texts = new LinkedHashMap<String, String>();
        object.properties().forEach(it -> texts.put(it.getKey(), it.getValue().isNull() ? null : it.getValue().asText()));
        return texts;
    }

    private Object delete(String topic) throws Exception {
        cluster.admin.deleteTopics(List.of(topic)).all().get();
        Script.until(topic + " is gone", () -> !cluster.admin.listTopics().names().get().contains(topic));
        return "deleted";
    }

    private Object grow(String topic, int partitions) throws Exception {
        cluster.admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(partitions))).all().get();
        Script.until(topic + " has grown", () -> {
            var found = cluster.admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions();
            return found.size() == partitions && found.stream().allMatch(it -> it.leader() != null);
        });
        return partitions;
    }

    /** Sets configurations; null gives one its default again. */
    private Object alter(String topic, Map<String, String> configs) throws Exception {
        var resource = new ConfigResource(Type.TOPIC, topic);
        var operations = new ArrayList<AlterConfigOp>();
        configs.forEach((name, value) -> operations.add(
            new AlterConfigOp(new ConfigEntry(name, value), value == null ? OpType.DELETE : OpType.SET)));
        cluster.admin.incrementalAlterConfigs(Map.of(resource, operations)).all().get();
        // Kafka's logs hear of it a moment later, as does who asks.
        Script.until(topic + " is configured anew", () -> {
            var found = cluster.admin.describeConfigs(List.of(resource)).all().get().get(resource);
            return configs.entrySet().stream().allMatch(it -> it.getValue() == null
                ? found.get(it.getKey()).source() != ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG
                : it.getValue().equals(found.get(it.getKey()).value()));
        });
        return "altered";
    }

    /** Sends records as one batch: what a segment holds depends on where batches end. */
    private Object produce(String topic, JsonNode step) throws Exception {
        String codec = step.get("codec").asText();
        boolean idempotent = step.get("idempotent").asBoolean();
        var producer = producers.computeIfAbsent(codec + idempotent, it -> cluster.producer(Map.of(
            "compression.type", codec, "enable.idempotence", idempotent, "batch.size", 4_000_000,
            "linger.ms", 600_000, "delivery.timeout.ms", 700_000, "max.request.size", 8_000_000, "max.block.ms", 30_000)));
        var sent = new ArrayList<Future<RecordMetadata>>();
        for (JsonNode it : step.get("records")) {
            byte[] key = it.get(0).isNull() ? null : Script.bytes(it.get(0).asText());
            Long timestamp = it.get(3).isNull() ? null : it.get(3).asLong();
            byte[] value = it.get(1).isNull() ? null : value(it.get(1).asInt(), it.get(2).asInt());
            sent.add(producer.send(new ProducerRecord<>(topic, step.get("partition").asInt(), timestamp, key, value)));
        }
        producer.flush();
        Object first = Script.outcome(() -> sent.get(0).get().offset());
        Object last = Script.outcome(() -> sent.get(sent.size() - 1).get().offset());
        return Script.row(first, last);
    }

    /** Bytes that compress, with every second seed, or do not. */
    private static byte[] value(int size, int seed) {
        byte[] value = new byte[size];
        if (seed % 2 == 0) new Random(seed).nextBytes(value);
        else for (int at = 0; at < size; at++) value[at] = (byte) ('a' + (at * seed / 7) % 26);
        return value;
    }

    private Object deleteRecords(TopicPartition partition, JsonNode step) throws Exception {
        var before = RecordsToDelete.beforeOffset(step.get("before").asLong());
        return cluster.admin.deleteRecords(Map.of(partition, before)).lowWatermarks().get(partition).get().lowWatermark();
    }

    /** All that a client can see of a topic: of each partition its offsets and its records. */
    private Object look(String topic, JsonNode timestamps) throws Exception {
        var found = cluster.admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
        var seen = new ArrayList<Object>();
        for (var it : found.partitions()) {
            var partition = new TopicPartition(topic, it.partition());
            var offsets = new LinkedHashMap<String, Object>();
            offsets.put("earliest", offset(partition, OffsetSpec.earliest()));
            offsets.put("latest", offset(partition, OffsetSpec.latest()));
            offsets.put("of the largest timestamp", offset(partition, OffsetSpec.maxTimestamp()));
            offsets.put("earliest local", offset(partition, OffsetSpec.earliestLocal()));
            offsets.put("latest tiered", offset(partition, OffsetSpec.latestTiered()));
            for (JsonNode at : timestamps) {
                offsets.put("at " + at.asLong(), offset(partition, OffsetSpec.forTimestamp(at.asLong())));
            }
            seen.add(Map.of("offsets", offsets, "records", records(partition)));
        }
        return seen;
    }

    private Object offset(TopicPartition partition, OffsetSpec spec) {
        return Script.outcome(() -> {
            var found = cluster.admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get();
            return Script.row(found.offset(), found.timestamp(), found.leaderEpoch().orElse(-1));
        });
    }

    private List<Object> records(TopicPartition partition) throws ExecutionException {
        var records = new ArrayList<Object>();
        try (var consumer = cluster.consumer(Map.of())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            long deadline = System.currentTimeMillis() + 30_000;
            // Behind the last record there may be offsets without one.
            while (consumer.position(partition) < end) {
                Script.check(System.currentTimeMillis() < deadline, "no end of " + partition);
                for (var it : consumer.poll(Duration.ofMillis(100))) {
                    String key = it.key() == null ? null : new String(it.key(), StandardCharsets.UTF_8);
                    records.add(Script.row(it.offset(), key, sum(it.value()), it.timestamp()));
                }
            }
        }
        return records;
    }

    private static String sum(byte[] value) {
        if (value == null) return null;
        var sum = new CRC32C();
        sum.update(value);
        return value.length + " bytes, " + Long.toHexString(sum.getValue());
    }
}

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** What is refused, and with which error. */
final class Errors {
    private Errors() {}

    static void add(Script script) {
        script.behaviour("error: unknown topic", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var partition = new TopicPartition("java-unknown", 0);
            Script.see("offsets", Script.outcome(
                () -> cluster.admin.listOffsets(Map.of(partition, OffsetSpec.latest()),
                    new org.apache.kafka.clients.admin.ListOffsetsOptions().timeoutMs(2000)).all().get()));
            Script.see("delete", Script.outcome(() -> cluster.admin.deleteTopics(List.of("java-unknown")).all().get()));
            var topic = cluster.create("java-one-partition");
            Script.see("partition", Script.outcome(() -> cluster.produce(
                List.of(new ProducerRecord<>(topic, 7, null, Script.bytes("v"))), Map.of())));
            Script.see("made by producing",
                cluster.produce(List.of(new ProducerRecord<>("java-made", Script.bytes("v"))), Map.of()));
        });
        script.behaviour("error: invalid topic name", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            for (String name : List.of("with space", "..", "a".repeat(250), "")) {
                Script.see(name.substring(0, Math.min(20, name.length())), created(cluster, new NewTopic(name, 1, (short) 1)));
            }
            Script.see("produce", Script.outcome(
                () -> cluster.produce(List.of(new ProducerRecord<>("with space", Script.bytes("v"))), Map.of())));
        });
        script.behaviour("error: topic exists", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            cluster.create("java-exists");
            Script.see("again", created(cluster, new NewTopic("java-exists", 1, (short) 1)));
        });
        script.behaviour("error: bad number of partitions or replicas", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            Script.see("none", created(cluster, new NewTopic("java-bad", 0, (short) 1)));
            Script.see("three replicas", created(cluster, new NewTopic("java-bad", 1, (short) 3)));
            Script.see("assigned", created(cluster, new NewTopic("java-assigned", Map.of(0, List.of(0), 1, List.of(0)))));
            Script.see("to an unknown broker", created(cluster, new NewTopic("java-bad", Map.of(0, List.of(99)))));
            Script.see("with a gap", created(cluster, new NewTopic("java-bad", Map.of(0, List.of(0), 2, List.of(0)))));
            Script.see("twice", created(cluster, new NewTopic("java-bad", Map.of(0, List.of(0, 0)))));
        });
        script.behaviour("error: bad configuration", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            cluster.create("java-bad-alter");
            var topic = new ConfigResource(ConfigResource.Type.TOPIC, "java-bad-alter");
            var values = Map.of("no.such.config", "1", "retention.ms", "soon", "cleanup.policy", "shred",
                "max.message.bytes", "-1", "segment.bytes", "1", "preallocate", "perhaps", "min.cleanable.dirty.ratio", "2");
            for (var name : values.keySet().stream().sorted().toList()) {
                var value = values.get(name);
                Script.see("create: " + name, created(cluster, new NewTopic("java-bad", 1, (short) 1).configs(Map.of(name, value))));
                Topics.alter(cluster, topic, name, value, OpType.SET);
            }
            Topics.alter(cluster, topic, "retention.ms", "1", OpType.APPEND);
            Topics.alter(cluster, new ConfigResource(ConfigResource.Type.TOPIC, "java-unknown"), "retention.ms", "1", OpType.SET);
        });
        script.behaviour("error: message too large", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var topic = cluster.create("java-small", 1, Map.of("max.message.bytes", "1000"));
            Script.see("too large", cluster.produce(Cluster.records(topic, 0, 1, 2000), Map.of()));
            Script.see("split until it fits", cluster.produce(Cluster.records(topic, 0, 10, 300), Map.of()));
        });
        script.behaviour("error: offset out of range", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var topic = cluster.dated("java-range");
            Map<String, Object> none = Map.of("auto.offset.reset", "none");
            Script.see("beyond the end", Script.outcome(() -> cluster.read(topic, 1, 50, none)));
            var partition = new TopicPartition(topic, 0);
            cluster.admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(5))).all().get();
            Script.see("before the start", Script.outcome(() -> cluster.read(topic, 1, 2, none)));
            Script.see("earliest instead", Cluster.contents(cluster.read(topic, 5, 2, Map.of())));
        });
        script.behaviour("error: no key in a compacted topic", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var topic = cluster.create("java-compacted", 1, Map.of("cleanup.policy", "compact"));
            Script.see("without", cluster.produce(List.of(new ProducerRecord<>(topic, Script.bytes("v"))), Map.of()));
            var with = new ProducerRecord<>(topic, Script.bytes("k"), Script.bytes("v"));
            Script.see("with", cluster.produce(List.of(with), Map.of()));
        });
    }

    private static Object created(Cluster cluster, NewTopic topic) {
        return Script.outcome(() -> cluster.admin.createTopics(List.of(topic)).all().get());
    }
}

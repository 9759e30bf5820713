import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.ConfigResource.Type;

/** Topics, configurations, the cluster. */
final class Topics {
    private Topics() {}

    static void add(Script script) {
        script.behaviour("create topics", bootstrap -> {
            var admin = new Cluster(bootstrap).admin;
            var wanted = new NewTopic("java-create", 3, (short) 1).configs(Map.of("retention.ms", "3600000"));
            var created = admin.createTopics(List.of(wanted));
            Script.see("partitions", created.numPartitions("java-create").get());
            Script.see("replicas", created.replicationFactor("java-create").get());
            Script.see("has an id", created.topicId("java-create").get().toString().length());
            var configs = new TreeMap<String, Object>();
            for (var entry : created.config("java-create").get().entries()) configs.put(entry.name(), show(entry));
            configs.forEach((name, entry) -> Script.see("config " + name, entry));
            var defaults = new NewTopic("java-create-default", Optional.empty(), Optional.empty());
            Script.see("defaults", admin.createTopics(List.of(defaults)).numPartitions("java-create-default").get());
            var validated = admin.createTopics(List.of(new NewTopic("java-valid", 2, (short) 1)),
                new CreateTopicsOptions().validateOnly(true));
            Script.see("validated", validated.numPartitions("java-valid").get());
            Script.until("topics are listed", () -> admin.listTopics().names().get().contains("java-create-default"));
            var names = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
            Script.see("listed", new TreeSet<>(names).stream().filter(it -> it.startsWith("java-")).toList());
        });
        script.behaviour("describe topics", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            cluster.create("java-describe", 5, Map.of());
            var options = new DescribeTopicsOptions().includeAuthorizedOperations(true).partitionSizeLimitPerResponse(2);
            var names = List.of("java-describe", "java-unknown");
            var all = cluster.admin.describeTopics(names, options).topicNameValues();
            Script.see("unknown", Script.outcome(() -> all.get("java-unknown").get()));
            var found = all.get("java-describe").get();
            Script.see("is internal", found.isInternal());
            Script.see("operations", new TreeSet<>(found.authorizedOperations()));
            for (var it : found.partitions()) {
                Script.see("partition " + it.partition(),
                    Script.row(it.leader().id(), it.replicas().size(), it.isr().size(), it.elr(), it.lastKnownElr()));
            }
            var byId = cluster.admin.describeTopics(
                org.apache.kafka.common.TopicCollection.ofTopicIds(List.of(found.topicId()))).topicIdValues();
            Script.see("by id", byId.get(found.topicId()).get().name());
        });
        script.behaviour("add partitions", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            cluster.create("java-grow", 1, Map.of());
            for (int count : new int[] {4, 2, 4}) {
                Script.see("to " + count, Script.outcome(() -> cluster.admin.createPartitions(
                    Map.of("java-grow", NewPartitions.increaseTo(count))).all().get()));
            }
        });
        script.behaviour("delete topics", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            cluster.create("java-delete");
            for (String when : List.of("deleted", "again")) {
                Script.see(when, Script.outcome(() -> cluster.admin.deleteTopics(List.of("java-delete")).all().get()));
            }
            Script.until("it is gone", () -> !cluster.admin.listTopics().names().get().contains("java-delete"));
        });
        script.behaviour("delete records", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var partition = new TopicPartition(cluster.dated("java-delete-records"), 0);
            for (long before : new long[] {4, 2, 99, -1}) {
                Script.see("before " + before, Script.outcome(() -> cluster.admin.deleteRecords(
                    Map.of(partition, RecordsToDelete.beforeOffset(before))).lowWatermarks().get(partition).get()
                    .lowWatermark()));
            }
        });
        script.behaviour("describe configs", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            cluster.create("java-configs", 1, Map.of("retention.ms", "60000"));
            seeConfigs(cluster, new ConfigResource(Type.TOPIC, "java-configs"), "");
            // Of the broker's, those that a client might ask for.
            seeConfigs(cluster, new ConfigResource(Type.BROKER, "0"),
                "num.partitions|default.replication.factor|auto.create.topics.enable|message.max.bytes"
                    + "|log.retention.ms|log.segment.bytes|delete.topic.enable|broker.id|node.id");
            var unknown = new ConfigResource(Type.TOPIC, "java-unknown");
            Script.see("unknown topic",
                Script.outcome(() -> cluster.admin.describeConfigs(List.of(unknown)).all().get()));
        });
        script.behaviour("alter configs", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            cluster.create("java-alter", 1, Map.of("max.message.bytes", "5000"));
            var topic = new ConfigResource(Type.TOPIC, "java-alter");
            alter(cluster, topic, "retention.ms", "1000", OpType.SET);
            alter(cluster, topic, "cleanup.policy", "compact", OpType.APPEND);
            alter(cluster, topic, "cleanup.policy", "compact", OpType.APPEND);
            alter(cluster, topic, "cleanup.policy", "delete", OpType.SUBTRACT);
            alter(cluster, topic, "max.message.bytes", "", OpType.DELETE);
            alter(cluster, topic, "segment.ms", "", OpType.DELETE);
            seeConfigs(cluster, topic, "retention.ms|cleanup.policy|max.message.bytes");
            var broker = new ConfigResource(Type.BROKER, "0");
            alter(cluster, broker, "log.retention.ms", "7200000", OpType.SET);
            alter(cluster, broker, "num.partitions", "3", OpType.SET);
            alter(cluster, broker, "no.such.config", "3", OpType.SET);
            seeConfigs(cluster, topic, "retention.ms");
            seeConfigs(cluster, broker, "log.retention.ms");
            alter(cluster, broker, "log.retention.ms", "", OpType.DELETE);
        });
        script.behaviour("describe the cluster", bootstrap -> {
            var cluster = new Cluster(bootstrap).admin.describeCluster(
                new DescribeClusterOptions().includeAuthorizedOperations(true));
            Script.see("nodes", cluster.nodes().get().stream().map(it -> it.id()).toList());
            Script.see("controller", cluster.controller().get().id());
            Script.see("operations", new TreeSet<>(cluster.authorizedOperations().get()));
            Script.see("has an id", cluster.clusterId().get().isEmpty());
        });
    }

    static void alter(Cluster cluster, ConfigResource resource, String name, String value, OpType type) {
        var operation = new AlterConfigOp(new ConfigEntry(name, value), type);
        Script.see(type + " " + resource.type() + " " + name + "=" + value, Script.outcome(
            () -> cluster.admin.incrementalAlterConfigs(Map.of(resource, List.of(operation))).all().get()));
    }

    /** Shows those configurations whose name matches, or all. */
    static void seeConfigs(Cluster cluster, ConfigResource resource, String names) throws Exception {
        Thread.sleep(500); // Kafka describes a configuration as it was for a moment after it was altered.
        var options = new DescribeConfigsOptions().includeSynonyms(true);
        var found = cluster.admin.describeConfigs(List.of(resource), options).all().get().get(resource);
        for (var entry : found.entries()) {
            if (names.isEmpty() || entry.name().matches(names)) Script.see(resource.type() + " " + entry.name(), show(entry));
        }
    }

    private static List<Object> show(ConfigEntry entry) {
        var synonyms = new ArrayList<Object>();
        for (var it : entry.synonyms()) synonyms.add(Script.row(it.name(), it.value(), it.source()));
        return Script.row(entry.value(), entry.source(), entry.type(), entry.isReadOnly(), entry.isSensitive(), synonyms);
    }
}

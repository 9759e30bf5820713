import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** Consumer groups, by either protocol. */
final class Groups {
    private Groups() {}

    static void add(Script script) {
        for (String protocol : List.of("classic", "consumer")) {
            String kind = protocol.equals("classic") ? "group: " : "KIP-848 group: ";
            script.behaviour(kind + "two members share partitions", bootstrap -> {
                var cluster = new Cluster(bootstrap);
                var topic = cluster.filled("java-shared-" + protocol, 4);
                try (var first = join(cluster, topic, protocol, Map.of())) {
                    settle(List.of(first), 4);
                    try (var second = join(cluster, topic, protocol, Map.of())) {
                        settle(List.of(first, second), 2);
                        var all = new TreeSet<Integer>();
                        for (var member : List.of(first, second)) member.assignment().forEach(it -> all.add(it.partition()));
                        Script.see("together", all);
                    }
                }
            });
            script.behaviour(kind + "commit and resume", bootstrap -> {
                var cluster = new Cluster(bootstrap);
                var topic = cluster.filled("java-resumed-" + protocol, 1);
                var partition = new TopicPartition(topic, 0);
                try (var member = join(cluster, topic, protocol, Map.of())) {
                    Script.see("first", Cluster.contents(Cluster.drain(member, 5)));
                    member.commitSync(Map.of(partition, new OffsetAndMetadata(3, "so far")));
                }
                try (var member = join(cluster, topic, protocol, Map.of())) {
                    Script.see("then", Cluster.contents(Cluster.drain(member, 2)));
                    Script.see("committed", member.committed(java.util.Set.of(partition)).get(partition).toString());
                }
            });
            script.behaviour(kind + "a member leaves", bootstrap -> {
                var cluster = new Cluster(bootstrap);
                var topic = cluster.filled("java-left-" + protocol, 4);
                try (var stays = join(cluster, topic, protocol, Map.of())) {
                    try (var leaves = join(cluster, topic, protocol, Map.of())) {
                        settle(List.of(stays, leaves), 2);
                    }
                    settle(List.of(stays), 4);
                    Script.see("alone", stays.assignment().size());
                }
            });
            script.behaviour(kind + (protocol.equals("classic") ? "describe and list" : "describe"), bootstrap -> {
                var cluster = new Cluster(bootstrap);
                var topic = cluster.filled("java-described-" + protocol, 4);
                try (var member = join(cluster, topic, protocol, Map.of("client.id", "one"))) {
                    settle(List.of(member), 4);
                    Script.see("with a member", describe(cluster, topic));
                }
                Script.until("it is empty", () -> describe(cluster, topic).toString().contains("Empty"));
                Script.see("empty", describe(cluster, topic));
                Script.see("never used", Script.outcome(() -> describe(cluster, "java-never")));
                for (var it : cluster.admin.listGroups().all().get()) {
                    if (!it.groupId().equals(topic)) continue;
                    Script.see("listed", Script.row(it.groupId(), it.protocol(), it.isSimpleConsumerGroup(),
                        it.groupState().map(Object::toString).orElse(""), it.type().map(Object::toString).orElse("")));
                }
            });
        }
        for (String assignor : List.of("RangeAssignor", "RoundRobinAssignor", "StickyAssignor", "CooperativeStickyAssignor")) {
            script.behaviour("group: " + assignor, bootstrap -> {
                var cluster = new Cluster(bootstrap);
                var topic = cluster.filled("java-" + assignor, 4);
                Map<String, Object> config = Map.of("partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor);
                try (var first = join(cluster, topic, "classic", config); var second = join(cluster, topic, "classic", config)) {
                    settle(List.of(first, second), 2);
                    Script.see("described", describe(cluster, topic).get(2));
                }
            });
        }
        script.behaviour("group: static members", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var topic = cluster.filled("java-static", 4);
            Map<String, Object> one = Map.of("group.instance.id", "one");
            try (var member = join(cluster, topic, "classic", one)) {
                settle(List.of(member), 4);
            }
            Script.see("closed, but not gone", describe(cluster, topic));
            try (var member = join(cluster, topic, "classic", one)) {
                settle(List.of(member), 4);
                Script.see("back", describe(cluster, topic));
                try (var usurper = join(cluster, topic, "classic", one)) {
                    settle(List.of(usurper), 4);
                    Script.see("fenced", Script.outcome(() -> {
                        for (int at = 0; at < 100; at++) member.poll(Duration.ofMillis(100));
                        return "never";
                    }));
                }
            }
        });
        script.behaviour("group: reset offsets", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var topic = cluster.filled("java-reset", 2);
            var partition = new TopicPartition(topic, 0);
            Script.see("never used", cluster.admin.listConsumerGroupOffsets(topic).partitionsToOffsetAndMetadata().get().size());
            var offsets = Map.of(partition, new OffsetAndMetadata(2));
            Script.see("altered", Script.outcome(() -> cluster.admin.alterConsumerGroupOffsets(topic, offsets).all().get()));
            Script.see("committed", cluster.admin.listConsumerGroupOffsets(topic).partitionsToOffsetAndMetadata().get().toString());
            try (var member = join(cluster, topic, "classic", Map.of())) {
                settle(List.of(member), 2);
                Script.see("with a member",
                    Script.outcome(() -> cluster.admin.alterConsumerGroupOffsets(topic, offsets).all().get()));
                Script.see("delete offsets with a member", Script.outcome(
                    () -> cluster.admin.deleteConsumerGroupOffsets(topic, java.util.Set.of(partition)).all().get()));
            }
            Script.see("delete offsets", Script.outcome(
                () -> cluster.admin.deleteConsumerGroupOffsets(topic, java.util.Set.of(partition)).all().get()));
            Script.see("then", cluster.admin.listConsumerGroupOffsets(topic).partitionsToOffsetAndMetadata().get().toString());
            Script.see("end", cluster.admin.listOffsets(Map.of(partition, OffsetSpec.latest())).all().get().get(partition).offset());
        });
        script.behaviour("group: delete", bootstrap -> {
            var cluster = new Cluster(bootstrap);
            var topic = cluster.filled("java-deleted", 1);
            try (var member = join(cluster, topic, "classic", Map.of())) {
                settle(List.of(member), 1);
                Script.see("with a member", delete(cluster, topic));
            }
            Script.see("empty", delete(cluster, topic));
            Script.see("again", delete(cluster, topic));
        });
    }

    private static Object delete(Cluster cluster, String group) {
        return Script.outcome(() -> cluster.admin.deleteConsumerGroups(List.of(group)).all().get());
    }

    private static KafkaConsumer<byte[], byte[]> join(Cluster cluster, String topic, String protocol, Map<String, Object> more) {
        var config = new HashMap<String, Object>(more);
        config.put("group.id", topic);
        config.put("group.protocol", protocol);
        if (protocol.equals("classic")) config.put("heartbeat.interval.ms", 300);
        var consumer = cluster.consumer(config);
        consumer.subscribe(List.of(topic));
        return consumer;
    }

    /** Polls all until each has so many partitions. */
    private static void settle(List<KafkaConsumer<byte[], byte[]>> members, int each) throws Exception {
        Script.until(each + " partitions for each of " + members.size(), () -> {
            boolean settled = true;
            for (var member : members) {
                member.poll(Duration.ofMillis(50));
                settled &= member.assignment().size() == each;
            }
            return settled;
        });
    }

    private static List<Object> describe(Cluster cluster, String group) throws Exception {
        var found = cluster.admin.describeConsumerGroups(List.of(group)).all().get().get(group);
        var members = new ArrayList<Object>();
        for (var it : found.members()) {
            var partitions = new TreeSet<Integer>();
            it.assignment().topicPartitions().forEach(partition -> partitions.add(partition.partition()));
            members.add(Script.row(it.clientId().replaceAll("[0-9]+$", "N"), it.host(), it.groupInstanceId().orElse(null), partitions));
        }
        return Script.row(found.groupState(), found.type(), found.partitionAssignor(), found.isSimpleConsumerGroup(),
            found.coordinator().id(), members, found.groupEpoch().isPresent(), found.targetAssignmentEpoch().isPresent());
    }
}

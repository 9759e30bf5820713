import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** Kafka's own client as a member of the mixed group, until it is asked to leave. */
public final class Member implements ConsumerRebalanceListener {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Member() {}

    public static void main(String[] arguments) throws Exception {
        String topic = arguments[1];
        var main = Thread.currentThread();
        var leaves = new java.util.concurrent.atomic.AtomicBoolean();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            leaves.set(true);
            try {
                main.join();
            } catch (InterruptedException error) {
                Thread.currentThread().interrupt();
            }
        }));
        Map<String, Object> config = Map.of(
            "client.id", "Java client", "group.id", topic, "group.protocol", "classic",
            "partition.assignment.strategy", "org.apache.kafka.clients.consumer.RangeAssignor",
            "session.timeout.ms", 6000, "heartbeat.interval.ms", 500);
        try (var consumer = new Cluster(arguments[0]).consumer(config)) {
            consumer.subscribe(List.of(topic), new Member());
            while (!leaves.get()) {
                var places = new ArrayList<List<Object>>();
                var next = new HashMap<TopicPartition, OffsetAndMetadata>();
                for (var it : consumer.poll(Duration.ofMillis(100))) {
                    places.add(Script.row(it.partition(), it.offset(), Script.plain(it.key())));
                    next.put(new TopicPartition(topic, it.partition()), new OffsetAndMetadata(it.offset() + 1));
                }
                if (places.isEmpty()) continue;
                say("records", places);
                Thread.sleep(50);
                try {
                    consumer.commitSync(next);
                    var committed = new TreeMap<Integer, Long>();
                    next.forEach((partition, to) -> committed.put(partition.partition(), to.offset()));
                    say("committed", committed);
                } catch (KafkaException error) {
                    say("refused", error.getClass().getSimpleName());
                }
            }
        }
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        say("assigned", partitions.stream().map(TopicPartition::partition).toList());
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        say("revoked", partitions.stream().map(TopicPartition::partition).toList());
    }

    private static void say(String what, Object value) {
        var now = java.time.Instant.now();
        double at_ms = now.getEpochSecond() * 1e3 + now.getNano() / 1e6;
        try {
            System.out.println(JSON.writeValueAsString(Map.of("at_ms", at_ms, what, value)));
        } catch (com.fasterxml.jackson.core.JsonProcessingException error) {
            throw new IllegalStateException(error);
        }
    }
}

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/** Prints what Kafka's assignors make of seeded random groups; see README.md for the format. */
public class GoldenAssignments {
    static final Random RANDOM = new Random(20_26);

    /** A member, and the round whose result it remembers. */
    static final class Member {
        String id;
        String instance;
        Set<Integer> topics = new TreeSet<>();
        int round = -1;
    }

    /** One case: a leader, and rounds of assignments whose members remember. */
    static final class Case {
        final ConsumerPartitionAssignor assignor;
        final List<Member> members = new ArrayList<>();
        final int[] partitions;
        final boolean alike;
        final List<Map<String, List<TopicPartition>>> results = new ArrayList<>();
        int nextMember;

        Case(ConsumerPartitionAssignor assignor, int members, int topics, int most) {
            this.assignor = assignor;
            alike = RANDOM.nextInt(2) == 0;
            partitions = new int[topics];
            for (int topic = 0; topic < topics; topic++)
                partitions[topic] = RANDOM.nextInt(most + 1);
            for (int count = 0; count < members; count++)
                join();
        }

        void join() {
            Member member = new Member();
            member.id = "c" + nextMember++ + "-" + Integer.toHexString(RANDOM.nextInt(1 << 20));
            member.instance = RANDOM.nextInt(6) == 0 ? "i" + RANDOM.nextInt(100) : null;
            subscribe(member);
            members.add(member);
        }

        void subscribe(Member member) {
            member.topics.clear();
            for (int topic = 0; topic < partitions.length; topic++)
                if (alike || RANDOM.nextInt(3) > 0)
                    member.topics.add(topic);
        }

        void change() {
            for (int changes = RANDOM.nextInt(3); changes >= 0; changes--) {
                Member any = members.get(RANDOM.nextInt(members.size()));
                switch (RANDOM.nextInt(5)) {
                    case 0 -> join();
                    case 1 -> join();
                    case 2 -> {
                        if (members.size() > 1)
                            members.remove(any);
                    }
                    case 3 -> partitions[RANDOM.nextInt(partitions.length)] += RANDOM.nextInt(4);
                    default -> {
                        if (!alike)
                            subscribe(any);
                    }
                }
            }
            Collections.shuffle(members, RANDOM);
        }

        void play(int rounds) {
            StringBuilder out = new StringBuilder("case " + assignor.name() + "\n");
            for (int round = 0; round < rounds; round++) {
                if (round > 0)
                    change();
                String text = assign(round);
                if (text == null)
                    break;
                out.append(text);
            }
            System.out.print(out);
        }

        /** The round's text; null where Java has no result that a group could live with. */
        String assign(int round) {
            StringBuilder out = new StringBuilder("round");
            for (int count : partitions)
                out.append(' ').append(count);
            out.append('\n');
            Map<String, Subscription> subscriptions = new HashMap<>();
            for (Member member : members) {
                out.append(member.id).append(' ').append(member.instance == null ? "-" : member.instance);
                out.append(' ').append(joined(member.topics, ","));
                // Some members missed a round or two, and some have forgotten everything.
                int remembers = RANDOM.nextInt(12) == 0 ? -1 : member.round;
                boolean old = RANDOM.nextInt(8) == 0;
                out.append(' ').append(remembers).append(old ? "o" : "").append('\n');
                subscriptions.put(member.id, subscription(member, remembers, old));
                if (RANDOM.nextInt(8) > 0)
                    member.round = round;
            }
            Map<String, Assignment> result;
            try {
                result = assignor.assign(cluster(), new GroupSubscription(subscriptions)).groupAssignment();
            } catch (RuntimeException impossible) {
                return null;
            }
            Map<String, List<TopicPartition>> assigned = new HashMap<>();
            Set<TopicPartition> seen = new HashSet<>();
            for (Member member : members) {
                List<TopicPartition> list = result.get(member.id).partitions();
                assigned.put(member.id, list);
                for (TopicPartition partition : list)
                    if (!seen.add(partition) || !member.topics.contains(number(partition.topic())))
                        return null;
                out.append('>').append(text(list)).append('\n');
            }
            results.add(assigned);
            return out.toString();
        }

        Subscription subscription(Member member, int remembers, boolean old) {
            List<String> topics = new ArrayList<>();
            member.topics.forEach(topic -> topics.add("t" + topic));
            List<TopicPartition> had =
                    remembers < 0 ? List.of() : results.get(remembers).getOrDefault(member.id, List.of());
            int generation = remembers < 0 ? -1 : remembers + 1;
            ByteBuffer data = null;
            List<TopicPartition> owned = had;
            if (assignor instanceof StickyAssignor) {
                owned = List.of();
                if (remembers >= 0) {
                    StickyAssignor own = new StickyAssignor();
                    own.onAssignment(new Assignment(had), metadata(generation, member));
                    data = own.subscriptionUserData(new HashSet<>(topics));
                    if (old) // Version 0 has no generation.
                        data.limit(data.limit() - 4);
                }
            } else if (assignor instanceof CooperativeStickyAssignor) {
                CooperativeStickyAssignor own = new CooperativeStickyAssignor();
                own.onAssignment(new Assignment(had), metadata(generation, member));
                data = own.subscriptionUserData(new HashSet<>(topics));
            }
            int field = old ? -1 : generation;
            Subscription subscription = new Subscription(topics, data, owned, field, Optional.empty());
            subscription.setGroupInstanceId(Optional.ofNullable(member.instance));
            return subscription;
        }

        ConsumerGroupMetadata metadata(int generation, Member member) {
            return new ConsumerGroupMetadata("g", generation, member.id, Optional.empty());
        }

        Cluster cluster() {
            List<PartitionInfo> infos = new ArrayList<>();
            for (int topic = 0; topic < partitions.length; topic++)
                for (int partition = 0; partition < partitions[topic]; partition++)
                    infos.add(new PartitionInfo("t" + topic, partition, Node.noNode(), new Node[0], new Node[0]));
            return new Cluster("c", List.of(), infos, Set.of(), Set.of());
        }
    }

    static int number(String topic) {
        return Integer.parseInt(topic.substring(1));
    }

    /** {@code topic:partition.partition/topic:partition}, sorted. */
    static String text(List<TopicPartition> partitions) {
        Map<Integer, Set<Integer>> byTopic = new TreeMap<>();
        for (TopicPartition partition : partitions)
            byTopic.computeIfAbsent(number(partition.topic()), t -> new TreeSet<>()).add(partition.partition());
        List<String> parts = new ArrayList<>();
        byTopic.forEach((topic, numbers) -> parts.add(topic + ":" + joined(numbers, ".")));
        return String.join("/", parts);
    }

    static String joined(Set<Integer> numbers, String between) {
        List<String> parts = new ArrayList<>();
        numbers.forEach(number -> parts.add(number.toString()));
        return String.join(between, parts);
    }

    public static void main(String[] arguments) {
        for (int count = 0; count < 20; count++) {
            new Case(new RangeAssignor(), 1 + RANDOM.nextInt(7), 1 + RANDOM.nextInt(4), 9).play(1);
            new Case(new RoundRobinAssignor(), 1 + RANDOM.nextInt(7), 1 + RANDOM.nextInt(4), 9).play(1);
        }
        for (int count = 0; count < 60; count++) {
            new Case(new StickyAssignor(), 1 + RANDOM.nextInt(9), 1 + RANDOM.nextInt(5), 9).play(5);
            new Case(new CooperativeStickyAssignor(), 1 + RANDOM.nextInt(9), 1 + RANDOM.nextInt(5), 9).play(5);
        }
        for (int count = 0; count < 2; count++) {
            new Case(new StickyAssignor(), 30, 6, 40).play(3);
            new Case(new CooperativeStickyAssignor(), 30, 6, 40).play(3);
        }
    }
}

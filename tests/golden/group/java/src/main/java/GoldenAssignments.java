import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.ConsumerGroupPartitionAssignor;
import org.apache.kafka.coordinator.group.api.assignor.MemberAssignment;
import org.apache.kafka.coordinator.group.api.assignor.SubscribedTopicDescriber;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;
import org.apache.kafka.coordinator.group.assignor.RangeAssignor;
import org.apache.kafka.coordinator.group.assignor.UniformAssignor;
import org.apache.kafka.coordinator.group.modern.Assignment;
import org.apache.kafka.coordinator.group.modern.GroupSpecImpl;
import org.apache.kafka.coordinator.group.modern.MemberSubscriptionAndAssignmentImpl;

/**
 * Prints what Kafka's server-side assignors assign; see ../README.md. Groups live through some
 * changes each: the assignment of one step is what the next step starts from.
 *
 * All maps that the assignors visit are sorted ones, so that nothing hangs on the order of hashes.
 * Only the set of topics of the homogeneous assignor is a hash set that it makes itself; there, ids
 * are small numbers, which a hash set holds in ascending order.
 */
public class GoldenAssignments {
    static class Member {
        String instance;
        TreeSet<Integer> topics = new TreeSet<>();
        Map<Uuid, Set<Integer>> target = new TreeMap<>();
    }

    static final Random RANDOM = new Random(848);

    /** A topic's id; of heterogeneous groups, every other one is negative as Java sees it. */
    static Uuid id(int topic, boolean homogeneous) {
        return new Uuid(homogeneous || topic % 2 == 0 ? 0 : -topic, topic);
    }

    static String text(Map<Uuid, Set<Integer>> partitions) {
        TreeMap<Long, String> topics = new TreeMap<>();
        partitions.forEach((id, set) -> topics.put(id.getLeastSignificantBits(), id.getLeastSignificantBits() + ":"
            + new TreeSet<>(set).stream().map(String::valueOf).collect(Collectors.joining(","))));
        return topics.isEmpty() ? "-" : String.join(";", topics.values());
    }

    static void step(
        ConsumerGroupPartitionAssignor assignor,
        TreeMap<Integer, Integer> topics,
        TreeMap<String, Member> members,
        boolean homogeneous
    ) {
        Map<String, MemberSubscriptionAndAssignmentImpl> specs = new TreeMap<>();
        Map<Uuid, Map<Integer, String>> inverted = new TreeMap<>();
        System.out.println("group " + assignor.name() + (homogeneous ? " homogeneous " : " heterogeneous ")
            + topics.entrySet().stream().map(topic -> topic.getKey() + ":" + topic.getValue())
                .collect(Collectors.joining(",")));
        members.forEach((memberId, member) -> {
            TreeSet<Uuid> subscribed = new TreeSet<>();
            member.topics.forEach(topic -> subscribed.add(id(topic, homogeneous)));
            specs.put(memberId, new MemberSubscriptionAndAssignmentImpl(Optional.empty(),
                Optional.ofNullable(member.instance), subscribed,
                new Assignment(Collections.unmodifiableMap(member.target))));
            member.target.forEach((topic, set) -> set.forEach(partition ->
                inverted.computeIfAbsent(topic, __ -> new TreeMap<>()).put(partition, memberId)));
        });
        Map<String, MemberAssignment> result = assignor.assign(
            new GroupSpecImpl(specs, homogeneous ? SubscriptionType.HOMOGENEOUS : SubscriptionType.HETEROGENEOUS, inverted),
            new SubscribedTopicDescriber() {
                public int numPartitions(Uuid topic) {
                    return topics.get((int) topic.getLeastSignificantBits());
                }

                public Set<String> racksForPartition(Uuid topic, int partition) {
                    return Set.of();
                }
            }).members();
        members.forEach((memberId, member) -> {
            String before = text(member.target);
            TreeMap<Uuid, Set<Integer>> target = new TreeMap<>();
            if (result.containsKey(memberId)) {
                result.get(memberId).partitions().forEach((topic, set) -> target.put(topic, new TreeSet<>(set)));
            }
            member.target = target;
            System.out.println(memberId + " " + (member.instance == null ? "-" : member.instance) + " "
                + (member.topics.isEmpty() ? "-"
                    : member.topics.stream().map(String::valueOf).collect(Collectors.joining(",")))
                + " " + before + " " + text(target));
        });
    }

    static TreeSet<Integer> subscription(TreeMap<Integer, Integer> topics) {
        return topics.keySet().stream().filter(topic -> RANDOM.nextInt(3) > 0)
            .collect(Collectors.toCollection(TreeSet::new));
    }

    static void group(ConsumerGroupPartitionAssignor assignor, boolean homogeneous) {
        TreeMap<Integer, Integer> topics = new TreeMap<>();
        int topicCount = 1 + RANDOM.nextInt(5);
        for (int topic = 1; topic <= topicCount; topic++) topics.put(topic, 1 + RANDOM.nextInt(9));
        TreeMap<String, Member> members = new TreeMap<>();
        TreeSet<Integer> shared = new TreeSet<>(topics.keySet());
        for (int steps = 2 + RANDOM.nextInt(5); steps > 0; steps--) {
            for (int joining = RANDOM.nextInt(4); joining > 0; joining--) {
                Member member = new Member();
                if (RANDOM.nextInt(4) == 0) member.instance = "i" + RANDOM.nextInt(1_000);
                member.topics = homogeneous ? shared : subscription(topics);
                members.put("m" + RANDOM.nextInt(1_000), member);
            }
            List<String> ids = new ArrayList<>(members.keySet());
            if (!ids.isEmpty() && RANDOM.nextInt(3) == 0) members.remove(ids.get(RANDOM.nextInt(ids.size())));
            if (!homogeneous && !members.isEmpty() && RANDOM.nextInt(2) == 0) {
                members.firstEntry().getValue().topics = subscription(topics);
            }
            if (homogeneous && RANDOM.nextInt(4) == 0) {
                shared.clear();
                shared.addAll(subscription(topics));
            }
            if (RANDOM.nextInt(3) == 0) topics.merge(1 + RANDOM.nextInt(topicCount), 1 + RANDOM.nextInt(3), Integer::sum);
            step(assignor, topics, members, homogeneous);
        }
    }

    public static void main(String[] arguments) {
        for (int groups = 0; groups < 60; groups++) {
            group(new UniformAssignor(), true);
            group(new UniformAssignor(), false);
            if (groups % 3 == 0) {
                group(new RangeAssignor(), true);
                group(new RangeAssignor(), false);
            }
        }
    }
}

import java.util.HexFormat;
import java.util.List;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.generated.*;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/** Prints records of __consumer_offsets as Kafka's coordinator writes them; see ../README.md. */
public class GoldenRecords {
    private static final GroupCoordinatorRecordSerde SERDE = new GroupCoordinatorRecordSerde();
    private static final Uuid TOPIC = new Uuid(1, 2);

    private static String hex(byte[] bytes) {
        return bytes == null ? "null" : HexFormat.of().formatHex(bytes);
    }

    private static void print(String name, ApiMessage key, ApiMessage value, int version) {
        CoordinatorRecord record =
            CoordinatorRecord.record(key, new ApiMessageAndVersion(value, (short) version));
        System.out.println(name + " v" + version + " " + hex(SERDE.serializeKey(record)) + " "
            + hex(SERDE.serializeValue(record)));
    }

    public static void main(String[] arguments) {
        for (int version = 0; version <= 4; version++) {
            OffsetCommitValue value = new OffsetCommitValue()
                .setOffset(100).setLeaderEpoch(5).setMetadata("note").setCommitTimestamp(1_000);
            if (version == 1) value.setExpireTimestamp(2_000);
            if (version == 4) value.setTopicId(TOPIC);
            print("OffsetCommit",
                new OffsetCommitKey().setGroup("g").setTopic("orders").setPartition(3), value, version);
        }
        for (int version = 0; version <= 4; version++) {
            print("GroupMetadata", new GroupMetadataKey().setGroup("g"),
                new GroupMetadataValue().setProtocolType("consumer").setGeneration(7)
                    .setProtocol("range").setLeader("m").setCurrentStateTimestamp(1_000)
                    .setMembers(List.of(new GroupMetadataValue.MemberMetadata()
                        .setMemberId("m").setGroupInstanceId("i").setClientId("c")
                        .setClientHost("/127.0.0.1").setRebalanceTimeout(60_000)
                        .setSessionTimeout(45_000).setSubscription(new byte[] {1, 2})
                        .setAssignment(new byte[] {3}))), version);
        }
        print("ConsumerGroupMetadata", new ConsumerGroupMetadataKey().setGroupId("g"),
            new ConsumerGroupMetadataValue().setEpoch(7).setMetadataHash(-2), 0);
        ConsumerGroupMemberMetadataKey member =
            new ConsumerGroupMemberMetadataKey().setGroupId("g").setMemberId("m");
        print("ConsumerGroupMemberMetadata", member,
            new ConsumerGroupMemberMetadataValue().setInstanceId(null).setRackId("r")
                .setClientId("c").setClientHost("/127.0.0.1")
                .setSubscribedTopicNames(List.of("orders")).setSubscribedTopicRegex("o.*")
                .setRebalanceTimeoutMs(60_000).setServerAssignor(null), 0);
        print("ConsumerGroupMemberMetadataClassic", member,
            new ConsumerGroupMemberMetadataValue().setInstanceId("i").setRackId(null)
                .setClientId("c").setClientHost("/127.0.0.1").setSubscribedTopicRegex(null)
                .setRebalanceTimeoutMs(60_000).setServerAssignor("range")
                .setClassicMemberMetadata(new ConsumerGroupMemberMetadataValue.ClassicMemberMetadata()
                    .setSessionTimeoutMs(45_000)
                    .setSupportedProtocols(List.of(new ConsumerGroupMemberMetadataValue.ClassicProtocol()
                        .setName("range").setMetadata(new byte[] {1, 2})))), 0);
        print("ConsumerGroupTargetAssignmentMetadata",
            new ConsumerGroupTargetAssignmentMetadataKey().setGroupId("g"),
            new ConsumerGroupTargetAssignmentMetadataValue().setAssignmentEpoch(7), 0);
        print("ConsumerGroupTargetAssignmentMember",
            new ConsumerGroupTargetAssignmentMemberKey().setGroupId("g").setMemberId("m"),
            new ConsumerGroupTargetAssignmentMemberValue().setTopicPartitions(
                List.of(new ConsumerGroupTargetAssignmentMemberValue.TopicPartition()
                    .setTopicId(TOPIC).setPartitions(List.of(0, 1)))), 0);
        ConsumerGroupCurrentMemberAssignmentKey current =
            new ConsumerGroupCurrentMemberAssignmentKey().setGroupId("g").setMemberId("m");
        print("ConsumerGroupCurrentMemberAssignment", current,
            new ConsumerGroupCurrentMemberAssignmentValue().setMemberEpoch(7)
                .setPreviousMemberEpoch(6).setState((byte) 1)
                .setAssignedPartitions(List.of(
                    new ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions()
                        .setTopicId(TOPIC).setPartitions(List.of(0))))
                .setPartitionsPendingRevocation(List.of(
                    new ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions()
                        .setTopicId(TOPIC).setPartitions(List.of(1, 2)))), 0);
        print("ConsumerGroupRegularExpression",
            new ConsumerGroupRegularExpressionKey().setGroupId("g").setRegularExpression("o.*"),
            new ConsumerGroupRegularExpressionValue().setTopics(List.of("orders")).setVersion(9)
                .setTimestamp(1_000), 0);
        System.out.println("OffsetCommitTombstone - "
            + hex(SERDE.serializeKey(CoordinatorRecord.tombstone(
                new OffsetCommitKey().setGroup("g").setTopic("orders").setPartition(3)))) + " "
            + hex(SERDE.serializeValue(CoordinatorRecord.tombstone(new OffsetCommitKey()))));
    }
}

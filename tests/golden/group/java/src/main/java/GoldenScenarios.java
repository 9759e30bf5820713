import java.io.DataInputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * Plays scenarios of consumer groups against a real Kafka, and writes behind each step what came of
 * it; see ../README.md. Topics and groups get a suffix of their own on the way, so that a broker can
 * be used again.
 */
public class GoldenScenarios {
    static Socket socket;
    static int correlationId;
    static String suffix;
    static final Map<String, Uuid> ids = new HashMap<>();

    static ByteBuffer call(ApiKeys api, int version, ApiMessage request) throws Exception {
        short v = (short) version;
        ByteBuffer header = MessageUtil.toByteBufferAccessor(new RequestHeaderData()
            .setRequestApiKey(api.id).setRequestApiVersion(v).setCorrelationId(++correlationId)
            .setClientId("test"), api.requestHeaderVersion(v)).buffer();
        ByteBuffer body = MessageUtil.toByteBufferAccessor(request, v).buffer();
        ByteBuffer frame = ByteBuffer.allocate(4 + header.remaining() + body.remaining());
        frame.putInt(header.remaining() + body.remaining()).put(header).put(body);
        socket.getOutputStream().write(frame.array());
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        ByteBuffer response = ByteBuffer.wrap(bytes);
        new ResponseHeaderData(new ByteBufferAccessor(response), api.responseHeaderVersion(v));
        return response;
    }

    static String code(short code) {
        return Errors.forCode(code).name();
    }

    static String name(Uuid id) {
        return ids.entrySet().stream().filter(topic -> topic.getValue().equals(id))
            .map(Map.Entry::getKey).findFirst().orElse("?");
    }

    static String partitions(Map<Uuid, List<Integer>> topics) {
        TreeMap<String, String> named = new TreeMap<>();
        topics.forEach((id, list) -> named.put(name(id), new TreeSet<>(list).stream()
            .map(String::valueOf).collect(Collectors.joining(","))));
        return named.isEmpty() ? "-" : named.entrySet().stream()
            .map(topic -> topic.getKey() + ":" + topic.getValue()).collect(Collectors.joining(";"));
    }

    static List<String> list(String text, String separator) {
        return text.equals("-") ? List.of() : Arrays.asList(text.split(separator));
    }

    static String heartbeat(String[] words) throws Exception {
        ConsumerGroupHeartbeatRequestData request = new ConsumerGroupHeartbeatRequestData()
            .setGroupId(words[1] + suffix).setMemberId(words[2].equals("-") ? "" : words[2])
            .setMemberEpoch(Integer.parseInt(words[3]));
        for (int at = 4; at < words.length; at++) {
            String[] pair = words[at].split("=", 2);
            switch (pair[0]) {
                case "rt" -> request.setRebalanceTimeoutMs(Integer.parseInt(pair[1]));
                case "i" -> request.setInstanceId(pair[1]);
                case "s" -> request.setServerAssignor(pair[1]);
                case "r" -> request.setSubscribedTopicRegex(pair[1]);
                case "t" -> request.setSubscribedTopicNames(
                    list(pair[1], ",").stream().map(topic -> topic + suffix).toList());
                case "own" -> request.setTopicPartitions(list(pair[1], ";").stream().map(topic -> {
                    String[] parts = topic.split(":");
                    return new ConsumerGroupHeartbeatRequestData.TopicPartitions()
                        .setTopicId(ids.get(parts[0]))
                        .setPartitions(list(parts[1], ",").stream().map(Integer::valueOf).toList());
                }).toList());
                default -> throw new IllegalArgumentException(words[at]);
            }
        }
        ConsumerGroupHeartbeatResponseData response = new ConsumerGroupHeartbeatResponseData(
            new ByteBufferAccessor(call(ApiKeys.CONSUMER_GROUP_HEARTBEAT, 1, request)), (short) 1);
        if (response.errorCode() != 0) return code(response.errorCode());
        String assignment = "same";
        if (response.assignment() != null) {
            Map<Uuid, List<Integer>> topics = new HashMap<>();
            response.assignment().topicPartitions()
                .forEach(topic -> topics.put(topic.topicId(), topic.partitions()));
            assignment = partitions(topics);
        }
        return response.memberId() + " " + response.memberEpoch() + " " + assignment;
    }

    static String described(ConsumerGroupDescribeResponseData.Assignment assignment) {
        Map<Uuid, List<Integer>> topics = new HashMap<>();
        assignment.topicPartitions().forEach(topic -> topics.put(topic.topicId(), topic.partitions()));
        return partitions(topics);
    }

    static String shown(String id) {
        return members.contains(id) ? alias(id) : id;
    }

    static String describe(String group) throws Exception {
        ConsumerGroupDescribeResponseData.DescribedGroup described = new ConsumerGroupDescribeResponseData(
            new ByteBufferAccessor(call(ApiKeys.CONSUMER_GROUP_DESCRIBE, 1,
                new ConsumerGroupDescribeRequestData().setGroupIds(List.of(group + suffix)))), (short) 1)
            .groups().get(0);
        if (described.errorCode() != 0) return code(described.errorCode());
        String members = described.members().stream().map(member -> " | " + shown(member.memberId()) + " "
            + member.memberEpoch() + " " + described(member.assignment()) + " -> "
            + described(member.targetAssignment())).sorted().collect(Collectors.joining());
        return described.groupState() + " " + described.groupEpoch() + " " + described.assignmentEpoch()
            + " " + described.assignorName() + members;
    }

    static String commit(String[] words) throws Exception {
        OffsetCommitRequestData request = new OffsetCommitRequestData().setGroupId(words[1] + suffix)
            .setMemberId(id(words[2]))
            .setGenerationIdOrMemberEpoch(Integer.parseInt(words[3]))
            .setTopics(List.of(new OffsetCommitRequestData.OffsetCommitRequestTopic()
                .setName(words[4] + suffix).setPartitions(List.of(
                    new OffsetCommitRequestData.OffsetCommitRequestPartition()
                        .setPartitionIndex(Integer.parseInt(words[5]))
                        .setCommittedOffset(Long.parseLong(words[6])).setCommittedMetadata("")))));
        int version = words.length > 7 ? Integer.parseInt(words[7]) : 9;
        return code(new OffsetCommitResponseData(
            new ByteBufferAccessor(call(ApiKeys.OFFSET_COMMIT, version, request)), (short) version)
            .topics().get(0).partitions().get(0).errorCode());
    }

    static String fetch(String[] words) throws Exception {
        OffsetFetchRequestData request = new OffsetFetchRequestData().setGroups(List.of(
            new OffsetFetchRequestData.OffsetFetchRequestGroup().setGroupId(words[1] + suffix)
                .setMemberId(words[2].equals("-") ? null : words[2])
                .setMemberEpoch(Integer.parseInt(words[3]))
                .setTopics(List.of(new OffsetFetchRequestData.OffsetFetchRequestTopics()
                    .setName(words[4] + suffix)
                    .setPartitionIndexes(List.of(Integer.parseInt(words[5])))))));
        OffsetFetchResponseData.OffsetFetchResponseGroup group = new OffsetFetchResponseData(
            new ByteBufferAccessor(call(ApiKeys.OFFSET_FETCH, 9, request)), (short) 9).groups().get(0);
        return group.errorCode() != 0 ? code(group.errorCode())
            : String.valueOf(group.topics().get(0).partitions().get(0).committedOffset());
    }

    static String listed(String group) throws Exception {
        return new ListGroupsResponseData(new ByteBufferAccessor(call(ApiKeys.LIST_GROUPS, 5,
            new ListGroupsRequestData())), (short) 5).groups().stream()
            .filter(one -> one.groupId().equals(group + suffix))
            .map(one -> one.groupType() + " " + one.groupState() + " " + one.protocolType())
            .findFirst().orElse("none");
    }

    static String topic(String name, int partitions) throws Exception {
        CreatableTopicCollection topics = new CreatableTopicCollection();
        topics.add(new CreatableTopic().setName(name + suffix).setNumPartitions(partitions)
            .setReplicationFactor((short) 1));
        CreateTopicsResponseData.CreatableTopicResult made = new CreateTopicsResponseData(
            new ByteBufferAccessor(call(ApiKeys.CREATE_TOPICS, 7, new CreateTopicsRequestData()
                .setTopics(topics).setTimeoutMs(10_000))), (short) 7).topics().iterator().next();
        ids.put(name, made.topicId());
        Thread.sleep(500);
        return code(made.errorCode());
    }

    static String grow(String name, int partitions) throws Exception {
        CreatePartitionsRequestData.CreatePartitionsTopicCollection topics =
            new CreatePartitionsRequestData.CreatePartitionsTopicCollection();
        topics.add(new CreatePartitionsRequestData.CreatePartitionsTopic().setName(name + suffix)
            .setCount(partitions).setAssignments(null));
        String outcome = code(new CreatePartitionsResponseData(new ByteBufferAccessor(
            call(ApiKeys.CREATE_PARTITIONS, 3, new CreatePartitionsRequestData().setTopics(topics)
                .setTimeoutMs(10_000))), (short) 3).results().get(0).errorCode());
        Thread.sleep(500);
        return outcome;
    }

    static String drop(String name) throws Exception {
        String outcome = code(new DeleteTopicsResponseData(new ByteBufferAccessor(
            call(ApiKeys.DELETE_TOPICS, 6, new DeleteTopicsRequestData().setTopics(List.of(
                new DeleteTopicsRequestData.DeleteTopicState().setName(name + suffix)))
                .setTimeoutMs(10_000))), (short) 6).responses().iterator().next().errorCode());
        Thread.sleep(500);
        return outcome;
    }

    static String join(String group) throws Exception {
        JoinGroupRequestData.JoinGroupRequestProtocolCollection protocols =
            new JoinGroupRequestData.JoinGroupRequestProtocolCollection();
        protocols.add(new JoinGroupRequestData.JoinGroupRequestProtocol().setName("range")
            .setMetadata(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
        return code(new JoinGroupResponseData(new ByteBufferAccessor(call(ApiKeys.JOIN_GROUP, 5,
            new JoinGroupRequestData().setGroupId(group + suffix).setProtocolType("consumer")
                .setSessionTimeoutMs(10_000).setRebalanceTimeoutMs(10_000)
                .setProtocols(protocols))), (short) 5).errorCode());
    }

    /** The ids of members of the classic protocol, which Kafka makes: c1, c2, ... */
    static final List<String> members = new ArrayList<>();

    static String id(String alias) {
        if (!alias.startsWith("c")) return alias.equals("-") ? "" : alias;
        return members.get(Integer.parseInt(alias.substring(1)) - 1);
    }

    static String alias(String id) {
        if (!members.contains(id)) members.add(id);
        return "c" + (members.indexOf(id) + 1);
    }

    static List<TopicPartition> topicPartitions(String text) {
        List<TopicPartition> all = new ArrayList<>();
        for (String topic : list(text, ";")) {
            String[] parts = topic.split(":");
            for (String partition : list(parts[1], ",")) {
                all.add(new TopicPartition(parts[0] + suffix, Integer.parseInt(partition)));
            }
        }
        return all;
    }

    /** cjoin GROUP MEMBER TOPICS OWNED [INSTANCE] */
    static String classicJoin(String[] words) throws Exception {
        JoinGroupRequestData.JoinGroupRequestProtocolCollection protocols =
            new JoinGroupRequestData.JoinGroupRequestProtocolCollection();
        List<String> topics = list(words[3], ",").stream().map(topic -> topic + suffix).toList();
        ByteBuffer metadata = ConsumerProtocol.serializeSubscription(
            new ConsumerPartitionAssignor.Subscription(topics, null, topicPartitions(words[4])));
        byte[] bytes = new byte[metadata.remaining()];
        metadata.get(bytes);
        protocols.add(new JoinGroupRequestData.JoinGroupRequestProtocol().setName("range")
            .setMetadata(bytes));
        JoinGroupResponseData response = new JoinGroupResponseData(new ByteBufferAccessor(call(
            ApiKeys.JOIN_GROUP, 9, new JoinGroupRequestData().setGroupId(words[1] + suffix)
                .setMemberId(id(words[2])).setProtocolType("consumer").setSessionTimeoutMs(10_000)
                .setRebalanceTimeoutMs(10_000).setProtocols(protocols)
                .setGroupInstanceId(words.length > 5 ? words[5] : null))), (short) 9);
        if (response.errorCode() == Errors.MEMBER_ID_REQUIRED.code()) {
            return "MEMBER_ID_REQUIRED " + alias(response.memberId());
        }
        return response.errorCode() != 0 ? code(response.errorCode()) : alias(response.memberId()) + " "
            + response.generationId() + " " + response.protocolName() + " "
            + (response.leader().equals(response.memberId()) ? "leads" : "follows");
    }

    /** csync GROUP MEMBER GENERATION [ASSIGNMENT] */
    static String classicSync(String[] words) throws Exception {
        SyncGroupRequestData request = new SyncGroupRequestData().setGroupId(words[1] + suffix)
            .setMemberId(id(words[2])).setGenerationId(Integer.parseInt(words[3]))
            .setProtocolType("consumer").setProtocolName("range");
        if (words.length > 4) {
            ByteBuffer assigned = ConsumerProtocol.serializeAssignment(
                new ConsumerPartitionAssignor.Assignment(topicPartitions(words[4])));
            byte[] bytes = new byte[assigned.remaining()];
            assigned.get(bytes);
            request.setAssignments(List.of(new SyncGroupRequestData.SyncGroupRequestAssignment()
                .setMemberId(id(words[2])).setAssignment(bytes)));
        }
        SyncGroupResponseData response = new SyncGroupResponseData(
            new ByteBufferAccessor(call(ApiKeys.SYNC_GROUP, 5, request)), (short) 5);
        if (response.errorCode() != 0) return code(response.errorCode());
        Map<Uuid, List<Integer>> topics = new HashMap<>();
        ConsumerProtocol.deserializeAssignment(ByteBuffer.wrap(response.assignment())).partitions()
            .forEach(one -> topics.computeIfAbsent(
                ids.get(one.topic().substring(0, one.topic().length() - suffix.length())),
                __ -> new ArrayList<>()).add(one.partition()));
        return partitions(topics);
    }

    /** chb GROUP MEMBER GENERATION */
    static String classicHeartbeat(String[] words) throws Exception {
        return code(new HeartbeatResponseData(new ByteBufferAccessor(call(ApiKeys.HEARTBEAT, 4,
            new HeartbeatRequestData().setGroupId(words[1] + suffix).setMemberId(id(words[2]))
                .setGenerationId(Integer.parseInt(words[3])))), (short) 4).errorCode());
    }

    /** cleave GROUP MEMBER [INSTANCE] */
    static String classicLeave(String[] words) throws Exception {
        return code(new LeaveGroupResponseData(new ByteBufferAccessor(call(ApiKeys.LEAVE_GROUP, 5,
            new LeaveGroupRequestData().setGroupId(words[1] + suffix).setMembers(List.of(
                new LeaveGroupRequestData.MemberIdentity().setMemberId(id(words[2]))
                    .setGroupInstanceId(words.length > 3 ? words[3] : null))))), (short) 5)
            .members().get(0).errorCode());
    }

    static String step(String[] words) throws Exception {
        return switch (words[0]) {
            case "topic" -> topic(words[1], Integer.parseInt(words[2]));
            case "grow" -> grow(words[1], Integer.parseInt(words[2]));
            case "drop" -> drop(words[1]);
            case "hb" -> heartbeat(words);
            case "describe" -> describe(words[1]);
            case "commit" -> commit(words);
            case "fetch" -> fetch(words);
            case "list" -> listed(words[1]);
            case "cjoin" -> classicJoin(words);
            case "csync" -> classicSync(words);
            case "chb" -> classicHeartbeat(words);
            case "cleave" -> classicLeave(words);
            case "join" -> join(words[1]);
            case "delete" -> code(new DeleteGroupsResponseData(new ByteBufferAccessor(
                call(ApiKeys.DELETE_GROUPS, 2, new DeleteGroupsRequestData()
                    .setGroupsNames(List.of(words[1] + suffix)))), (short) 2)
                .results().iterator().next().errorCode());
            case "wait" -> {
                Thread.sleep(Long.parseLong(words[1]));
                yield "";
            }
            default -> throw new IllegalArgumentException(words[0]);
        };
    }

    public static void main(String[] arguments) throws Exception {
        String[] address = arguments[0].split(":");
        socket = new Socket(address[0], Integer.parseInt(address[1]));
        // Kafka makes __consumer_offsets when a coordinator is first asked for.
        while (new FindCoordinatorResponseData(new ByteBufferAccessor(call(ApiKeys.FIND_COORDINATOR, 4,
            new FindCoordinatorRequestData().setCoordinatorKeys(List.of("g")))), (short) 4)
            .coordinators().get(0).errorCode() != 0) {
            Thread.sleep(500);
        }
        Thread.sleep(2_000);
        for (String file : Arrays.copyOfRange(arguments, 1, arguments.length)) {
            Path path = Path.of(file);
            suffix = "-" + System.currentTimeMillis();
            ids.clear();
            members.clear();
            List<String> lines = new ArrayList<>();
            for (String line : Files.readAllLines(path)) {
                if (line.isBlank() || line.startsWith("#")) {
                    lines.add(line);
                    continue;
                }
                String command = line.split(" => ")[0];
                String outcome = step(command.trim().split(" +"));
                lines.add(outcome.isEmpty() ? command : command + " => " + outcome);
            }
            Files.write(path, lines);
            System.out.println(path.getFileName());
        }
    }
}

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.apache.kafka.common.utils.AppInfoParser;
import org.apache.kafka.common.utils.Exit;

/** Kafka's command line tools, called by their main methods: a virtual machine for each would take minutes. */
public final class Tools {
    /** Instead of the end of the virtual machine. */
    private static final class Ended extends Error {
        private static final long serialVersionUID = 1;
        final int code;

        Ended(int code) {
            super("exit code " + code, null, false, false);
            this.code = code;
        }
    }

    private interface Main {
        void run(String[] arguments) throws Exception;
    }

    private static final Main TOPICS = org.apache.kafka.tools.TopicCommand::main;
    private static final Main CONFIGS = kafka.admin.ConfigCommand::main;
    private static final Main PRODUCER = org.apache.kafka.tools.ConsoleProducer::main;
    private static final Main CONSUMER = org.apache.kafka.tools.consumer.ConsoleConsumer::main;
    private static final Main GROUPS = org.apache.kafka.tools.consumer.group.ConsumerGroupCommand::main;
    private static final Main OFFSETS = org.apache.kafka.tools.GetOffsetShell::main;

    private static final Pattern EXCEPTION = Pattern.compile("\\w+Exception\\b");

    /** What a tool does when the virtual machine ends, such as to close its producer. */
    private static final List<Runnable> HOOKS = new ArrayList<>();

    private Tools() {}

    public static void main(String[] arguments) {
        Exit.setExitProcedure((code, message) -> { throw new Ended(code); });
        Exit.setHaltProcedure((code, message) -> { throw new Ended(code); });
        Exit.setShutdownHookAdder((name, hook) -> HOOKS.add(hook));
        var script = new Script();
        topics(script);
        records(script);
        groups(script);
        errors(script);
        script.run("Apache Kafka's tools " + AppInfoParser.getVersion(), arguments);
        Runtime.getRuntime().halt(0); // Nothing of the tools is left to be done.
    }

    /** Runs a tool; gives the lines that it printed, sorted where order means nothing, and its exit code. */
    private static List<String> run(Main tool, String input, String... arguments) throws Exception {
        InputStream in = System.in;
        PrintStream out = System.out;
        PrintStream err = System.err;
        var said = new ByteArrayOutputStream();
        var log = new ByteArrayOutputStream();
        int code = 0;
        try {
            System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
            System.setOut(new PrintStream(said, true));
            System.setErr(new PrintStream(log, true));
            tool.run(arguments);
        } catch (Ended ended) {
            code = ended.code;
        } finally {
            HOOKS.forEach(Runnable::run);
            HOOKS.clear();
            System.setIn(in);
            System.setOut(out);
            System.setErr(err);
        }
        var lines = linesOf(arguments, said + "\n" + log);
        if (code != 0) lines.add("exit code " + code);
        return lines;
    }

    /** The same for a tool that does its last things when its virtual machine ends. */
    private static List<String> runAlone(String tool, String... arguments) throws Exception {
        var command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"), "-XX:TieredStopAtLevel=1",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", System.getProperty("java.class.path"), tool));
        command.addAll(List.of(arguments));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        var lines = linesOf(arguments, said);
        if (process.waitFor() != 0) lines.add("exit code " + process.exitValue());
        return lines;
    }

    /** The lines without what differs from run to run, and without the words of errors: their names are left. */
    private static List<String> linesOf(String[] arguments, String said) {
        System.err.println(Arrays.toString(arguments) + "\n" + said);
        var lines = new ArrayList<String>();
        for (String line : said.split("\n")) {
            boolean ofTrace = line.startsWith("\tat ") || line.startsWith("\t...") || line.contains("Tools$Ended");
            if (line.isBlank() || ofTrace || line.equals("exit code 0")) continue;
            if (line.contains("Exception") || line.startsWith("[") || line.startsWith("Error while executing")) {
                EXCEPTION.matcher(line).results().map(MatchResult::group).filter(it -> !lines.contains(it)).forEach(lines::add);
            } else {
                lines.add(line.strip().replaceAll("TopicId: \\S+", "TopicId: ID").replaceAll("127.0.0.1:[0-9]+ +", "BROKER "));
            }
        }
        return lines;
    }

    private static String[] with(String bootstrap, String... arguments) {
        var all = new ArrayList<>(List.of("--bootstrap-server", bootstrap));
        all.addAll(List.of(arguments));
        return all.toArray(String[]::new);
    }

    private static void see(String what, Main tool, String bootstrap, String... arguments) throws Exception {
        Script.see(what, run(tool, "", with(bootstrap, arguments)));
    }

    private static String create(String bootstrap, String topic, String... more) throws Exception {
        var arguments = new ArrayList<>(List.of("--create", "--topic", topic));
        arguments.addAll(List.of(more));
        var said = run(TOPICS, "", with(bootstrap, arguments.toArray(String[]::new)));
        Script.check(said.contains("Created topic " + topic + "."), String.join("\n", said));
        Script.until(topic + " appears", () -> run(TOPICS, "", with(bootstrap, "--list")).contains(topic));
        return topic;
    }

    private static String filled(String bootstrap, String topic) throws Exception {
        create(bootstrap, topic);
        run(PRODUCER, "k1:v1\nk2:v2\nk3:v3\nk4:v4\n", with(bootstrap, "--topic", topic,
            "--property", "parse.key=true", "--property", "key.separator=:"));
        return topic;
    }

    private static void seeRead(String what, String bootstrap, String topic, int count, String... more) throws Exception {
        var arguments = new ArrayList<>(List.of("--topic", topic, "--max-messages", "" + count, "--timeout-ms", "15000",
            "--property", "print.key=true", "--property", "print.offset=true", "--property", "print.headers=true"));
        arguments.addAll(List.of(more));
        see(what, CONSUMER, bootstrap, arguments.toArray(String[]::new));
    }

    private static void topics(Script script) {
        script.behaviour("create topics", bootstrap -> {
            see("create", TOPICS, bootstrap, "--create", "--topic", "tools-create", "--partitions", "3",
                "--config", "retention.ms=60000");
            see("if not exists", TOPICS, bootstrap, "--create", "--if-not-exists", "--topic", "tools-create");
            Script.until("it is listed", () -> run(TOPICS, "", with(bootstrap, "--list")).contains("tools-create"));
        });
        script.behaviour("describe topics", bootstrap -> {
            create(bootstrap, "tools-describe", "--partitions", "3", "--config", "retention.ms=60000");
            var said = run(TOPICS, "", with(bootstrap, "--describe", "--topic", "tools-describe"));
            Script.see("described", said);
            see("under-replicated", TOPICS, bootstrap, "--describe", "--under-replicated-partitions");
            see("unavailable", TOPICS, bootstrap, "--describe", "--unavailable-partitions");
        });
        script.behaviour("add partitions", bootstrap -> {
            create(bootstrap, "tools-grow");
            see("to 3", TOPICS, bootstrap, "--alter", "--topic", "tools-grow", "--partitions", "3");
            see("to 2", TOPICS, bootstrap, "--alter", "--topic", "tools-grow", "--partitions", "2");
        });
        script.behaviour("delete topics", bootstrap -> {
            create(bootstrap, "tools-delete");
            see("deleted", TOPICS, bootstrap, "--delete", "--topic", "tools-delete");
            Script.until("it is gone", () -> !run(TOPICS, "", with(bootstrap, "--list")).contains("tools-delete"));
            see("again", TOPICS, bootstrap, "--delete", "--topic", "tools-delete");
        });
        script.behaviour("delete records", bootstrap -> {
            var topic = filled(bootstrap, "tools-delete-records");
            var file = Files.createTempFile("delete-records", ".json");
            for (int before : new int[] {2, 99}) {
                Files.writeString(file, "{\"version\": 1, \"partitions\": [{\"topic\": \"" + topic
                    + "\", \"partition\": 0, \"offset\": " + before + "}]}");
                see("before " + before, org.apache.kafka.tools.DeleteRecordsCommand::main, bootstrap,
                    "--offset-json-file", file.toString());
            }
            Files.delete(file);
            see("earliest", OFFSETS, bootstrap, "--topic", topic, "--time", "earliest");
        });
        script.behaviour("describe configs", bootstrap -> {
            create(bootstrap, "tools-configs", "--config", "retention.ms=60000");
            see("changed ones", CONFIGS, bootstrap, "--describe", "--topic", "tools-configs");
        });
        script.behaviour("alter configs", bootstrap -> {
            create(bootstrap, "tools-alter");
            see("add", CONFIGS, bootstrap, "--alter", "--topic", "tools-alter", "--add-config",
                "retention.ms=1000,cleanup.policy=[compact,delete]");
            see("delete", CONFIGS, bootstrap, "--alter", "--topic", "tools-alter", "--delete-config", "retention.ms");
            see("delete what is not set", CONFIGS, bootstrap, "--alter", "--topic", "tools-alter", "--delete-config", "segment.ms");
            see("then", CONFIGS, bootstrap, "--describe", "--topic", "tools-alter");
        });
    }

    private static void records(Script script) {
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            String name = codec.equals("none") ? "uncompressed" : codec;
            script.behaviour("produce " + name + ", acks 0, 1, all", bootstrap -> {
                for (String acks : List.of("0", "1", "all")) {
                    var topic = create(bootstrap, "tools-" + codec + "-" + acks);
                    Script.see("acks=" + acks, run(PRODUCER, "one\ntwo\nthree\n", with(bootstrap, "--topic", topic,
                        "--compression-codec", codec, "--producer-property", "acks=" + acks,
                        "--producer-property", "enable.idempotence=false")));
                    seeRead("acks=" + acks + ", read", bootstrap, topic, 3, "--partition", "0", "--offset", "earliest");
                }
            });
        }
        script.behaviour("produce idempotently", bootstrap -> {
            var topic = create(bootstrap, "tools-verifiable");
            var said = runAlone("org.apache.kafka.tools.VerifiableProducer", with(bootstrap, "--topic", topic,
                "--max-messages", "1000", "--acks", "-1"));
            Script.see("VerifiableProducer, acknowledged", said.stream().filter(it -> it.contains("producer_send_success")).count());
            Script.see("VerifiableProducer, refused", said.stream().filter(it -> it.contains("producer_send_error")).count());
            var sent = run(org.apache.kafka.tools.ProducerPerformance::main, "", with(bootstrap, "--topic", topic, "--num-records",
                "5000", "--record-size", "100", "--throughput", "-1"));
            Script.see("ProducerPerformance", sent.get(sent.size() - 1).split(" records sent")[0]);
            see("latest", OFFSETS, bootstrap, "--topic", topic);
        });
        script.behaviour("headers", bootstrap -> {
            var topic = create(bootstrap, "tools-headers");
            Script.see("produced", run(PRODUCER, "a:1,b:2\tk\tv\n", with(bootstrap, "--topic", topic,
                "--property", "parse.key=true", "--property", "parse.headers=true")));
            seeRead("read", bootstrap, topic, 1, "--partition", "0", "--offset", "earliest");
        });
        script.behaviour("null keys and values", bootstrap -> {
            var topic = create(bootstrap, "tools-nulls");
            run(PRODUCER, "NULL\tv\nk\tNULL\n\tv\n", with(bootstrap, "--topic", topic, "--property", "parse.key=true",
                "--property", "null.marker=NULL"));
            seeRead("read", bootstrap, topic, 3, "--partition", "0", "--offset", "earliest");
        });
        script.behaviour("consume from the beginning", bootstrap ->
            seeRead("read", bootstrap, filled(bootstrap, "tools-beginning"), 4, "--from-beginning"));
        script.behaviour("consume from an offset", bootstrap ->
            seeRead("read", bootstrap, filled(bootstrap, "tools-offset"), 2, "--partition", "0", "--offset", "2"));
        script.behaviour("look up offsets", bootstrap -> {
            var topic = filled(bootstrap, "tools-lookups");
            for (String time : List.of("earliest", "latest", "earliest-local", "latest-tiered", "1600000000000")) {
                see(time, OFFSETS, bootstrap, "--topic-partitions", topic + ":0", "--time", time);
            }
        });
        script.behaviour("ClientCompatibilityTest", bootstrap -> {
            var topic = create(bootstrap, "tools-compatibility");
            Main test = org.apache.kafka.tools.ClientCompatibilityTest::main;
            for (String acls : List.of("true", "false")) {
                see("DescribeAcls is " + (acls.equals("true") ? "served" : "not served"), test, bootstrap, "--topic", topic,
                    "--num-cluster-nodes", "1", "--offsets-for-times-supported", "true", "--cluster-id-supported", "true",
                    "--expect-record-too-large-exception", "false", "--create-topics-supported", "true",
                    "--describe-acls-supported", acls, "--describe-configs-supported", "true",
                    "--idempotent-producer-supported", "true");
            }
        });
    }

    private static void groups(Script script) {
        script.behaviour("group: commit and resume", bootstrap -> {
            var topic = filled(bootstrap, "tools-resumed");
            seeRead("first", bootstrap, topic, 3, "--group", topic, "--from-beginning");
            seeRead("then", bootstrap, topic, 1, "--group", topic);
            var verified = runAlone("org.apache.kafka.tools.VerifiableConsumer", with(bootstrap, "--topic", topic,
                "--group-id", "tools-verified", "--max-messages", "4", "--reset-policy", "earliest"));
            var kinds = new TreeSet<String>();
            for (String line : verified) kinds.add(line.replaceAll("\"timestamp\":\"?[0-9]+\"?,?", ""));
            Script.see("VerifiableConsumer", kinds);
        });
        script.behaviour("KIP-848 group: commit and resume", bootstrap -> {
            var topic = filled(bootstrap, "tools-resumed-848");
            var kip848 = List.of("--consumer-property", "group.protocol=consumer");
            seeRead("first", bootstrap, topic, 3, "--group", topic, "--from-beginning", kip848.get(0), kip848.get(1));
            seeRead("then", bootstrap, topic, 1, "--group", topic, kip848.get(0), kip848.get(1));
        });
        script.behaviour("group: describe and list", bootstrap -> {
            var topic = filled(bootstrap, "tools-described");
            seeRead("read", bootstrap, topic, 3, "--group", topic, "--from-beginning");
            var listed = run(GROUPS, "", with(bootstrap, "--list", "--state", "Empty"));
            Script.see("list", listed.stream().filter(it -> it.startsWith(topic)).toList());
            for (String what : List.of("--offsets", "--members", "--state")) {
                see("describe " + what, GROUPS, bootstrap, "--describe", "--group", topic, what);
            }
            see("never used", GROUPS, bootstrap, "--describe", "--group", "tools-never");
        });
        script.behaviour("group: reset offsets", bootstrap -> {
            var topic = filled(bootstrap, "tools-reset");
            seeRead("read", bootstrap, topic, 3, "--group", topic, "--from-beginning");
            for (var to : Map.of("--to-offset", "1", "--shift-by", "2", "--to-datetime", "2020-01-01T00:00:00.000").entrySet().stream()
                .sorted(Map.Entry.comparingByKey()).toList()) {
                see(to.getKey(), GROUPS, bootstrap, "--reset-offsets", "--group", topic, "--topic", topic,
                    to.getKey(), to.getValue(), "--execute");
            }
            see("to the earliest", GROUPS, bootstrap, "--reset-offsets", "--group", topic, "--topic", topic, "--to-earliest", "--dry-run");
            seeRead("read again", bootstrap, topic, 2, "--group", topic);
            see("delete offsets", GROUPS, bootstrap, "--delete-offsets", "--group", topic, "--topic", topic);
        });
        script.behaviour("group: delete", bootstrap -> {
            var topic = filled(bootstrap, "tools-deleted");
            seeRead("read", bootstrap, topic, 3, "--group", topic, "--from-beginning");
            see("deleted", GROUPS, bootstrap, "--delete", "--group", topic);
            see("again", GROUPS, bootstrap, "--delete", "--group", topic);
        });
    }

    private static void errors(Script script) {
        script.behaviour("error: unknown topic", bootstrap -> {
            see("describe", TOPICS, bootstrap, "--describe", "--topic", "tools-unknown");
            see("offsets", OFFSETS, bootstrap, "--topic", "tools-unknown");
        });
        script.behaviour("error: invalid topic name", bootstrap ->
            see("create", TOPICS, bootstrap, "--create", "--topic", "with space"));
        script.behaviour("error: topic exists", bootstrap -> {
            create(bootstrap, "tools-exists");
            see("create", TOPICS, bootstrap, "--create", "--topic", "tools-exists");
        });
        script.behaviour("error: bad number of partitions or replicas", bootstrap -> {
            see("none", TOPICS, bootstrap, "--create", "--topic", "tools-bad", "--partitions", "0");
            see("three replicas", TOPICS, bootstrap, "--create", "--topic", "tools-bad", "--replication-factor", "3");
        });
        script.behaviour("error: bad configuration", bootstrap -> {
            create(bootstrap, "tools-bad-config");
            for (String config : List.of("no.such.config=1", "retention.ms=soon")) {
                see("create: " + config, TOPICS, bootstrap, "--create", "--topic", "tools-bad", "--config", config);
                see("alter: " + config, CONFIGS, bootstrap, "--alter", "--topic", "tools-bad-config", "--add-config", config);
            }
        });
    }
}

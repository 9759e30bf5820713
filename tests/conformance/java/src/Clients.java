import org.apache.kafka.common.utils.AppInfoParser;

/** Kafka's own client. */
public final class Clients {
    private Clients() {}

    public static void main(String[] arguments) {
        var script = new Script();
        Topics.add(script);
        Records.add(script);
        Groups.add(script);
        Errors.add(script);
        script.run("Apache Kafka's client " + AppInfoParser.getVersion(), arguments);
        System.exit(0); // Some threads of clients end late.
    }
}

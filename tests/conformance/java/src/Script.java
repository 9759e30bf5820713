import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;

/** What the scripts in Java share: see ../../README.md for what they print. */
final class Script {
    /** The script of a behaviour. */
    interface Behaviour {
        void run(String bootstrap) throws Exception;
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    /** Standard output as it was at first: tools are given another one. */
    private static final PrintStream OUT = System.out;

    private final Map<String, Behaviour> behaviours = new LinkedHashMap<>();

    void behaviour(String name, Behaviour behaviour) {
        behaviours.put(name, behaviour);
    }

    /** Runs the behaviours that the command line asks for. */
    void run(String version, String[] arguments) {
        String bootstrap = "";
        String asked = "";
        for (int at = 0; at + 1 < arguments.length; at += 2) {
            switch (arguments[at]) {
                case "--bootstrap" -> bootstrap = arguments[at + 1];
                case "--behaviour" -> asked = arguments[at + 1];
                default -> throw new IllegalArgumentException(arguments[at]);
            }
        }
        print(Map.of("version", version));
        for (var entry : behaviours.entrySet()) {
            if (!entry.getKey().contains(asked)) continue;
            print(Map.of("begin", entry.getKey()));
            try {
                entry.getValue().run(bootstrap);
                print(Map.of("end", "ok"));
            } catch (Throwable error) {
                System.err.println("--- " + entry.getKey());
                error.printStackTrace();
                print(Map.of("end", "failed", "why", String.valueOf(error)));
            }
        }
    }

    /** Prints what is to be the same with every broker. */
    static void see(String what, Object value) {
        var line = new LinkedHashMap<String, Object>();
        line.put("what", what);
        line.put("value", value);
        print(line);
    }

    private static synchronized void print(Object line) {
        try {
            OUT.println(JSON.writeValueAsString(line));
            OUT.flush();
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    /** Text as it is; long bytes become their length and a hash. */
    static String plain(byte[] bytes) throws Exception {
        if (bytes == null) return null;
        if (bytes.length <= 200) return new String(bytes, StandardCharsets.UTF_8);
        return bytes.length + " bytes, sha256 " + hash(bytes).substring(0, 16);
    }

    private static String hash(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    /** Bytes that are the same in each run, and do not compress to nothing. */
    static byte[] payload(int at, int size) throws Exception {
        String seed = "record " + at + " ";
        String filler = hash(seed.getBytes(StandardCharsets.UTF_8));
        return (seed + filler.repeat(size / filler.length() + 1)).substring(0, size).getBytes(StandardCharsets.UTF_8);
    }

    static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    static void check(boolean condition, String what) {
        if (!condition) throw new IllegalStateException(what);
    }

    /** Asks again and again until it is so. */
    static void until(String what, Callable<Boolean> ask) throws Exception {
        long deadline = System.currentTimeMillis() + 30_000;
        while (!ask.call()) {
            check(System.currentTimeMillis() < deadline, what + ": not within 30 s");
            Thread.sleep(20);
        }
    }

    /** What a call gives, or the name of its error. */
    static Object outcome(Callable<?> call) {
        try {
            return call.call();
        } catch (ExecutionException error) {
            return error.getCause().getClass().getSimpleName();
        } catch (Exception error) {
            return error.getClass().getSimpleName();
        }
    }

    static List<Object> row(Object... cells) {
        var row = new ArrayList<Object>();
        for (Object cell : cells) row.add(cell);
        return row;
    }
}

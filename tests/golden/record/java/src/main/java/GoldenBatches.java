import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Utils;

/**
 * Makes record batches with Kafka's own code from the .json files beside the golden bytes
 * ("write"), or reads batches with it and holds them against those files ("verify").
 */
public final class GoldenBatches {
    private static final HexFormat HEX = HexFormat.of();

    public static void main(String[] args) throws Exception {
        if (args.length != 3 || !(args[0].equals("write") || args[0].equals("verify"))) {
            System.err.println("usage: write|verify DIRECTORY-OF-JSON DIRECTORY-OF-BIN");
            System.exit(2);
        }
        Path specs = Path.of(args[1]);
        Path bins = Path.of(args[2]);
        Files.createDirectories(bins);
        List<Path> files;
        try (var list = Files.list(specs)) {
            files = list.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
        for (Path file : files) {
            JsonNode spec = new ObjectMapper().readTree(file.toFile());
            String name = file.getFileName().toString().replace(".json", ".bin");
            Path bin = bins.resolve(name);
            if (args[0].equals("write")) {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                for (JsonNode batch : spec.get("batches")) {
                    out.write(Utils.toArray(write(batch)));
                }
                Files.write(bin, out.toByteArray());
            }
            // What was written is read as well: the .json has to say all of it.
            verify(name, spec, Files.readAllBytes(bin));
            System.out.println(args[0] + " " + name + ": " + Files.size(bin) + " bytes");
        }
    }

    private static ByteBuffer write(JsonNode spec) {
        long baseOffset = spec.get("baseOffset").longValue();
        long producerId = spec.get("producerId").longValue();
        short producerEpoch = spec.get("producerEpoch").shortValue();
        int baseSequence = spec.get("baseSequence").intValue();
        int leaderEpoch = spec.get("partitionLeaderEpoch").intValue();
        boolean transactional = spec.get("isTransactional").booleanValue();
        JsonNode records = spec.get("records");
        long lastOffset = baseOffset + spec.get("lastOffsetDelta").intValue();

        if (records.isEmpty()) {
            ByteBuffer buffer = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
            DefaultRecordBatch.writeEmptyHeader(buffer, RecordBatch.CURRENT_MAGIC_VALUE, producerId,
                producerEpoch, baseSequence, baseOffset, lastOffset, leaderEpoch,
                TimestampType.CREATE_TIME, RecordBatch.NO_TIMESTAMP, transactional, false);
            buffer.flip();
            return buffer;
        }
        if (spec.get("isControl").booleanValue()) {
            JsonNode marker = spec.get("endTransactionMarker");
            return MemoryRecords.withEndTransactionMarker(baseOffset,
                records.get(0).get("timestamp").longValue(), leaderEpoch, producerId, producerEpoch,
                new EndTransactionMarker(ControlRecordType.valueOf(marker.get("type").textValue()),
                    marker.get("coordinatorEpoch").intValue())).buffer();
        }
        CompressionType type = CompressionType.forName(spec.get("compression").textValue());
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1 << 16),
            RecordBatch.CURRENT_MAGIC_VALUE, Compression.of(type).build(),
            TimestampType.CREATE_TIME, baseOffset, RecordBatch.NO_TIMESTAMP, producerId,
            producerEpoch, baseSequence, transactional, leaderEpoch);
        for (JsonNode record : records) {
            List<Header> headers = new ArrayList<>();
            for (JsonNode header : record.path("headers")) {
                headers.add(new RecordHeader(header.get(0).textValue(), bytes(header.get(1))));
            }
            builder.appendWithOffset(record.get("offset").longValue(),
                record.get("timestamp").longValue(), bytes(record.get("key")),
                bytes(record.get("value")), headers.toArray(new Header[0]));
        }
        builder.overrideLastOffset(lastOffset);
        MemoryRecords built = builder.build();
        if (spec.get("timestampType").textValue().equals("LogAppendTime")) {
            // As a broker does with a producer's batch.
            MutableRecordBatch batch = built.batches().iterator().next();
            batch.setMaxTimestamp(TimestampType.LOG_APPEND_TIME,
                spec.get("maxTimestamp").longValue());
        }
        return built.buffer();
    }

    private static void verify(String name, JsonNode spec, byte[] bytes) {
        Iterator<MutableRecordBatch> batches =
            MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches().iterator();
        int size = 0;
        for (JsonNode expected : spec.get("batches")) {
            MutableRecordBatch batch = batches.next();
            batch.ensureValid();
            size += batch.sizeInBytes();
            same(name, "magic", (byte) 2, batch.magic());
            same(name, "baseOffset", expected.get("baseOffset").longValue(), batch.baseOffset());
            same(name, "lastOffset", expected.get("baseOffset").longValue()
                + expected.get("lastOffsetDelta").intValue(), batch.lastOffset());
            same(name, "partitionLeaderEpoch", expected.get("partitionLeaderEpoch").intValue(),
                batch.partitionLeaderEpoch());
            same(name, "compression", expected.get("compression").textValue(),
                batch.compressionType().name);
            same(name, "timestampType", expected.get("timestampType").textValue(),
                batch.timestampType().name);
            same(name, "maxTimestamp", expected.get("maxTimestamp").longValue(),
                batch.maxTimestamp());
            same(name, "producerId", expected.get("producerId").longValue(), batch.producerId());
            same(name, "producerEpoch", expected.get("producerEpoch").shortValue(),
                batch.producerEpoch());
            same(name, "baseSequence", expected.get("baseSequence").intValue(),
                batch.baseSequence());
            same(name, "isTransactional", expected.get("isTransactional").booleanValue(),
                batch.isTransactional());
            same(name, "isControl", expected.get("isControl").booleanValue(),
                batch.isControlBatch());
            same(name, "count", expected.get("records").size(), batch.countOrNull());
            Iterator<Record> records = batch.iterator();
            for (JsonNode row : expected.get("records")) {
                Record record = records.next();
                same(name, "offset", row.get("offset").longValue(), record.offset());
                long timestamp = batch.timestampType() == TimestampType.LOG_APPEND_TIME
                    ? batch.maxTimestamp() : row.get("timestamp").longValue();
                same(name, "timestamp", timestamp, record.timestamp());
                same(name, "key", hex(bytes(row.get("key"))), hex(array(record.key())));
                same(name, "value", hex(bytes(row.get("value"))), hex(array(record.value())));
                JsonNode headers = row.path("headers");
                same(name, "header count", headers.size(), record.headers().length);
                for (int at = 0; at < headers.size(); at++) {
                    Header header = record.headers()[at];
                    same(name, "header key", headers.get(at).get(0).textValue(), header.key());
                    same(name, "header value", hex(bytes(headers.get(at).get(1))),
                        hex(header.value()));
                }
            }
            same(name, "more records", false, records.hasNext());
        }
        same(name, "more batches", false, batches.hasNext());
        same(name, "size", bytes.length, size);
    }

    /** Hexadecimal digits, null, or "digits*times" for bytes that repeat. */
    private static byte[] bytes(JsonNode text) {
        if (text.isNull()) {
            return null;
        }
        String[] parts = text.textValue().split("\\*");
        String digits = parts[0].repeat(parts.length == 1 ? 1 : Integer.parseInt(parts[1]));
        return HEX.parseHex(digits);
    }

    private static byte[] array(ByteBuffer buffer) {
        return buffer == null ? null : Utils.toArray(buffer);
    }

    private static String hex(byte[] bytes) {
        return bytes == null ? null : HEX.formatHex(bytes);
    }

    private static void same(String name, String what, Object expected, Object actual) {
        if (!Objects.equals(expected, actual)) {
            throw new AssertionError(name + ": " + what + " is " + actual + ", not " + expected);
        }
    }
}

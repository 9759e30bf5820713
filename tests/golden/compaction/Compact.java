// Lets Kafka's own log and cleaner go through a history, and writes down what survives.
//
//     java -cp 'KAFKA/libs/*' Compact.java kafka-4.1.txt
//
// Of the file's lines those that begin with B (a batch: the broker's time, its bytes) and C (compact:
// the broker's time) are read; those that begin with S (a batch that is left: its segment's base
// offset, its own, its size, its checksum) are written anew behind each C.

import java.io.File;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.record.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Timer;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.*;
import org.apache.kafka.storage.internals.utils.Throttler;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

public class Compact {
  /** A clock that stands still until it is set. */
  static class Clock implements Time {
    long now = 1_700_000_000_000L;

    public long milliseconds() { return now; }
    public long nanoseconds() { return now * 1_000_000; }
    public long hiResClockMs() { return now; }
    public void sleep(long ms) { now += ms; }
    public void waitObject(Object object, java.util.function.Supplier<Boolean> done, long until) {}
    public Timer timer(long ms) { return Time.SYSTEM.timer(ms); }
    public Timer timer(java.time.Duration duration) { return timer(duration.toMillis()); }
  }

  public static void main(String[] args) throws Exception {
    Clock time = new Clock();
    File folder = new File(Files.createTempDirectory("compact").toFile(), "t-0");
    folder.mkdirs();
    LogConfig config = new LogConfig(Map.of(
        "internal.segment.bytes", "3000",
        "cleanup.policy", "compact",
        "min.cleanable.dirty.ratio", "0",
        "delete.retention.ms", "100000"));
    KafkaScheduler scheduler = new KafkaScheduler(1);
    scheduler.startup();
    UnifiedLog log = UnifiedLog.create(folder, config, 0, 0, scheduler, new BrokerTopicStats(), time,
        3_600_000, new ProducerStateManagerConfig(86_400_000, false), 600_000,
        new LogDirFailureChannel(2), true, Optional.empty());
    Throttler throttler = new Throttler(Double.MAX_VALUE, Long.MAX_VALUE, "cleaner", "bytes", time);
    Cleaner cleaner = new Cleaner(0, new SkimpyOffsetMap(4 << 20), 64 * 1024, 64 * 1024, 0.9,
        throttler, time, partition -> {});
    long dirty = 0;
    Path path = Path.of(args[0]);
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(path)) {
      String[] words = line.split(" ");
      if (words[0].equals("S")) continue;
      lines.add(line);
      time.now = Long.parseLong(words[1]);
      if (words[0].equals("B")) {
        ByteBuffer batch = ByteBuffer.wrap(HexFormat.of().parseHex(words[2]));
        log.appendAsLeader(MemoryRecords.readableRecords(batch), 0);
        log.updateHighWatermark(log.logEndOffset());
        continue;
      }
      LogToClean due = new LogToClean(log, dirty, log.activeSegment().baseOffset(), true);
      if (due.cleanableBytes() > 0) dirty = cleaner.doClean(due, time.now).getKey();
      for (LogSegment segment : log.logSegments()) {
        for (RecordBatch batch : segment.log().batches()) {
          long checksum = ((FileChannelRecordBatch) batch).checksum();
          lines.add("S " + segment.baseOffset() + " " + batch.baseOffset() + " "
              + batch.sizeInBytes() + " " + checksum);
        }
      }
    }
    Files.write(path, lines);
    System.exit(0);
  }
}

package dev.tailtap.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.JournalConfig;
import dev.tailtap.rig.Patience;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls that go out before the journal's thread has written their beginning. */
final class StagingTest {
  private static final int CALLS = 2_000;

  @TempDir private Path parent;
  private Path dir;
  private final Stats stats = new Stats();
  private final CountDownLatch released = new CountDownLatch(1);
  private final List<SimCall> left = new ArrayList<>();
  private Journal journal;

  /** For the test's own thread time stands still: a machine that is busy is no disk that is. */
  private static final class StillHere implements Ticker {
    private final Thread here = Thread.currentThread();
    private final long start = System.nanoTime();

    @Override
    public long nanos() {
      return Thread.currentThread() == here ? start : System.nanoTime();
    }

    @Override
    public long wallMillis() {
      return System.currentTimeMillis();
    }
  }

  @BeforeEach
  void open() throws Exception {
    dir = parent.resolve("journal");
    JournalConfig config = new JournalConfig(dir, 16 << 20, 1, false);
    journal = Journal.open(config, CALLS, stats, new StillHere());
    await(journal::admitting);
    await(journal::stages);
  }

  @AfterEach
  void close() {
    released.countDown();
    journal.close();
  }

  @Test
  void isInterruptedByAKillBeforeTheJournalsThreadHasWrittenIt() throws Exception {
    hold();
    begin(1);
    begin(2);
    restartOn(copy("kill"));
    assertEquals(List.of(new SimCall(0, true), begun(1), begun(2)), left);
  }

  @Test
  void countsOnceWhereItsSegmentHasItToo() throws Exception {
    hold();
    begin(1);
    begin(2);
    begin(3);
    Path before = copy("before");
    CountDownLatch ended = new CountDownLatch(1);
    journal.offer(new SimCall(2, true).entry(ended::countDown));
    released.countDown();
    assertTrue(ended.await(Patience.SECONDS, TimeUnit.SECONDS));
    // As if it had died between the write and the note of it.
    Path both = copy("both");
    try (Stream<Path> files = Files.list(both)) {
      for (Path file : files.filter(file -> Segment.isStaged(file.toString())).toList()) {
        Files.delete(file);
        Files.copy(before.resolve(file.getFileName()), file);
      }
    }
    restartOn(both);
    assertEquals(List.of(new SimCall(0, true), new SimCall(2, true), begun(1), begun(3)), left);
  }

  @Test
  void leavesNothingStagedOnceItIsWritten() throws Exception {
    begin(1);
    CountDownLatch ended = new CountDownLatch(1);
    assertTrue(journal.reserve());
    journal.offer(new SimCall(0, true).entry(ended::countDown)); // and all that came before it
    assertTrue(ended.await(Patience.SECONDS, TimeUnit.SECONDS));
    Path kept = copy("kept");
    try (Stream<Path> files = Files.list(kept)) {
      for (Path file : files.filter(file -> file.toString().endsWith(".seg")).toList()) {
        Files.delete(file);
      }
    }
    restartOn(kept);
    assertEquals(List.of(), left);
    journal.close();
    assertEquals(0, count(dir, Segment.STAGED_END), "an orderly end leaves none");
  }

  @Test
  void isNoCallAtAllWhereAKillLeftItByHalves() throws Exception {
    hold();
    begin(1);
    begin(2);
    int whole = StagedCalls.SLOT;
    for (int there = 0; there < JournalRecord.PREFIX + 25; there += 3) {
      Path half = copy("half" + there);
      byte[] bytes = Files.readAllBytes(staged(half));
      Arrays.fill(bytes, whole + there, 2 * whole, (byte) 0);
      Files.write(staged(half), bytes);
      left.clear();
      Stats fresh = restartOn(half);
      assertEquals(List.of(new SimCall(0, true), begun(2)), left);
      assertEquals(0, fresh.value(Metric.JOURNAL_DAMAGE), "it is what a kill may do");
    }
  }

  @Test
  void waitsForTheJournalsThreadWhereThereIsNoRoomAndNoLonger() throws Exception {
    hold();
    int call = 1;
    while (tryBegin(call)) {
      call++;
    }
    int most = StagedCalls.bytes(call - 1) / StagedCalls.SLOT - 1;
    assertEquals(most, call - 1);
    assertTrue(call > 100, call + " calls had room");
    CountDownLatch written = new CountDownLatch(1);
    journal.offer(new SimCall(call, false).entry(written::countDown));
    assertEquals(1, written.getCount());
    restartOn(copy("full"));
    assertEquals(call, left.size(), "the one that nobody was told of is not there");
    released.countDown();
    assertTrue(written.await(Patience.SECONDS, TimeUnit.SECONDS));
    begin(call + 1);
  }

  @Test
  void waitsForTheJournalsThreadWhereItSaysMoreThanThereIsRoomFor() throws Exception {
    assertTrue(journal.reserve());
    Entry large = new Large(new byte[StagedCalls.SLOT]);
    assertFalse(journal.begin(large));
    begin(1);
  }

  @Test
  void waitsForTheJournalsThreadWhereItsFileCannotBeHad() throws Exception {
    SimFiles files = new SimFiles(new Random(1), true);
    files.stageless = true;
    ArrayDeque<Runnable> keeper = new ArrayDeque<>();
    JournalLimits limits =
        new JournalLimits(64 << 10, 1 << 20, 1, 4096, 100, 10, 10, Duration.ofHours(1));
    Stats fresh = new Stats();
    Journal without = new Journal(files, limits, Ticker.SYSTEM, keeper::add, fresh);
    while (!keeper.isEmpty()) {
      keeper.poll().run();
      without.tick();
    }
    assertFalse(without.stages());
    assertTrue(without.admitting());
    assertTrue(files.list().stream().noneMatch(Segment::isStaged));
    assertTrue(without.reserve());
    assertFalse(without.begin(new SimCall(1, false).entry(() -> {})));
    CountDownLatch written = new CountDownLatch(1);
    without.offer(new SimCall(1, false).entry(written::countDown));
    without.tick();
    assertEquals(0, written.getCount());
  }

  @Test
  void isStagedInAnotherFileWhereSomebodyRemovedTheFirst() throws Exception {
    Path first = staged(dir);
    Files.delete(first);
    await(() -> stats.value(Metric.JOURNAL_ERRORS, "verify") > 0);
    await(journal::admitting);
    await(journal::stages);
    hold();
    begin(1);
    restartOn(copy("again"));
    assertEquals(List.of(new SimCall(0, true), begun(1)), left);
  }

  /** As of a disk that fails, of which memory that is mapped to it would tell by a signal. */
  @Test
  void outlivesAFileThatSomebodyCutShort() throws Exception {
    hold();
    begin(1);
    Files.write(staged(dir), new byte[0]);
    begin(2);
    restartOn(copy("cut"));
    assertEquals(List.of(new SimCall(0, true), begun(2)), left);
    released.countDown();
    await(() -> stats.value(Metric.JOURNAL_ERRORS, "verify") > 0);
    await(journal::admitting);
    await(journal::stages);
    begin(3);
  }

  /** From now on the journal's thread writes nothing until it is released. */
  private void hold() throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    await(journal::reserve);
    journal.offer(
        new SimCall(0, true)
            .entry(
                () -> {
                  held.countDown();
                  try {
                    released.await();
                  } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                  }
                }));
    assertTrue(held.await(Patience.SECONDS, TimeUnit.SECONDS));
  }

  private static SimCall begun(int number) {
    return new SimCall(number, false);
  }

  private void begin(int number) throws Exception {
    assertTrue(tryBegin(number), "call " + number + " has to wait");
  }

  private boolean tryBegin(int number) throws Exception {
    await(journal::reserve); // it may still be about to look after a file that is lost
    Runnable never =
        () -> {
          throw new AssertionError("told of what it knows");
        };
    return journal.begin(begun(number).entry(never));
  }

  /** The files as a kill would leave them. */
  private Path copy(String name) throws IOException {
    Path copy = Files.createDirectory(parent.resolve(name));
    try (Stream<Path> files = Files.list(dir)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  private Stats restartOn(Path copy) throws IOException {
    Stats fresh = new Stats();
    JournalConfig config = new JournalConfig(copy, 16 << 20, 1, false);
    try (Journal next = Journal.open(config, CALLS, fresh)) {
      while (!next.reader().inheritedTaken()) {
        next.reader().take(100, new Taking());
        next.reader().committed();
      }
      assertEquals(0, next.pending());
    }
    assertEquals(0, count(copy, Segment.NAME_END) + count(copy, Segment.STAGED_END));
    return fresh;
  }

  private static Path staged(Path where) throws IOException {
    try (Stream<Path> files = Files.list(where)) {
      return files.filter(file -> Segment.isStaged(file.toString())).findAny().orElseThrow();
    }
  }

  private static long count(Path where, String end) {
    try (Stream<Path> files = Files.list(where)) {
      return files.filter(file -> file.toString().endsWith(end)).count();
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }

  private static void await(BooleanSupplier holds) {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (!holds.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited in vain");
      LockSupport.parkNanos(1_000_000);
    }
  }

  private record Large(byte[] content) implements Entry {
    @Override
    public UUID call() {
      return new UUID(7, 7);
    }

    @Override
    public boolean closes() {
      return false;
    }

    @Override
    public void encode(ByteBuffer out, Entry opened) {
      out.put(content);
    }

    @Override
    public void acknowledge() {}
  }

  private final class Taking implements JournalReader.Taker {
    @Override
    public boolean ended(byte[] content) {
      return left.add(SimCall.read(content, true));
    }

    @Override
    public boolean interrupted(byte[] content) {
      return left.add(SimCall.read(content, false));
    }
  }
}

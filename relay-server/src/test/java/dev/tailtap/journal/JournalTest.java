package dev.tailtap.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.JournalConfig;
import dev.tailtap.rig.Patience;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The journal on a real disk, with its threads. */
final class JournalTest {
  private static final int CALLS = 500;

  @TempDir private Path dir;
  private final Stats stats = new Stats();
  private final TreeSet<Integer> ended = new TreeSet<>();
  private final TreeSet<Integer> interrupted = new TreeSet<>();

  @Test
  void keepsWhatWasDoneOverARestart() throws Exception {
    fill();
    try (Journal journal = open()) {
      drain(journal);
      assertEquals(CALLS - 10, ended.size());
      assertEquals(10, interrupted.size());
      assertEquals(0, journal.pending());
    }
    assertEquals(List.of(), segments(), "a journal that is all committed leaves nothing behind");
    assertEquals(0, stats.value(Metric.JOURNAL_DAMAGE));
  }

  @Test
  void ofACallThatBeganAnewTheLastBeginningIsLeft() throws Exception {
    CountDownLatch done = new CountDownLatch(5);
    try (Journal journal = open()) {
      await(journal::admitting);
      assertTrue(journal.reserve());
      assertTrue(journal.reserve());
      for (int beginning = 0; beginning < 3; beginning++) {
        journal.offer(new SimCall(1, false, beginning).entry(done::countDown));
      }
      journal.offer(new SimCall(2, false).entry(done::countDown));
      journal.offer(new SimCall(2, false, 1).entry(done::countDown));
      assertTrue(done.await(Patience.SECONDS, TimeUnit.SECONDS));
      assertEquals(2, journal.held());
      assertEquals(0, journal.pending());
      journal.offer(new SimCall(2, true).entry(() -> {}));
    }
    List<SimCall> left = new ArrayList<>();
    try (Journal journal = open()) {
      while (!journal.reader().inheritedTaken()) {
        journal.reader().take(100, new Keeping(left));
        journal.reader().committed();
      }
      assertEquals(0, journal.pending());
    }
    assertEquals(List.of(new SimCall(2, true), new SimCall(1, false, 2)), left);
    assertEquals(List.of(), segments());
  }

  @Test
  void hasAPlaceForAllThatItsCallsMaySayWhileNothingIsWritten() throws Exception {
    int calls = 3_000;
    JournalLimits limits =
        new JournalLimits(64 << 10, 1 << 20, 1, 4096, 100, calls, 0, Duration.ofHours(1));
    ArrayDeque<Runnable> keeper = new ArrayDeque<>();
    Journal idle =
        new Journal(
            new SimFiles(new Random(1), true), limits, Ticker.SYSTEM, keeper::add, new Stats());
    for (int call = 0; call < calls; call++) {
      assertTrue(idle.reserve());
      for (int beginning = 0; beginning < Entry.MOST_OF_A_CALL - 1; beginning++) {
        idle.offer(new SimCall(call, false, beginning).entry(() -> {}));
      }
      idle.offer(new SimCall(call, true).entry(() -> {}));
    }
    assertFalse(idle.reserve());
    assertEquals(calls, idle.pending());
  }

  @Test
  void startsAgainWithWhatWasTakenAndNotSettled() throws Exception {
    fill();
    try (Journal journal = open()) {
      journal.reader().take(100, new Taking());
      assertEquals(100, ended.size());
    }
    try (Journal journal = open()) {
      drain(journal);
    }
    assertEquals(CALLS - 10, ended.size());
  }

  @Test
  void losesNoMoreThanTheRecordThatAFlippedByteHit() throws Exception {
    fill();
    damage(file -> file[file.length / 2] ^= 0x20);
    drainDamaged(1);
  }

  @Test
  void goesOnBehindABlockOfZeros() throws Exception {
    fill();
    damage(file -> Arrays.fill(file, file.length / 2, file.length / 2 + 4096, (byte) 0));
    drainDamaged(4096 / 40);
  }

  @Test
  void readsAFileThatWasCutOff() throws Exception {
    fill();
    Path segment = segments().get(0);
    try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
      file.setLength(used(Files.readAllBytes(segment)) - 7);
    }
    drainDamaged(1);
  }

  @Test
  void readsFramesBehindAHeaderThatIsDamaged() throws Exception {
    fill();
    damage(file -> file[3] ^= 1);
    drainDamaged(0);
  }

  @Test
  void putsRubbishAsideAndTakesNothingTwice() throws Exception {
    fill();
    Path segment = segments().get(0);
    Files.copy(segment, dir.resolve(Segment.nameOf(900)));
    Files.writeString(dir.resolve(Segment.nameOf(901)), "rubbish".repeat(9999));
    Files.write(dir.resolve(Segment.nameOf(902)), new byte[0]);
    drainDamaged(0);
    assertTrue(Files.exists(dir.resolve(Segment.nameOf(901) + ".corrupt")));
  }

  @Test
  void refusesASecondOwner() throws Exception {
    try (Journal journal = open()) {
      assertEquals(0, journal.pending());
      IOException refusal = assertThrows(IOException.class, this::open);
      assertTrue(refusal.getMessage().contains("another relay"), refusal.getMessage());
      assertTrue(refusal.getMessage().contains("journal.dir"), refusal.getMessage());
    }
    open().close();
  }

  @Test
  void refusesADirectoryThatIsNone() throws Exception {
    Path file = Files.writeString(dir.resolve("file"), "");
    JournalConfig config = new JournalConfig(file.resolve("journal"), 0, 0, false);
    IOException refusal =
        assertThrows(IOException.class, () -> Journal.open(config, CALLS, stats).close());
    assertTrue(refusal.getMessage().contains("journal.dir"), refusal.getMessage());
  }

  @Test
  void refusesTheSegmentsOfANewerVersionAndLeavesThem() throws Exception {
    byte[] header = Segment.header(1, 1).array();
    header[7] = 2;
    CRC32C crc = new CRC32C();
    crc.update(header, 0, 24);
    ByteBuffer.wrap(header).putInt(24, (int) crc.getValue());
    Path segment = Files.write(dir.resolve(Segment.nameOf(3)), header);
    IOException refusal = assertThrows(IOException.class, this::open);
    assertTrue(refusal.getMessage().contains("newer Tailtap"), refusal.getMessage());
    assertEquals(64, Files.size(segment));
  }

  @Test
  void refusesABudgetThatHoldsNoSegments() {
    JournalConfig config = new JournalConfig(dir, 1 << 20, 0, false);
    IOException refusal =
        assertThrows(IOException.class, () -> Journal.open(config, CALLS, stats).close());
    assertTrue(refusal.getMessage().contains("journal.max-bytes"), refusal.getMessage());
  }

  @Test
  void admitsNobodyBelowTheFloorOfTheDisk() throws Exception {
    try (Journal journal = Journal.open(new JournalConfig(dir, 0, 1L << 60, false), CALLS, stats)) {
      await(() -> !journal.admitting());
      assertFalse(journal.reserve());
    }
  }

  @Test
  void admitsNobodyBeyondTheBudgetAndOpensAgainByItself() throws Exception {
    try (Journal journal =
        Journal.open(new JournalConfig(dir, 8 << 20, 1, false), 100_000, stats)) {
      int number = 0;
      long deadline = System.nanoTime() + Patience.NANOS;
      while (journal.admitting() || number == 0) {
        assertTrue(System.nanoTime() < deadline, "it never closed");
        for (int i = 0; i < 1_000 && journal.reserve(); i++) {
          journal.offer(new SimCall(number++, true).entry(() -> {}));
        }
        LockSupport.parkNanos(1_000_000);
      }
      assertFalse(journal.reserve());
      while (journal.pending() > 0) {
        assertTrue(System.nanoTime() < deadline, "it was never empty");
        journal.reader().take(5_000, new Taking());
        journal.reader().committed();
      }
      assertEquals(number, ended.size());
      await(journal::admitting);
    }
  }

  /** So many calls, of which the last ten never end, and no orderly close. */
  private void fill() throws Exception {
    Journal journal = open();
    CountDownLatch done = new CountDownLatch(2 * CALLS - 10);
    await(journal::admitting);
    for (int number = 0; number < CALLS; number++) {
      assertTrue(journal.reserve());
      journal.offer(new SimCall(number, false).entry(done::countDown));
      if (number < CALLS - 10) {
        journal.offer(new SimCall(number, true).entry(done::countDown));
      }
    }
    assertTrue(done.await(Patience.SECONDS, TimeUnit.SECONDS));
    journal.close();
  }

  private Journal open() throws IOException {
    return Journal.open(new JournalConfig(dir, 16 << 20, 1, false), CALLS, stats);
  }

  private void drain(Journal journal) throws IOException {
    while (!journal.reader().inheritedTaken()) {
      journal.reader().take(100, new Taking());
      journal.reader().committed();
    }
  }

  private void drainDamaged(int mostLost) throws Exception {
    try (Journal journal = open()) {
      drain(journal);
      await(() -> asideFiles() > 0);
    }
    int found = new TreeSet<>(union()).size();
    assertTrue(found >= CALLS - mostLost, found + " of " + CALLS);
    assertTrue(stats.value(Metric.JOURNAL_DAMAGE) > 0);
  }

  private List<Integer> union() {
    List<Integer> all = new ArrayList<>(ended);
    all.addAll(interrupted);
    return all;
  }

  private interface Damage {
    void to(byte[] used);
  }

  private void damage(Damage damage) throws IOException {
    Path segment = segments().get(0);
    byte[] file = Files.readAllBytes(segment);
    byte[] used = Arrays.copyOf(file, used(file));
    damage.to(used);
    System.arraycopy(used, 0, file, 0, used.length);
    Files.write(segment, file);
  }

  private static int used(byte[] file) {
    return 1 + IntStream.range(0, file.length).filter(i -> file[i] != 0).max().orElse(-1);
  }

  private List<Path> segments() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files.filter(file -> file.toString().endsWith(".seg")).sorted().toList();
    }
  }

  private long asideFiles() {
    try (Stream<Path> files = Files.list(dir)) {
      return files.filter(file -> file.toString().contains(".corrupt")).count();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static void await(BooleanSupplier holds) {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (!holds.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited in vain");
      LockSupport.parkNanos(1_000_000);
    }
  }

  private record Keeping(List<SimCall> left) implements JournalReader.Taker {
    @Override
    public boolean ended(byte[] content) {
      return left.add(SimCall.read(content, true));
    }

    @Override
    public boolean interrupted(byte[] content) {
      return left.add(SimCall.read(content, false));
    }
  }

  private final class Taking implements JournalReader.Taker {
    @Override
    public boolean ended(byte[] content) {
      ended.add(SimCall.read(content, true).number());
      return true;
    }

    @Override
    public boolean interrupted(byte[] content) {
      interrupted.add(SimCall.read(content, false).number());
      return true;
    }
  }
}

package dev.tailtap.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.JournalConfig;
import dev.tailtap.rig.Patience;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What others do to the files of a journal that runs: no receipt that a restart would not find. */
final class JournalPlaceTest {
  private static final int EARLY = 20;

  @TempDir private Path parent;
  private Path dir;
  private final Stats stats = new Stats();
  private final Set<Integer> told = new ConcurrentSkipListSet<>();
  private final TreeSet<Integer> taken = new TreeSet<>();
  private int calls;

  @BeforeEach
  void choose() {
    dir = parent.resolve("journal");
  }

  @Test
  void tellsNothingDurableAndAdmitsNobodyOnceItsDirectoryIsRemoved() throws Exception {
    try (Journal journal = openWithReceipts()) {
      removeAll(dir);
      journal.offer(new SimCall(calls, true).entry(() -> told.add(-1)));
      await(() -> !journal.isSafe());
      assertFalse(journal.admitting());
      assertFalse(journal.reserve());
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(600));
      assertFalse(told.contains(-1), "a receipt that a kill would undo");
      assertFalse(journal.isSafe());
      assertFalse(Files.exists(dir), "whoever removed it is not overruled");

      Files.createDirectory(dir);
      await(() -> told.contains(-1));
      await(journal::admitting);
      assertTrue(journal.isSafe());
      assertKeptOverAKill();
    }
  }

  @Test
  void noticesThatItsDirectoryIsGoneWhileNobodyCalls() throws Exception {
    try (Journal journal = openWithReceipts()) {
      removeAll(dir);
      await(() -> !journal.admitting());
      Files.createDirectory(dir);
      await(journal::admitting);
      assertKeptOverAKill();
      offer(journal, 10);
      assertKeptOverAKill();
    }
  }

  @Test
  void goesOnWhenItsDirectoryComesBackAsItWas() throws Exception {
    try (Journal journal = openWithReceipts()) {
      Files.move(dir, parent.resolve("away"));
      await(() -> !journal.admitting());
      Files.move(parent.resolve("away"), dir);
      await(journal::admitting);
      offer(journal, 10);
      assertKeptOverAKill();
    }
  }

  @Test
  void writesTheRowsOfSegmentsThatAreNoLongerUnderTheirNames() throws Exception {
    try (Journal journal = openWithReceipts()) {
      removeAll(dir);
      await(() -> !journal.admitting());
      take(journal);
      assertEquals(EARLY, taken.size());
      assertEquals(0, journal.pending());
    }
  }

  @Test
  void claimsItsLockAgainThatSomebodyDeleted() throws Exception {
    try (Journal journal = openWithReceipts()) {
      Files.delete(dir.resolve("lock"));
      await(() -> stats.value(Metric.JOURNAL_ERRORS, "verify") > 0);
      await(() -> journal.admitting() && Files.exists(dir.resolve("lock")));
      offer(journal, 10);
      assertKeptOverAKill();
    }
  }

  @Test
  void putsItsOwnFileBackInPlaceOfAnother() throws Exception {
    try (Journal journal = openWithReceipts()) {
      Path segment = segments(dir).get(0);
      Path other = Files.write(parent.resolve("other"), new byte[100]);
      Files.delete(segment);
      Files.move(other, segment);
      await(() -> stats.value(Metric.JOURNAL_ERRORS, "verify") > 0);
      await(journal::admitting);
      assertKeptOverAKill();
    }
  }

  @Test
  void goesOnBehindAFileThatWasCutOffAndSaysWhatIsLost() throws Exception {
    try (Journal journal = openWithReceipts()) {
      try (FileChannel file = FileChannel.open(segments(dir).get(0), StandardOpenOption.WRITE)) {
        file.truncate(1000);
      }
      await(() -> stats.value(Metric.JOURNAL_ERRORS, "verify") > 0);
      await(journal::admitting);
      offer(journal, 10);
      // Nobody waits for ever for what is gone.
      await(() -> takeAll(journal) == 0);
      assertTrue(taken.containsAll(List.of(calls - 1, calls - 10)), taken.toString());
      assertTrue(stats.value(Metric.JOURNAL_DAMAGE) > 0);
      await(() -> journal.segments() <= 1);
    }
    try (Stream<Path> files = Files.list(dir)) {
      assertEquals(1, files.filter(file -> file.toString().endsWith(".corrupt")).count());
    }
  }

  @Test
  void nobodyElseMayReadWhatItWritesNorWhatItFound() throws Exception {
    Files.createDirectories(dir);
    Path inherited = Files.write(dir.resolve(Segment.nameOf(1)), new byte[100]);
    Path corrupt = Files.write(dir.resolve(Segment.nameOf(0) + ".corrupt"), new byte[1]);
    Path half = Files.write(dir.resolve(Segment.nameOf(2) + ".tmp"), new byte[1]);
    for (Path path : List.of(inherited, corrupt)) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
    }
    try (Journal journal = openWithReceipts()) {
      assertTrue(journal.admitting());
      try (Stream<Path> files = Files.list(dir)) {
        for (Path file : files.toList()) {
          assertEquals("rw-------", permissions(file), file.toString());
        }
      }
      assertFalse(Files.exists(half));
    }
    Path fresh = parent.resolve("a/b");
    Journal.open(new JournalConfig(fresh, 16 << 20, 1, false), 10, stats).close();
    assertEquals("rwx------", permissions(fresh));
    assertEquals("rwx------", permissions(fresh.getParent()));
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private Journal openWithReceipts() throws Exception {
    Journal journal = Journal.open(new JournalConfig(dir, 16 << 20, 1, false), 1_000, stats);
    await(journal::admitting);
    offer(journal, EARLY);
    // For the call that is offered when nobody is admitted any more.
    assertTrue(journal.reserve());
    return journal;
  }

  private void offer(Journal journal, int count) {
    int end = calls + count;
    for (; calls < end; calls++) {
      int number = calls;
      assertTrue(journal.reserve());
      journal.offer(new SimCall(number, true).entry(() -> told.add(number)));
    }
    await(() -> told.containsAll(IntStream.range(0, end).boxed().toList()));
  }

  /** A copy of the files as they are at one time: the keeper of the journal goes on meanwhile. */
  private Path copied() throws IOException {
    Path copy = Files.createDirectory(parent.resolve("copy" + System.nanoTime()));
    try {
      for (Path segment : segments(dir)) {
        Files.copy(segment, copy.resolve(segment.getFileName()));
      }
      return copy;
    } catch (NoSuchFileException deletedMeanwhile) {
      return copied();
    }
  }

  /** What a process that came now would find: a copy of the files, as a kill leaves them. */
  private void assertKeptOverAKill() throws IOException {
    Path copy = copied();
    taken.clear();
    try (Journal next =
        Journal.open(new JournalConfig(copy, 16 << 20, 1, false), 1_000, new Stats())) {
      while (!next.reader().inheritedTaken()) {
        take(next);
      }
    }
    assertTrue(taken.containsAll(IntStream.range(0, calls).boxed().toList()), taken.toString());
  }

  private int takeAll(Journal journal) {
    try {
      take(journal);
      return (int) journal.pending();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private void take(Journal journal) throws IOException {
    journal
        .reader()
        .take(
            1_000,
            new JournalReader.Taker() {
              @Override
              public boolean ended(byte[] content) {
                taken.add(SimCall.read(content, true).number());
                return true;
              }

              @Override
              public boolean interrupted(byte[] content) {
                return true;
              }
            });
    journal.reader().committed();
  }

  private static List<Path> segments(Path dir) throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files.filter(file -> file.toString().endsWith(".seg")).sorted().toList();
    }
  }

  /** As {@code rm -rf} does, again where the journal has made a file meanwhile. */
  private static void removeAll(Path dir) throws IOException {
    while (Files.exists(dir)) {
      try (Stream<Path> files = Files.walk(dir)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      } catch (DirectoryNotEmptyException filled) {
        // once more
      }
    }
  }

  private static void await(BooleanSupplier holds) {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (!holds.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited in vain");
      LockSupport.parkNanos(1_000_000);
    }
  }
}

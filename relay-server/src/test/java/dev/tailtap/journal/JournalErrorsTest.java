package dev.tailtap.journal;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.JournalConfig;
import dev.tailtap.rig.Patience;
import dev.tailtap.stats.Stats;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An Error in a thread that all wait for reaches whoever can end the process, and shuts. */
final class JournalErrorsTest {
  @TempDir private Path dir;
  private final Stats stats = new Stats();
  private final ConcurrentLinkedQueue<Throwable> uncaught = new ConcurrentLinkedQueue<>();
  private Thread.UncaughtExceptionHandler former;

  @BeforeEach
  void listen() {
    former = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, error) -> uncaught.add(error));
  }

  @AfterEach
  void restore() {
    Thread.setDefaultUncaughtExceptionHandler(former);
  }

  @Test
  void admitsNobodyOnceItsThreadHasDiedOfAnError() throws Exception {
    try (Journal journal = open()) {
      Error error = new OutOfMemoryError("as if");
      journal.offer(new Ending(out -> raise(error), () -> {}));
      await(() -> uncaught.contains(error));
      await(() -> !journal.admitting());
      assertFalse(journal.reserve());
      assertFalse(journal.isSafe());
    }
  }

  @Test
  void letsAnErrorOfACallbackReachTheHandler() throws Exception {
    try (Journal journal = open()) {
      Error error = new StackOverflowError("as if");
      journal.offer(new Ending(out -> {}, () -> raise(error)));
      await(() -> uncaught.contains(error));
      await(() -> !journal.admitting());
    }
  }

  @Test
  void survivesTheExceptionOfOneEntryForAllOthers() throws Exception {
    try (Journal journal = open()) {
      assertTrue(journal.reserve());
      journal.offer(new Ending(out -> fail(), () -> {}));
      CountDownLatch told = new CountDownLatch(1);
      journal.offer(
          new Ending(
              out -> {},
              () -> {
                told.countDown();
                fail();
              }));
      assertTrue(told.await(Patience.SECONDS, TimeUnit.SECONDS));
      assertTrue(journal.admitting());
      assertTrue(uncaught.isEmpty(), uncaught.toString());
    }
  }

  private Journal open() throws Exception {
    Journal journal = Journal.open(new JournalConfig(dir, 16 << 20, 1, false), 100, stats);
    await(journal::admitting);
    assertTrue(journal.reserve());
    return journal;
  }

  private static void raise(Error error) {
    throw error;
  }

  private static void fail() {
    throw new IllegalStateException("as if");
  }

  private interface Writing {
    void to(ByteBuffer out);
  }

  private record Ending(Writing writing, Runnable told) implements Entry {
    @Override
    public UUID call() {
      return new UUID(9, 9);
    }

    @Override
    public boolean closes() {
      return true;
    }

    @Override
    public void encode(ByteBuffer out, Entry opened) {
      writing.to(out.putInt(1));
    }

    @Override
    public void acknowledge() {
      told.run();
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

package dev.tailtap.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How often the log is told of what goes on failing. */
final class JournalLogTest {
  private static final int ROUNDS = 500;

  private final Logger logger = Logger.getLogger(SegmentKeeper.class.getName());
  private final Lines lines = new Lines();
  private Level former;

  @BeforeEach
  void listen() {
    former = logger.getLevel();
    logger.setLevel(Level.ALL);
    logger.addHandler(lines);
  }

  @AfterEach
  void leave() {
    logger.removeHandler(lines);
    logger.setLevel(former);
  }

  @Test
  void isToldOnceOfADiskThatTakesNoFileWhateverTheFileWouldBeCalled() throws Exception {
    SimFiles files = new SimFiles(new Random(1), true);
    files.readOnly = true;
    ArrayDeque<Runnable> keeper = new ArrayDeque<>();
    JournalLimits limits =
        new JournalLimits(64 << 10, 1 << 20, 1, 4096, 100, 10, 10, Duration.ofHours(1));
    Stats stats = new Stats();
    Journal journal = new Journal(files, limits, Ticker.SYSTEM, keeper::add, stats);
    for (int i = 0; i < ROUNDS; i++) {
      journal.keep();
      keeper.remove().run();
    }
    assertFalse(journal.admitting());
    String create = Label.JOURNAL_FAILED_CREATE.value();
    assertEquals(ROUNDS, stats.value(Metric.JOURNAL_ERRORS, create));
    assertEquals(1, lines.said.size(), lines.said.toString());
  }

  private static final class Lines extends Handler {
    private final List<String> said = new ArrayList<>();

    @Override
    public void publish(LogRecord line) {
      said.add(line.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}

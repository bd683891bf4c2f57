package dev.tailtap.journal;

import dev.tailtap.stats.Stats;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * One life of a journal, drawn from a seed: calls begin and end, disk and database fail, the
 * process is killed, the power goes. One thread plays all of the journal's. Now and then everything
 * is quiet, and then what was promised must hold.
 */
final class Simulation {
  private static final int STAGED = 5;
  private static final int STEPS = 1_000;
  private static final int PATIENCE = 2_000;

  private final Random random;
  private final Fault fault;
  private final boolean soundDisk;

  /** Draws when a call begins anew; null: never. */
  private final Random again;

  /** Draws which calls are staged; null: none. */
  private final Random staging;

  /** Draws when the directory is removed and put back; null: never. */
  private final Random removals;

  private final SimFiles files;
  private final ModelSink sink;
  private final Stats stats;
  private final ArrayDeque<Runnable> keeper = new ArrayDeque<>();
  private final List<SimCall> batch = new ArrayList<>();
  private final Clock clock = new Clock();
  private Journal journal;
  private int calls;

  /** Begun in this process and not ended; how often they had begun before. */
  private final TreeMap<Integer, Integer> open = new TreeMap<>();

  /** Told that this beginning is written, and neither ended nor lost since. */
  private final Map<Integer, Integer> toldBegun = new HashMap<>();

  /** Must have some row, of this beginning or a later one: told begun at a kill. */
  private final Map<Integer, Integer> owed = new HashMap<>();

  /** Must have the row of their end. */
  private final Set<Integer> acknowledged = new HashSet<>();

  private final Set<Integer> begun = new HashSet<>();
  private final Set<Integer> staged = new HashSet<>();
  private boolean powerLost; // at least once

  /** Acknowledged by a process that is gone. */
  private final Set<Integer> before = new HashSet<>();

  /** The database does not answer. */
  private boolean away;

  /** The directory was removed, and the journal has not got over it. */
  private boolean exposed;

  /** What may happen besides. */
  enum Besides {
    NOTHING(false, false, false, false),
    /** Not even that: the disk may lose its power, but never fails. */
    SOUND_DISK(true, false, false, false),
    /** Somebody removes the directory now and then, and makes it anew. */
    REMOVALS(false, true, false, false),
    /** Calls begin anew. */
    BEGINNINGS(false, false, true, false),
    BEGINNINGS_ON_SOUND_DISK(true, false, true, false),
    /** The same, and beginnings are staged. */
    STAGING(false, false, true, true),
    STAGING_ON_SOUND_DISK(true, false, true, true);

    private final boolean soundDisk;
    private final boolean removals;
    private final boolean beginnings;
    private final boolean staging;

    Besides(boolean soundDisk, boolean removals, boolean beginnings, boolean staging) {
      this.soundDisk = soundDisk;
      this.removals = removals;
      this.beginnings = beginnings;
      this.staging = staging;
    }
  }

  Simulation(long seed, Fault fault, Besides besides, Stats stats) {
    removals = besides.removals ? new Random(seed) : null;
    again = besides.beginnings ? new Random(seed) : null;
    staging = besides.staging ? new Random(seed) : null;
    soundDisk = besides.soundDisk;
    this.random = new Random(seed * 0x9E3779B97F4A7C15L);
    this.fault = fault;
    this.stats = stats;
    files = new SimFiles(random, fault != Fault.NO_FORCE);
    sink = new ModelSink(fault);
    start();
  }

  /** Lives the life; an AssertionError says which promise was broken. */
  void run() {
    for (int step = 0; step < STEPS; step++) {
      try {
        remove();
        beginAgain();
        step();
      } catch (PowerCut cut) {
        crash();
      }
      if (random.nextInt(300) == 0) {
        quiesce();
      }
    }
    quiesce();
    if (random.nextBoolean()) {
      crash();
      quiesce();
    }
  }

  private void step() {
    clock.nanos += random.nextInt(200_000_000);
    switch (random.nextInt(30)) {
      case 0, 1, 2, 3, 4, 5 -> begin();
      case 6, 7, 8, 9, 10 -> end();
      case 11, 12, 13, 14, 15, 16, 17, 18 -> journal.tick();
      case 19, 20, 21 -> chore();
      case 22, 23, 24 -> write(true);
      case 25 -> files.failures = !soundDisk && random.nextInt(3) == 0 ? 1 + random.nextInt(6) : 0;
      case 26 -> files.full = random.nextInt(4) == 0;
      case 27 -> files.cutNext = random.nextInt(4) == 0;
      case 28 -> {
        leap();
        away = random.nextBoolean();
      }
      default -> {
        if (random.nextInt(6) == 0) {
          crash();
        }
      }
    }
  }

  private void remove() {
    if (removals == null || removals.nextInt(40) > 0) {
      return;
    }
    if (files.gone()) {
      files.putBack();
    } else {
      files.remove();
      exposed = true;
      if (!journal.reader().inheritedTaken()) { // what nobody has opened yet is gone
        acknowledged.removeIf(number -> before.contains(number) && !sink.knows(number));
        owed.keySet().removeIf(number -> !sink.knows(number));
      }
    }
  }

  private void acknowledge(int number) {
    check(!files.gone(), "call " + number + " was told durable while the directory was gone");
    acknowledged.add(number);
  }

  private void begin() {
    if (!journal.reserve()) {
      return;
    }
    int number = calls++;
    begun.add(number);
    open.put(number, 0);
    Entry entry = new SimCall(number, false).entry(() -> toldBegun.put(number, 0));
    if (staging != null && staging.nextInt(4) > 0 && journal.begin(entry)) {
      toldBegun.put(number, 0);
      staged.add(number);
    } else {
      journal.offer(entry);
    }
  }

  /** At another upstream, as it may while no byte has left. */
  private void beginAgain() {
    if (again == null || open.isEmpty() || again.nextInt(8) > 0) {
      return;
    }
    Integer number = open.ceilingKey(again.nextInt(calls));
    if (number != null && open.get(number) < Entry.MOST_OF_A_CALL - 2) {
      int beginning = open.merge(number, 1, Integer::sum);
      SimCall call = new SimCall(number, false, fault == Fault.FIRST_BEGINNING ? 0 : beginning);
      journal.offer(call.entry(() -> toldBegun.put(number, beginning)));
    }
  }

  private void end() {
    Integer number = open.ceilingKey(calls == 0 ? 0 : random.nextInt(calls));
    if (number != null) {
      end(number);
    }
  }

  private void end(Integer number) {
    open.remove(number);
    journal.offer(new SimCall(number, true).entry(() -> acknowledge(number)));
  }

  private void chore() {
    Runnable chore = keeper.poll();
    if (chore == null) {
      journal.keep();
    } else {
      chore.run();
    }
  }

  private void leap() {
    clock.wall += random.nextLong(-3_600_000, 40_000_000);
    clock.nanos += random.nextInt(10) * 10_000_000_000L;
  }

  private void write(boolean mayFail) {
    if (batch.isEmpty()) {
      take();
    }
    int luck = mayFail ? random.nextInt(6) : 5;
    if (luck == 0 || away) {
      return;
    }
    sink.apply(batch);
    if (luck == 1) {
      return; // it was committed, and nobody heard
    }
    batch.clear();
    journal.reader().committed();
  }

  private void take() {
    try {
      journal.reader().take(3, new Taking());
      if (fault == Fault.EARLY_DELETE) {
        journal.reader().committed();
      }
    } catch (IOException unreadable) {
      // As the writer does: again, later.
    }
  }

  private void crash() {
    boolean power = random.nextBoolean();
    if (exposed) { // what was on the disk was taken away, by whom no journal can help
      acknowledged.removeIf(number -> !sink.knows(number));
      owed.keySet().removeIf(number -> !sink.knows(number));
      toldBegun.clear();
      exposed = false;
    }
    before.addAll(acknowledged);
    powerLost |= power;
    if (fault == Fault.STAGED_IN_MEMORY) {
      files.forgetStaged();
    }
    if (power) {
      files.losePower();
      toldBegun.clear();
      owed.keySet().removeIf(number -> !sink.knows(number));
    } else {
      files.kill();
      owed.putAll(toldBegun);
      toldBegun.clear();
    }
    start();
  }

  private void start() {
    keeper.clear();
    batch.clear();
    open.clear();
    try {
      int most = staging == null ? 0 : STAGED;
      JournalLimits limits =
          new JournalLimits(1024, 8 * 1024, 1, 600, 16, 24, most, Duration.ofSeconds(40));
      journal = new Journal(files, limits, clock, keeper::add, stats);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Everything heals: then nothing may be left over, and nothing may be missing. */
  private void quiesce() {
    files.failures = 0;
    files.full = false;
    files.cutNext = false;
    files.putBack();
    away = false;
    // Calls that go on must not keep old segments for long.
    if (random.nextBoolean()) {
      List.copyOf(open.keySet()).forEach(this::end);
    }
    int rounds = 0;
    // The beginnings of as many calls as may be open fill up to four segments.
    int segments = open.isEmpty() ? 2 : 6;
    while (journal.pending() > 0
        || !journal.admitting()
        || files.unclaimed()
        || journal.segments() > segments) {
      check(rounds++ < PATIENCE, "no progress: pending " + journal.pending());
      clock.nanos += 100_000_000;
      journal.tick();
      chore();
      write(false);
    }
    exposed = false;
    verify();
  }

  private void verify() {
    for (int number : acknowledged) {
      check(sink.knowsEnd(number), "the acknowledged end of call " + number + " is lost");
    }
    owed.forEach(
        (number, beginning) -> {
          check(sink.knows(number), "call " + number + " that was under way has no row");
          for (SimCall row : sink.rows.getOrDefault(number, List.of())) {
            boolean late = row.ended() || row.beginning() >= beginning;
            check(late, "the row of call " + number + " is of a former beginning");
          }
        });
    sink.rows.forEach(
        (number, rows) -> {
          check(begun.contains(number), "a row of a call that never was: " + number);
          check(rows.size() == 1, "call " + number + " has " + rows.size() + " rows");
          check(!sink.deadLetters.containsKey(number), "both row and dead letter: " + number);
        });
    check(sink.sums().equals(sink.sumsOfRows()), "the sums are not those of the rows");
    check(journal.held() == open.size(), "places are held that nobody uses");
  }

  private static void check(boolean holds, String broken) {
    if (!holds) {
      throw new AssertionError(broken);
    }
  }

  private final class Taking implements JournalReader.Taker {
    @Override
    public boolean ended(byte[] content) {
      return batch.add(SimCall.read(content, true));
    }

    @Override
    public boolean interrupted(byte[] content) {
      SimCall call = SimCall.read(content, false);
      // The key hides it, but only as long as the row is kept. A disk that fails and later forgets
      // what it let be read can bring it about; the order in which segments go must not.
      // So can a loss of power, which may bring back what was staged.
      boolean back = powerLost && staged.contains(call.number());
      boolean ended = soundDisk && !back && sink.knowsEnd(call.number());
      check(!ended, "the end of call " + call.number() + " went before its beginning");
      return batch.add(call);
    }
  }

  private static final class Clock implements Ticker {
    private long nanos;
    private long wall = 1_700_000_000_000L;

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public long wallMillis() {
      return wall;
    }
  }
}

package dev.tailtap.limits;

import dev.tailtap.config.LimitConfig;
import dev.tailtap.config.LimitConfig.Facet;
import dev.tailtap.limits.BudgetLedger.Span;
import dev.tailtap.limits.BudgetLedger.Sum;
import dev.tailtap.limits.SimulatedJournal.Line;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.rig.HandTime;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/**
 * The budgets of one life of a relay: writes its journal's rows in batches, asks the sums, tells
 * the ledger, and knows beside it, row by row, what the ledger has to say.
 */
final class SimulatedSpending {
  private static final long MS = 1_000_000;

  private final Limits limits;
  private final BudgetLedger ledger;
  private final SimulatedJournal journal;
  private final SimulatedSums sums;
  private final HandTime time;
  private final Clock clock;
  private final Random random;
  private final int life;
  private final Map<String, LimitConfig> configs;

  private final Map<UUID, UsageRecord> own = new LinkedHashMap<>(); // and in no answer yet
  private final Set<UUID> told = new HashSet<>();
  private final Set<UUID> asked = new HashSet<>();
  private final Set<UUID> doubtful = new HashSet<>(); // of batches whose commit was not answered
  private final Map<String, Long> answered = new HashMap<>(); // by limit and tenant
  private final Map<String, BudgetPeriod> periods = new HashMap<>(); // of the answer, by limit
  private Set<UUID> inAnswer = Set.of();
  private List<UsageRecord> answeredRows = List.of();
  private List<Span> answeredSpans = List.of();
  private BudgetLedger.Question question; // null: none is under way
  private boolean writing;
  private boolean waiting; // for the end of a batch, to take a snapshot
  private boolean dead;
  private boolean uncertain; // another day came and went again
  int unanswered; // batches that were committed

  SimulatedSpending(
      Limits limits,
      Map<String, LimitConfig> configs,
      SimulatedJournal journal,
      SimulatedSums sums,
      HandTime time,
      Clock clock,
      Random random,
      int life) {
    this.limits = limits;
    this.configs = configs;
    this.journal = journal;
    this.sums = sums;
    this.time = time;
    this.clock = clock;
    this.random = random;
    this.life = life;
    ledger = limits.budgets();
    ask();
    time.in(50 * MS, this::write);
  }

  void die() {
    dead = true;
  }

  /** The relay's clock was set across a midnight: until the end nobody knows more than the sums. */
  void uncertain() {
    uncertain = true;
  }

  void ended(UsageRecord row) {
    ledger.ended(row);
    own.put(row.id(), row);
    journal.add(row, life, time.nanos());
  }

  // ---- the writer ----

  private void write() {
    if (dead) {
      return;
    }
    time.in((50 + random.nextInt(1_500)) * MS, this::write);
    if (!writing && !sums.away && !journal.isEmpty()) {
      List<Line> batch = journal.take(1 + random.nextInt(journal.size()));
      writing = true;
      time.in(random.nextInt(300) * MS, () -> commit(batch));
    }
  }

  private void commit(List<Line> batch) {
    boolean lost = sums.away || (dead && random.nextBoolean());
    if (!lost) {
      sums.write(batch.stream().map(Line::row).toList());
    }
    if (lost || random.nextInt(12) == 0) {
      if (!lost) {
        unanswered++;
        batch.forEach(line -> doubtful.add(line.row().id()));
      }
      written();
    } else {
      time.in(random.nextInt(50) * MS, () -> committed(batch));
    }
  }

  private void committed(List<Line> batch) {
    if (dead) {
      return; // it never heard
    }
    for (Line line : batch) {
      if (line.life() == life) {
        ledger.stored(line.row());
        told.add(line.row().id());
      }
    }
    journal.committed(batch);
    written();
  }

  private void written() {
    writing = false;
    if (waiting) {
      waiting = false;
      snapshot();
    }
  }

  // ---- the questions ----

  private void ask() {
    if (dead) {
      return;
    }
    time.in(limits.refresh().toNanos(), this::ask);
    if (question == null && !sums.away) {
      question = ledger.question();
      waiting = writing;
      if (!waiting) {
        snapshot();
      }
    }
  }

  private void snapshot() {
    question.snapshot();
    asked.addAll(told);
    told.clear();
    List<UsageRecord> rows = sums.snapshot();
    time.in(random.nextInt(random.nextInt(5) == 0 ? 3_000 : 40) * MS, () -> answer(rows));
  }

  private void answer(List<UsageRecord> rows) {
    BudgetLedger.Question of = question;
    question = null;
    if (dead || sums.away || random.nextInt(15) == 0) {
      return; // the answer is lost
    }
    Map<Span, List<Sum>> answer = new HashMap<>();
    of.spans().forEach(span -> answer.put(span, sums.sums(span, rows)));
    of.answered(answer);
    own.keySet().removeAll(asked);
    asked.clear();
    if (rows == answeredRows && List.copyOf(of.spans()).equals(answeredSpans)) {
      return; // it is as the one before
    }
    answeredRows = rows;
    answeredSpans = List.copyOf(of.spans());
    inAnswer = new HashSet<>();
    rows.forEach(row -> inAnswer.add(row.id()));
    answered.clear();
    for (LimitConfig limit : configs.values()) {
      boolean money = limit.budget().currency() != null;
      for (Span span : of.spans()) {
        if (span.money() == money) {
          periods.put(limit.name(), span.period());
          rows.forEach(row -> note(limit, span.period(), row));
        }
      }
    }
  }

  private void note(LimitConfig limit, BudgetPeriod period, UsageRecord row) {
    if (period.has(SimulatedSums.begun(row))) {
      answered.merge(name(limit, row.call().tenant()), SimulatedSums.tokens(row), Long::sum);
    }
  }

  private static String name(LimitConfig limit, String tenant) {
    return limit.name() + (limit.per().contains(Facet.TENANT) ? "/" + tenant : "");
  }

  // ---- what has to hold ----

  /** What a budget has to say was used, in tokens. */
  long expected(LimitConfig limit, String tenant) {
    BudgetPeriod now = BudgetPeriod.of(limit.budget().period(), ZoneOffset.UTC, clock.instant());
    String name = name(limit, tenant);
    long sum = now.equals(periods.get(limit.name())) ? answered.getOrDefault(name, 0L) : 0;
    for (UsageRecord row : own.values()) {
      boolean same = name(limit, row.call().tenant()).equals(name);
      if (same && now.has(SimulatedSums.begun(row))) {
        sum += SimulatedSums.tokens(row);
      }
    }
    return sum;
  }

  /** Whether a budget is spent for a tenant; null: nobody can say. */
  Boolean spent(String tenant) {
    if (uncertain) {
      return null;
    }
    return configs.values().stream().anyMatch(limit -> expected(limit, tenant) >= most(limit));
  }

  private static double most(LimitConfig limit) {
    double amount = limit.budget().amount().doubleValue();
    return limit.budget().currency() == null ? amount : amount * 1_000;
  }

  /** Each of its calls counts once, and twice at most where a commit was not answered. */
  String trouble() {
    for (UsageRecord row : own.values()) {
      if (inAnswer.contains(row.id()) && !doubtful.contains(row.id())) {
        return "a row counts twice: " + row.id();
      }
    }
    return uncertain ? null : difference();
  }

  /** What a budget says that differs from what it has to; null: nothing. */
  String difference() {
    for (LimitConfig limit : configs.values()) {
      double unit = limit.budget().currency() == null ? 1 : 1e-3;
      for (LimitState.Held held : limits.states(limit.name(), 100).get(0).fullest()) {
        String tenant = held.of().getOrDefault("tenant", "");
        double says = held.budget().part().used() / unit;
        long expected = expected(limit, tenant);
        if (Math.abs(says - expected) > 1e-3) {
          return "the budget of %s says %s and not %d"
              .formatted(name(limit, tenant), says, expected);
        }
      }
    }
    return null;
  }

  /** At rest its budgets are the sums of all that is committed. */
  String atRest() {
    if (!journal.isEmpty()) {
      return journal.size() + " rows are not written";
    }
    own.clear();
    answered.clear();
    List<UsageRecord> rows = new ArrayList<>(sums.snapshot());
    for (LimitConfig limit : configs.values()) {
      BudgetPeriod now = BudgetPeriod.of(limit.budget().period(), ZoneOffset.UTC, clock.instant());
      periods.put(limit.name(), now);
      rows.forEach(row -> note(limit, now, row));
    }
    return difference();
  }
}

package dev.tailtap.limits;

import dev.tailtap.config.QuotaConfig;
import dev.tailtap.config.file.ConfigException;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.record.OpenRecord;
import dev.tailtap.record.Outcome;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.Try;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.record.UsageState;
import dev.tailtap.stats.Stats;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Limits at a clock of the test's own, and calls that use what the test says. */
final class HandLimits {
  final Stats stats = new Stats();
  final Limits limits;
  final Limiting gate;
  final BudgetLedger budgets;
  private long nanos = 7_000_000_000_000L;
  private Instant wall = Instant.parse("2026-03-10T12:00:00Z");
  private long ids;

  HandLimits(String... settings) throws ConfigException {
    Clock clock =
        new Clock() {
          @Override
          public ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException();
          }

          @Override
          public Instant instant() {
            return wall;
          }
        };
    limits = new Limits(stats, HandLimits::nanoDollars, clock, () -> nanos);
    use(settings);
    gate = limits.gate();
    budgets = limits.budgets();
  }

  /** A thousandth of a dollar for a token. */
  static long nanoDollars(UsageRecord call, String currency) {
    Long total = call.usage().tokens().total();
    return total == null || !currency.equals("USD") ? Costs.UNKNOWN : total * 1_000_000;
  }

  static QuotaConfig quota(String... settings) throws ConfigException {
    Map<String, String> all = new HashMap<>();
    all.put("upstream.u.url", "http://u.test");
    all.put("route.r.path", "/");
    all.put("route.r.upstream", "u");
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    return ConfigFile.of(all, List.of()).quota();
  }

  void use(String... settings) throws ConfigException {
    limits.use(quota(settings));
  }

  long nanos() {
    return nanos;
  }

  Instant wall() {
    return wall;
  }

  /** Time passes. */
  void pass(long millis) {
    nanos += millis * 1_000_000;
    wall = wall.plusMillis(millis);
  }

  /** It is another time of the day, which the other clock does not notice. */
  void jump(Instant to) {
    wall = to;
  }

  /** What came of a wish: one of both. */
  static final class Told implements Limiting.Applicant {
    Reservation granted;
    Denial why;

    @Override
    public void admitted(Reservation reservation) {
      granted = reservation;
    }

    @Override
    public void denied(Denial denial) {
      why = denial;
    }
  }

  Told ask(String tenant) {
    return ask(tenant, null, "m");
  }

  Told ask(String tenant, String named, String model) {
    Reservation wanted = gate.open();
    wanted.facets().set(tenant, "k-1", named, model, "u", "r", -1);
    Told told = new Told();
    gate.admit(wanted, told);
    return told;
  }

  /** A call of now that used so many tokens; null: it does not say. */
  UsageRecord call(String tenant, Long total) {
    return call(tenant, total, 200, UsageState.FINAL);
  }

  UsageRecord call(String tenant, Long total, int status, UsageState state) {
    return record(wall, ids++, tenant, total, status, state);
  }

  /** The same of any time. */
  static UsageRecord record(
      Instant wall, long number, String tenant, Long total, int status, UsageState state) {
    UUID id = new UUID(wall.toEpochMilli() << 16 | 0x7000, number);
    OpenRecord open =
        new OpenRecord(id, wall, "r", "u", "openai-chat", "POST", "/", tenant, Try.of(id));
    Tokens tokens = total == null ? Tokens.UNKNOWN : new Tokens(total, 0L, total, null, null, null);
    UsageReading usage =
        total == null
            ? UsageReading.NONE
            : new UsageReading(state, "m", "x", null, tokens, null, 1, "");
    return new UsageRecord(
        open,
        UsageRecord.Request.UNREAD,
        new UsageRecord.Response(status, true, 1, 1L, true),
        usage,
        new UsageRecord.End(wall, 1, Outcome.COMPLETED, null));
  }

  /** The only bucket of the only limit. */
  LimitState.Held held() {
    return limits.states(null, 10).get(0).fullest().get(0);
  }

  double tokensUsed() {
    LimitState state = limits.states(null, 10).get(0);
    return state.fullest().isEmpty() ? 0 : state.fullest().get(0).tokens().used();
  }
}

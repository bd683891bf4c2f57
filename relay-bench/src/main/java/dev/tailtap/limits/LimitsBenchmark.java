package dev.tailtap.limits;

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
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What limits cost one request, in nanoseconds: asked with requests, tokens and streams, a
 * reservation made, and settled by what the call used. By one limit for each tenant; and by three,
 * of which one is for each model of each tenant and one has a budget. Allocates nothing (-prof gc).
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LimitsBenchmark implements Limiting.Applicant {
  private static final int TENANTS = 1024; // a power of two

  @Param({"1", "3"})
  private int limits;

  private final String[] tenants = new String[TENANTS];
  private Limiting gate;
  private UsageRecord call;
  private Reservation granted;
  private int next;

  @Setup
  public void make() throws ConfigException {
    Map<String, String> settings = new HashMap<>();
    settings.put("upstream.u.url", "http://u.test");
    settings.put("route.r.path", "/");
    settings.put("route.r.upstream", "u");
    settings.put("limit.a.per", "tenant");
    settings.put("limit.a.requests", "900M/s");
    settings.put("limit.a.tokens", "900G/s");
    settings.put("limit.a.streams", "100");
    if (limits == 3) {
      settings.put("limit.b.match", "model:gpt-* tenant:tenant-*");
      settings.put("limit.b.per", "tenant,model");
      settings.put("limit.b.tokens", "900G/s");
      settings.put("limit.c.budget", "900G tokens/month");
      settings.put("limit.c.per", "tenant");
    }
    Limits all = new Limits(new Stats(), (used, currency) -> Costs.UNKNOWN);
    all.use(ConfigFile.of(settings, List.of()).quota());
    gate = all.gate();
    for (int i = 0; i < TENANTS; i++) {
      tenants[i] = "tenant-" + i;
    }
    UUID id = new UUID(0x7000, 1);
    call =
        new UsageRecord(
            new OpenRecord(
                id, Instant.EPOCH, "r", "u", "openai-chat", "POST", "/", "t", Try.of(id)),
            UsageRecord.Request.UNREAD,
            new UsageRecord.Response(200, true, 1, 1L, true),
            new UsageReading(
                UsageState.FINAL,
                "m",
                "x",
                null,
                new Tokens(900L, 100L, 1_000L, null, null, null),
                null,
                1,
                ""),
            new UsageRecord.End(Instant.EPOCH, 1, Outcome.COMPLETED, null));
  }

  @Override
  public void admitted(Reservation reservation) {
    granted = reservation;
  }

  @Override
  public void denied(Denial why) {
    throw new IllegalStateException("the benchmark is to be admitted, and not " + why);
  }

  @Benchmark
  public void call() {
    Reservation wanted = gate.open();
    String tenant = tenants[next++ & TENANTS - 1];
    wanted.facets().set(tenant, null, null, "gpt-5", "u", "r", -1);
    gate.admit(wanted, this);
    granted.begin();
    granted.charge(call, true);
    granted.close();
  }
}

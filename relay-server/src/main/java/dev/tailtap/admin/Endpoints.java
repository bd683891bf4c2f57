package dev.tailtap.admin;

import dev.tailtap.record.UsageState;
import dev.tailtap.store.GroupBy;
import dev.tailtap.store.StoredRecord;
import dev.tailtap.store.UsageReads;
import dev.tailtap.store.UsageTotals;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** The pages of the admin port by their paths. The port's loop. */
final class Endpoints {
  private static final Instant END_OF_TIME = Instant.parse("9999-01-01T00:00:00Z");
  private static final String INDEX =
      """
      Tailtap

      /healthz      the process is alive
      /readyz       200 while new requests are admitted, else 503 and why
      /metrics      Prometheus or OpenMetrics text
      /live         the figures that matter, every second, as server-sent events
      /stats        ?from=&to=&by=day|hour|model|upstream|tenant&format=json|csv
                    times: 2026-01-31, 2026-01-31T12:00:00Z or seconds since 1970; to is exclusive
      /concurrency  exchanges under way
      /upstreams    which upstreams and keys are not asked, why and until when
      /records      ?limit=1..1000&usage_state=final|partial|absent|unreadable|repeated, newest first; or ?id=
      /config       the settings in use, where each is from, and what differs from the file
      /reload       POST: read the settings again; ?format=json|text""";

  /** Those that change something. */
  private static final Set<String> CHANGING = Set.of("/reload");

  private final AdminSources sources;
  private final UsageReads reads;
  private final Map<String, Endpoint> byPath;

  Endpoints(AdminSources sources) {
    this.sources = sources;
    this.reads = sources.reads();
    MetricsPage metrics = new MetricsPage(sources.stats());
    this.byPath =
        Map.ofEntries(
            entry("/", (query, accept, to) -> to.reply(Reply.text(200, INDEX))),
            entry("/healthz", (query, accept, to) -> to.reply(Reply.text(200, "ok"))),
            entry("/readyz", (query, accept, to) -> to.reply(readiness())),
            entry("/metrics", (query, accept, to) -> to.reply(metrics.scrape(accept))),
            entry("/live", (query, accept, to) -> live(query, to)),
            entry("/stats", (query, accept, to) -> to.ask(stats(query))),
            entry("/concurrency", (query, accept, to) -> to.reply(concurrency(query))),
            entry("/upstreams", (query, accept, to) -> to.reply(upstreams(query))),
            entry("/records", (query, accept, to) -> to.ask(records(query))),
            entry("/config", (query, accept, to) -> to.askSettings(config(query))),
            entry("/reload", (query, accept, to) -> to.askSettings(reload(query))));
  }

  /** Null: there is no such page. */
  Endpoint at(String path) {
    return byPath.get(path);
  }

  /** Whether what is there is done, and not read. */
  boolean changes(String path) {
    return CHANGING.contains(path);
  }

  private static Map.Entry<String, Endpoint> entry(String path, Endpoint endpoint) {
    return Map.entry(path, endpoint);
  }

  private Reply readiness() {
    Readiness now = sources.readiness().get();
    return now == Readiness.READY
        ? Reply.text(200, now.reason())
        : Reply.text(503, "not ready: " + now.reason());
  }

  private static void live(Query query, Responder responder) throws Query.BadParameter {
    query.allow();
    responder.stream();
  }

  private Reply concurrency(Query query) throws Query.BadParameter {
    query.allow();
    Concurrency now = sources.concurrency().get();
    return Reply.json(200, out -> JsonReplies.concurrency(out, now));
  }

  private Reply upstreams(Query query) throws Query.BadParameter {
    query.allow();
    UpstreamStates now = sources.upstreams().get();
    return Reply.json(200, out -> JsonReplies.upstreams(out, now));
  }

  private Responder.Question stats(Query query) throws Query.BadParameter {
    query.allow("from", "to", "by", "format");
    Instant from = query.time("from", Instant.EPOCH);
    Instant to = query.time("to", END_OF_TIME);
    GroupBy by = query.oneOf("by", GroupBy.values(), GroupBy::word, GroupBy.DAY);
    StatsPage.Format format =
        query.oneOf(
            "format", StatsPage.Format.values(), StatsPage.Format::word, StatsPage.Format.JSON);
    if (!from.isBefore(to)) {
      throw new Query.BadParameter("from must be before to");
    }
    return () -> {
      UsageTotals totals = reads.stats(from, to, by);
      List<String> keys = totals.groups().stream().map(UsageTotals.Group::key).toList();
      StatsPage page = new StatsPage(totals, reads.costs(from, to, by, keys));
      return format == StatsPage.Format.CSV ? Reply.csv(page.csv()) : Reply.json(200, page::json);
    };
  }

  private Responder.Question records(Query query) throws Query.BadParameter {
    query.allow("limit", "usage_state", "id");
    UUID id = query.id("id");
    int limit = query.count("limit", 1000, 100);
    UsageState state = query.oneOf("usage_state", UsageState.values(), UsageState::column, null);
    return () -> {
      List<StoredRecord> rows = id == null ? reads.records(limit, state) : reads.record(id);
      return Reply.json(200, out -> JsonReplies.records(out, rows));
    };
  }

  private Responder.Question config(Query query) throws Query.BadParameter {
    query.allow();
    return () -> SettingsPage.active(sources.settings().active());
  }

  private Responder.Question reload(Query query) throws Query.BadParameter {
    query.allow("format");
    boolean text = query.oneOf("format", Format.values(), Format::word, Format.JSON) == Format.TEXT;
    return () -> {
      LiveSettings.Reloaded done = sources.settings().reload("POST");
      return text ? SettingsPage.text(done) : SettingsPage.json(done);
    };
  }

  private enum Format {
    JSON,
    TEXT;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}

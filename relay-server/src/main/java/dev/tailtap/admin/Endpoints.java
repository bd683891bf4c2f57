package dev.tailtap.admin;

import dev.tailtap.store.CallGroup;
import dev.tailtap.store.FirstEvents;
import dev.tailtap.store.GroupBy;
import dev.tailtap.store.RecordFilter;
import dev.tailtap.store.RecordPage;
import dev.tailtap.store.StatsFilter;
import dev.tailtap.store.UsageReads;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** The pages of the admin port by their paths. The port's loop. */
final class Endpoints {
  private static final String INDEX =
      """
      Tailtap

      /healthz      the process is alive
      /readyz       200 while new requests are admitted, else 503 and why
      /metrics      Prometheus or OpenMetrics text
      /live         the figures that matter, every second, as server-sent events
      /stats        ?from=&to=&by=day|hour|model|upstream|tenant&upstream=&model=&tenant=&format=json|csv
                    times: 2026-01-31, 2026-01-31T12:00:00Z or seconds since 1970; to is exclusive
      /concurrency  exchanges under way
      /upstreams    which upstreams and keys are not asked, why and until when
      /limits       ?name=&count=1..1000, what the limits hold that are set by name, fullest buckets first
      /records      ?limit=1..1000&usage_state=final|partial|absent|unreadable|repeated&problem=failed|unmetered
                    &outcome=&status=&from=&to=&upstream=&model=&tenant=&session=&tag=NAME:VALUE&format=json|csv,
                    newest first; before= what the last answer calls next; or ?id=
      /quality      ?from=, how right the counts are by model, and why not
      /first-event  ?from=, how long answers take to begin
      /config       the settings in use, where each is from, and what differs from the file
      /reload       POST: read the settings again; ?format=json|text

      In a browser / is a dashboard.""";

  private static final Duration QUALITY_SPAN = Duration.ofHours(24);
  private static final Duration FIRST_EVENT_SPAN = Duration.ofMinutes(5);

  /** How many rows are looked at, so that a busy day takes no reader for long. */
  private static final int MOST_JUDGED = 100_000;

  private static final int MOST_TIMED = 10_000;
  private static final int MOST_BUCKETS = 1_000;
  private static final int USUAL_BUCKETS = 20;

  /** Those that change something. */
  private static final Set<String> CHANGING = Set.of("/reload");

  private final AdminSources sources;
  private final UsageReads reads;
  private final Map<String, Endpoint> byPath = new HashMap<>();

  Endpoints(AdminSources sources) {
    this.sources = sources;
    this.reads = sources.reads();
    MetricsPage metrics = new MetricsPage(sources.stats());
    DashboardFiles dashboard = new DashboardFiles();
    dashboard
        .byPath()
        .forEach((path, file) -> byPath.put(path, (query, accept, to) -> to.reply(file)));
    byPath.put(
        "/",
        (query, accept, to) ->
            to.reply(DashboardFiles.takesPage(accept) ? dashboard.page() : Reply.text(200, INDEX)));
    byPath.put("/healthz", (query, accept, to) -> to.reply(Reply.text(200, "ok")));
    byPath.put("/readyz", (query, accept, to) -> to.reply(readiness()));
    byPath.put("/metrics", (query, accept, to) -> to.reply(metrics.scrape(accept)));
    byPath.put("/live", (query, accept, to) -> live(query, to));
    byPath.put("/concurrency", (query, accept, to) -> to.reply(concurrency(query)));
    byPath.put("/upstreams", (query, accept, to) -> to.reply(upstreams(query)));
    byPath.put("/limits", (query, accept, to) -> to.ask(limits(query)));
    byPath.put("/stats", (query, accept, to) -> to.ask(stats(query)));
    byPath.put("/records", (query, accept, to) -> to.ask(records(query)));
    byPath.put("/quality", (query, accept, to) -> to.ask(quality(query)));
    byPath.put("/first-event", (query, accept, to) -> to.ask(firstEvents(query)));
    byPath.put("/config", (query, accept, to) -> to.askSettings(config(query)));
    byPath.put("/reload", (query, accept, to) -> to.askSettings(reload(query)));
  }

  /** Null: there is no such page. */
  Endpoint at(String path) {
    return byPath.get(path);
  }

  /** Whether what is there is done, and not read. */
  boolean changes(String path) {
    return CHANGING.contains(path);
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

  private Responder.Question limits(Query query) throws Query.BadParameter {
    query.allow("name", "count");
    String name = query.text("name");
    int most = query.count("count", MOST_BUCKETS, USUAL_BUCKETS);
    return () -> Reply.json(200, out -> sources.limits().of(name, most).json(out, sources.stats()));
  }

  private Responder.Question stats(Query query) throws Query.BadParameter {
    query.allow("from", "to", "by", "upstream", "model", "tenant", "format");
    StatsFilter filter =
        new StatsFilter(
            query.time("from", null),
            query.time("to", null),
            query.oneOf("by", GroupBy.values(), GroupBy::word, GroupBy.DAY),
            query.text("upstream"),
            query.text("model"),
            query.text("tenant"));
    boolean csv = csv(query);
    inOrder(filter.from(), filter.to());
    return () -> {
      StatsPage page = new StatsPage(reads.stats(filter));
      return page.refusal() != null
          ? Reply.invalid(400, "bad_parameter", page.refusal())
          : csv ? Reply.csv(page.csv()) : Reply.json(200, page::json);
    };
  }

  private static boolean csv(Query query) throws Query.BadParameter {
    return query.oneOf("format", Table.values(), Table::word, Table.JSON) == Table.CSV;
  }

  private static void inOrder(Instant from, Instant to) throws Query.BadParameter {
    if (from != null && to != null && !from.isBefore(to)) {
      throw new Query.BadParameter("from must be before to");
    }
  }

  private Responder.Question records(Query query) throws Query.BadParameter {
    UUID id = query.id("id");
    RecordFilter filter = RecordsPage.filter(query);
    boolean csv = csv(query);
    inOrder(filter.since(), filter.until());
    return () -> {
      RecordPage page =
          id == null ? reads.records(filter) : new RecordPage(reads.record(id), null, null);
      return csv ? RecordsPage.csv(page) : Reply.json(200, out -> RecordsPage.json(out, page));
    };
  }

  private Responder.Question config(Query query) throws Query.BadParameter {
    query.allow();
    return () -> SettingsPage.active(sources.settings().active(), sources.keys());
  }

  private Responder.Question reload(Query query) throws Query.BadParameter {
    query.allow("format");
    boolean text = query.oneOf("format", Format.values(), Format::word, Format.JSON) == Format.TEXT;
    return () -> {
      LiveSettings.Reloaded done = sources.settings().reload("POST");
      return text ? SettingsPage.text(done) : SettingsPage.json(done);
    };
  }

  private enum Table {
    JSON,
    CSV;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private enum Format {
    JSON,
    TEXT;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private Responder.Question quality(Query query) throws Query.BadParameter {
    query.allow("from");
    Instant since = query.time("from", Instant.now().minus(QUALITY_SPAN));
    return () -> {
      List<CallGroup> groups = reads.newestGroups(since, MOST_JUDGED);
      long calls = groups.stream().mapToLong(CallGroup::calls).sum();
      QualityPage page = new QualityPage(since, calls < MOST_JUDGED, groups);
      return Reply.json(200, out -> page.json(out, sources.doctor()));
    };
  }

  private Responder.Question firstEvents(Query query) throws Query.BadParameter {
    query.allow("from");
    Instant since = query.time("from", Instant.now().minus(FIRST_EVENT_SPAN));
    return () -> {
      FirstEvents times = reads.firstEvents(since, MOST_TIMED);
      return Reply.json(200, out -> JsonReplies.firstEvents(out, since, times));
    };
  }
}

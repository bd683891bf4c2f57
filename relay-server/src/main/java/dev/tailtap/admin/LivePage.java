package dev.tailtap.admin;

import dev.tailtap.record.Outcome;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.store.StoreState;
import java.io.ByteArrayOutputStream;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/** The live figures as one server-sent event: all there is to say now, and nothing of before. */
final class LivePage {
  private static final byte[] DATA = {'d', 'a', 't', 'a', ':', ' '};
  private static final List<Label> TOKENS =
      List.of(
          Label.TOKENS_INPUT,
          Label.TOKENS_CACHED,
          Label.TOKENS_CACHE_WRITE,
          Label.TOKENS_OUTPUT,
          Label.TOKENS_REASONING);

  private final AdminSources sources;
  private final InstantSource clock;

  LivePage(AdminSources sources, InstantSource clock) {
    this.sources = sources;
    this.clock = clock;
  }

  /** As it goes out; the JSON is one line. */
  byte[] event() {
    ByteArrayOutputStream event = new ByteArrayOutputStream();
    event.writeBytes(DATA);
    event.writeBytes(JsonReplies.of(this::json));
    event.write('\n');
    return event.toByteArray();
  }

  private void json(JsonGenerator out) {
    Readiness readiness = sources.readiness().get();
    out.writeStartObject();
    out.writeStringProperty("at", clock.instant().truncatedTo(ChronoUnit.MILLIS).toString());
    out.writeBooleanProperty("admitting", readiness == Readiness.READY);
    out.writeStringProperty("reason", readiness.reason());
    rows(out, sources.store().get());
    JsonReplies.concurrency(out.writeName("streams"), sources.concurrency().get());
    totals(out);
    out.writeName("upstreams");
    JsonReplies.upstreamList(out, sources.upstreams().get());
    out.writeEndObject();
  }

  private static void rows(JsonGenerator out, StoreState store) {
    out.writeObjectPropertyStart("rows");
    out.writeStringProperty("database", store.databaseUp() ? "up" : "away");
    out.writeNumberProperty("waiting", store.waitingRows());
    out.writeNumberProperty("oldest_ms", store.oldestMillis());
    out.writeObjectPropertyStart("journal");
    out.writeNumberProperty("bytes", store.journalBytes());
    out.writeNumberProperty("max_bytes", store.journalMostBytes());
    out.writeNumberProperty("free_bytes", store.freeBytes());
    out.writeNumberProperty("min_free_bytes", store.leastFreeBytes());
    out.writeEndObject().writeEndObject();
  }

  /** An error is what {@code /records?problem=failed} lists: a client that left is none. */
  private void totals(JsonGenerator out) {
    long gone = ended(Outcome.CLIENT_GONE); // first, so that no difference is below 0
    long completed = ended(Outcome.COMPLETED);
    long calls = sources.stats().sum(Metric.CALLS);
    out.writeObjectPropertyStart("totals");
    out.writeNumberProperty("requests", sources.stats().value(Metric.REQUESTS));
    out.writeNumberProperty("refused", sources.stats().sum(Metric.REFUSED));
    out.writeNumberProperty("calls", calls);
    out.writeNumberProperty("errors", calls - completed - gone);
    out.writeNumberProperty("client_gone", gone);
    out.writeObjectPropertyStart("tokens");
    for (Label kind : TOKENS) {
      out.writeNumberProperty(kind.value(), sources.stats().value(Metric.TOKENS, kind.value()));
    }
    out.writeEndObject().writeEndObject();
  }

  private long ended(Outcome how) {
    return sources.stats().value(Metric.CALLS, how.column());
  }
}

package dev.tailtap.admin;

import dev.tailtap.store.FirstEvents;
import dev.tailtap.store.StoredRecord;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.time.Instant;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** The figures of the admin port as JSON. */
final class JsonReplies {
  private static final JsonFactory FACTORY = new JsonFactory();

  private JsonReplies() {}

  /** Something that can be written as one JSON value. */
  @FunctionalInterface
  interface Content {
    void write(JsonGenerator out);
  }

  static byte[] of(Content content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out = FACTORY.createGenerator(ObjectWriteContext.empty(), bytes)) {
      content.write(out);
    }
    bytes.write('\n');
    return bytes.toByteArray();
  }

  static void concurrency(JsonGenerator out, Concurrency concurrency) {
    out.writeStartObject();
    counts(out, concurrency.active(), concurrency.max(), concurrency.peak());
    out.writeObjectPropertyStart("upstreams");
    concurrency
        .upstreams()
        .forEach(
            (name, upstream) -> {
              out.writeObjectPropertyStart(name);
              counts(out, upstream.active(), upstream.max(), upstream.peak());
              out.writeEndObject();
            });
    out.writeEndObject().writeEndObject();
  }

  static void upstreams(JsonGenerator out, UpstreamStates states) {
    out.writeStartObject().writeName("upstreams");
    upstreamList(out, states);
    out.writeEndObject();
  }

  static void upstreamList(JsonGenerator out, UpstreamStates states) {
    out.writeStartArray();
    for (UpstreamStates.Upstream upstream : states.upstreams()) {
      out.writeStartObject().writeStringProperty("name", upstream.name());
      standing(out, upstream.standing());
      out.writeNumberProperty("streams", upstream.streams());
      out.writeArrayPropertyStart("keys");
      for (UpstreamStates.Key key : upstream.keys()) {
        out.writeStartObject().writeStringProperty("label", key.label());
        standing(out, key.standing());
        if (key.label() == null) {
          out.writeNumberProperty("callers_parked", key.callers());
        }
        out.writeEndObject();
      }
      out.writeEndArray().writeEndObject();
    }
    out.writeEndArray();
  }

  static void firstEvents(JsonGenerator out, Instant since, FirstEvents times) {
    out.writeStartObject().writeStringProperty("from", since.toString());
    out.writeNumberProperty("calls", times.calls());
    column(out.writeName("p50_ms"), times.p50());
    column(out.writeName("p95_ms"), times.p95());
    out.writeEndObject();
  }

  private static void counts(JsonGenerator out, int active, int max, int peak) {
    out.writeNumberProperty("active", active);
    out.writeNumberProperty("max", max);
    out.writeNumberProperty("peak", peak);
  }

  private static void standing(JsonGenerator out, UpstreamStates.Standing standing) {
    out.writeStringProperty("state", standing.state());
    out.writeStringProperty("reason", standing.reason());
    column(out.writeName("until"), standing.until());
  }

  /** Times and ids have their usual text; an absent value stays null. */
  static void column(JsonGenerator out, Object value) {
    if (value == null) {
      out.writeNull();
    } else if (value instanceof Boolean truth) {
      out.writeBoolean(truth);
    } else if (value instanceof BigDecimal exact) {
      out.writeNumber(exact);
    } else if (value instanceof StoredRecord.Json json) {
      out.writeRawValue(json.text());
    } else if (value instanceof BigDecimal exact) {
      out.writeNumber(exact.toPlainString());
    } else if (value instanceof Number number) {
      out.writeNumber(number.longValue());
    } else {
      out.writeString(value.toString());
    }
  }
}

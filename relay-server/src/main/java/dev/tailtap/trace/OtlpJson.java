package dev.tailtap.trace;

import dev.tailtap.stats.BuildInfo;
import java.io.ByteArrayOutputStream;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Requests to a collector, and what it answers, in OTLP's JSON.
 *
 * @param instance the relay's name; empty: it has none
 * @param version of the relay
 */
record OtlpJson(String instance, String version) {
  private static final JsonFactory FACTORY = new JsonFactory();

  /** Of this build. */
  static OtlpJson of(String instance) {
    return new OtlpJson(instance, BuildInfo.read().version());
  }

  byte[] request(List<Span> spans) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1_024 * spans.size());
    try (JsonGenerator out = FACTORY.createGenerator(ObjectWriteContext.empty(), bytes)) {
      out.writeStartObject().writeArrayPropertyStart("resourceSpans").writeStartObject();
      out.writeObjectPropertyStart("resource").writeArrayPropertyStart("attributes");
      SpanJson resource = new SpanJson(out);
      resource.text("service.name", "tailtap");
      resource.text("service.version", version);
      resource.text("service.instance.id", instance.isEmpty() ? null : instance);
      out.writeEndArray().writeEndObject();
      out.writeArrayPropertyStart("scopeSpans").writeStartObject();
      out.writeObjectPropertyStart("scope").writeStringProperty("name", "dev.tailtap");
      out.writeStringProperty("version", version).writeEndObject();
      out.writeArrayPropertyStart("spans");
      spans.forEach(span -> span.write(out));
      out.writeEndArray().writeEndObject().writeEndArray();
      out.writeEndObject().writeEndArray().writeEndObject();
    }
    return bytes.toByteArray();
  }

  /** How many spans a collector that answered 200 has refused nevertheless. */
  static long rejected(byte[] answer) {
    try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), answer)) {
      for (JsonToken next = in.nextToken(); next != null; next = in.nextToken()) {
        if (next == JsonToken.PROPERTY_NAME && in.currentName().equals("rejectedSpans")) {
          in.nextToken();
          return Math.max(0, Long.parseLong(in.getString()));
        }
      }
      return 0;
    } catch (RuntimeException unreadable) {
      return 0;
    }
  }
}

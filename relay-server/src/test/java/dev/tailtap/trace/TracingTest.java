package dev.tailtap.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tailtap.rig.OtlpCollector;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What upstreams and a collector are told of the trace that a call belongs to. */
@Rule(
    value = "With tracing on, the upstream's parent is the relay's span, which a collector is told",
    source = "W3C Trace Context; OTLP 1.x")
class TracingTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String PARENT = "00f067aa0ba902b7";
  private static final String SAMPLED = "00-" + TRACE + "-" + PARENT + "-01";
  private static final String STATE = "congo=t61rcWkgMzE, rojo=00f067aa0ba902b7";
  private static final String ASK = "{\"model\":\"asked-1\",\"messages\":[\"prompt-secret\"]}";
  private static final String ANSWER =
      "{\"id\":\"c-1\",\"model\":\"said-1\",\"choices\":[{\"finish_reason\":\"stop\","
          + "\"message\":\"answer-secret\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,"
          + "\"total_tokens\":7}}";
  private static final Provider.Script WELL =
      (request, answer) -> answer.whole(200, "application/json", ANSWER);

  private static RawClient.Answer call(RelayRig rig, String fields) throws IOException {
    try (RawClient client = rig.client()) {
      return client
          .send(
              "POST /v1/chat/completions?key=key-secret HTTP/1.1\r\nHost: relay\r\n"
                  + "Authorization: Bearer key-secret\r\nContent-Type: application/json\r\n"
                  + fields
                  + "Content-Length: "
                  + ASK.length()
                  + "\r\n\r\n"
                  + ASK)
          .answer();
    }
  }

  private static String spanOf(Map<String, Object> row) {
    return row.get("id").toString().replace("-", "").substring(16);
  }

  private static JsonNode kind(List<JsonNode> spans, int kind) {
    return spans.stream().filter(span -> span.path("kind").asInt() == kind).findFirst().get();
  }

  private static String text(JsonNode span, String member) {
    return span.path(member).asText();
  }

  private static String said(JsonNode span, String key) {
    return OtlpCollector.attribute(span, key);
  }

  @Test
  void tracingOffLeavesTheFieldsAsTheyCame() throws Exception {
    try (Provider provider = new Provider(WELL);
        RelayRig rig = new RelayRig(provider.url())) {
      String odd = "00-" + TRACE + "-" + PARENT + "-fd";
      call(rig, "TraceParent: " + odd + "\r\ntraceState: " + STATE + "\r\ntracestate: a=b\r\n");
      Provider.Request seen = provider.take();
      assertEquals(List.of(odd), seen.fields().get("traceparent"));
      assertEquals(List.of(STATE, "a=b"), seen.fields().get("tracestate"));
      Map<String, Object> row = rig.row();
      assertEquals(TRACE, HexFormat.of().formatHex((byte[]) row.get("trace_id")));
      String shown = rig.admin("/records?id=" + row.get("id"));
      assertTrue(shown.contains("\"trace_id\":\"" + TRACE + "\""), shown);
      call(rig, "traceparent: none of this\r\ntracestate: " + STATE + "\r\n");
      Provider.Request other = provider.take();
      assertEquals("none of this", other.field("traceparent"));
      assertEquals(STATE, other.field("tracestate"));
      assertNull(rig.rows(2).get(1).get("trace_id"));
      call(rig, "");
      assertNull(provider.take().field("traceparent"));
      call(rig, "traceparent: " + SAMPLED + "\r\ntraceparent: " + SAMPLED + "\r\n");
      assertEquals(List.of(SAMPLED, SAMPLED), provider.take().fields().get("traceparent"));
      assertNull(rig.rows(4).get(3).get("trace_id"), "two are none");
    }
  }

  @Test
  void aCallHasASpanAndItsTryOneBelow() throws Exception {
    try (OtlpCollector collector = new OtlpCollector();
        Provider provider = new Provider(WELL);
        RelayRig rig =
            new RelayRig(
                provider.url(), "trace.otlp", collector.url(), "relay.instance", "relay-1")) {
      assertEquals(
          ANSWER,
          call(rig, "Traceparent: " + SAMPLED + "\r\ntracestate: " + STATE + "\r\n").text());
      Provider.Request seen = provider.take();
      Map<String, Object> row = rig.row();
      assertEquals(
          List.of("00-" + TRACE + "-" + spanOf(row) + "-01"), seen.fields().get("traceparent"));
      assertEquals(List.of(STATE), seen.fields().get("tracestate"));
      List<JsonNode> spans = collector.spans(2);
      JsonNode server = kind(spans, 2);
      assertEquals(TRACE, text(server, "traceId"));
      assertEquals(PARENT, text(server, "parentSpanId"));
      assertEquals(0x301, server.path("flags").asInt());
      assertEquals("POST /", text(server, "name"));
      assertEquals("200", said(server, "http.response.status_code"));
      assertEquals("/v1/chat/completions", said(server, "url.path"));
      assertEquals("completed", said(server, "tailtap.outcome"));
      assertTrue(server.path("status").path("code").isMissingNode());
      JsonNode client = kind(spans, 3);
      assertEquals(TRACE, text(client, "traceId"));
      assertEquals(spanOf(row), text(client, "spanId"));
      assertEquals(text(server, "spanId"), text(client, "parentSpanId"));
      assertEquals("chat asked-1", text(client, "name"));
      assertEquals("chat", said(client, "gen_ai.operation.name"));
      assertEquals("openai", said(client, "gen_ai.provider.name"));
      assertEquals("asked-1", said(client, "gen_ai.request.model"));
      assertEquals("said-1", said(client, "gen_ai.response.model"));
      assertEquals("stop", said(client, "gen_ai.response.finish_reasons"));
      assertEquals("3", said(client, "gen_ai.usage.input_tokens"));
      assertEquals("4", said(client, "gen_ai.usage.output_tokens"));
      assertEquals("127.0.0.1", said(client, "server.address"));
      assertEquals(Integer.toString(provider.port()), said(client, "server.port"));
      assertEquals("final", said(client, "tailtap.usage_state"));
      assertEquals(row.get("id").toString(), said(client, "tailtap.id"));
      assertNull(said(client, "error.type"));
      assertTrue(server.path("startTimeUnixNano").isTextual(), "64 bits are a string");
      assertFalse(nanos(client, "startTimeUnixNano") < nanos(server, "startTimeUnixNano"));
      assertFalse(nanos(client, "endTimeUnixNano") < nanos(client, "startTimeUnixNano"));
      String all = collector.requests().toString();
      assertTrue(
          all.contains("{\"key\":\"service.instance.id\",\"value\":{\"stringValue\":\"relay-1"));
      assertFalse(all.contains("secret"), all);
      rig.awaitMetric("tailtap_trace_spans_sent_total 2.0");
    }
  }

  private static long nanos(JsonNode span, String member) {
    return Long.parseLong(span.path(member).asText());
  }

  @Test
  @Rule(
      value = "Where no valid traceparent came a trace begins, and no state goes on",
      source = "W3C Trace Context sections 3.2 and 3.3")
  void beginsATraceWhereNoneIsSaid() throws Exception {
    try (OtlpCollector collector = new OtlpCollector();
        Provider provider = new Provider(WELL);
        RelayRig rig = new RelayRig(provider.url(), "trace.otlp", collector.url())) {
      String twice = "traceparent: " + SAMPLED + "\r\ntraceparent: " + SAMPLED + "\r\n";
      for (String fields : List.of("", "traceparent: 00-nothing\r\n", twice)) {
        call(rig, fields + "tracestate: " + STATE + "\r\n");
      }
      List<Map<String, Object>> rows = rig.rows(3);
      List<JsonNode> spans = collector.spans(6);
      for (Map<String, Object> row : rows) {
        String trace = HexFormat.of().formatHex((byte[]) row.get("trace_id"));
        assertNotEquals(TRACE, trace);
        Provider.Request seen = provider.take();
        assertEquals(
            List.of("00-" + trace + "-" + spanOf(row) + "-01"), seen.fields().get("traceparent"));
        assertNull(seen.field("tracestate"));
        List<JsonNode> own =
            spans.stream().filter(span -> text(span, "traceId").equals(trace)).toList();
        assertEquals(2, own.size());
        assertFalse(kind(own, 2).has("parentSpanId"));
        assertEquals(0x101, kind(own, 2).path("flags").asInt());
      }
      assertEquals(3, spans.stream().map(span -> text(span, "traceId")).distinct().count());
    }
  }

  @Test
  void tellsNobodyOfWhatIsNotSampled() throws Exception {
    try (OtlpCollector collector = new OtlpCollector();
        Provider provider = new Provider(WELL);
        RelayRig rig = new RelayRig(provider.url(), "trace.otlp", collector.url())) {
      call(rig, "traceparent: 00-" + TRACE + "-" + PARENT + "-02\r\n");
      String field = "00-" + TRACE + "-" + spanOf(rig.row()) + "-02";
      assertEquals(field, provider.take().field("traceparent"));
      call(rig, "");
      collector.spans(2).forEach(span -> assertNotEquals(TRACE, text(span, "traceId")));
    }
  }

  @Test
  void eachTryIsASpanBelowTheSameOne() throws Exception {
    Provider.Script refuses = (request, answer) -> answer.whole(429, "application/json", "{}");
    try (OtlpCollector collector = new OtlpCollector();
        Provider first = new Provider(refuses);
        Provider second = new Provider(WELL);
        RelayRig rig =
            new RelayRig(
                first.url(),
                "trace.otlp",
                collector.url(),
                "upstream.b.url",
                second.url(),
                "route.test.upstream",
                null,
                "route.test.upstreams",
                "test | b")) {
      assertEquals(200, call(rig, "traceparent: " + SAMPLED + "\r\n").status());
      List<Map<String, Object>> rows = rig.rows(2);
      String head = "00-" + TRACE + "-";
      assertEquals(head + spanOf(rows.get(0)) + "-01", first.take().field("traceparent"));
      assertEquals(head + spanOf(rows.get(1)) + "-01", second.take().field("traceparent"));
      List<JsonNode> spans = collector.spans(3);
      assertEquals(3, spans.size());
      JsonNode server = kind(spans, 2);
      List<JsonNode> tries = spans.stream().filter(span -> span.path("kind").asInt() == 3).toList();
      assertEquals(2, tries.size());
      for (JsonNode each : tries) {
        assertEquals(text(server, "spanId"), text(each, "parentSpanId"));
      }
      JsonNode refused =
          tries.stream()
              .filter(each -> text(each, "spanId").equals(spanOf(rows.get(0))))
              .findAny()
              .get();
      assertEquals("429", said(refused, "error.type"));
      assertEquals(2, refused.path("status").path("code").asInt());
      assertEquals("200", said(server, "http.response.status_code"));
      assertNull(said(server, "error.type"));
    }
  }

  @Test
  void aCallThatReachesNobodyIsASpanWithAnError() throws Exception {
    try (OtlpCollector collector = new OtlpCollector();
        RelayRig rig = new RelayRig("http://127.0.0.1:1", "trace.otlp", collector.url())) {
      assertEquals(502, call(rig, "traceparent: " + SAMPLED + "\r\n").status());
      List<JsonNode> spans = collector.spans(2);
      assertEquals("502", said(kind(spans, 2), "error.type"));
      assertEquals(2, kind(spans, 2).path("status").path("code").asInt());
      assertEquals("upstream_unreachable", said(kind(spans, 3), "error.type"));
      assertEquals("unreachable", said(kind(spans, 3), "tailtap.outcome"));
    }
  }

  @Test
  void isTurnedOnAndOffWhileItRuns() throws Exception {
    try (OtlpCollector collector = new OtlpCollector();
        Provider provider = new Provider(WELL);
        RelayRig rig = new RelayRig(provider.url())) {
      call(rig, "traceparent: " + SAMPLED + "\r\n");
      assertEquals(SAMPLED, provider.take().field("traceparent"));
      rig.reload("trace.otlp", collector.url());
      call(rig, "traceparent: " + SAMPLED + "\r\n");
      assertNotEquals(SAMPLED, provider.take().field("traceparent"));
      collector.spans(2);
      rig.reload("trace.otlp", "");
      call(rig, "traceparent: " + SAMPLED + "\r\n");
      assertEquals(SAMPLED, provider.take().field("traceparent"));
    }
  }
}

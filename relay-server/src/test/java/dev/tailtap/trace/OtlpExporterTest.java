package dev.tailtap.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.ClosedPort;
import dev.tailtap.rig.MuteServer;
import dev.tailtap.rig.OtlpCollector;
import dev.tailtap.rig.OtlpCollector.Reply;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import dev.tailtap.stats.Stats;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A collector that is busy, refuses, hangs or is away costs spans, and no call. */
@Rule(
    value = "A collector's trouble never becomes a call's, and what it costs is counted",
    source = "OTLP 1.x section OTLP/HTTP; docs/TRACES_AND_LOGS.md")
class OtlpExporterTest {
  private static final Provider.Script WELL =
      (request, answer) -> answer.whole(200, "application/json", "{}");

  private static void call(RelayRig rig) throws Exception {
    try (RawClient client = rig.client().post("/v1/chat/completions", "{}")) {
      assertEquals(200, client.answer().status());
    }
  }

  @Test
  void sendsAgainWhatABusyCollectorWantsLater() throws Exception {
    Reply soon = new Reply(503, "1", "busy");
    Reply date = new Reply(429, "Fri, 31 Dec 1999 23:59:59 GMT", "");
    try (OtlpCollector collector = new OtlpCollector(soon, date);
        Provider provider = new Provider(WELL);
        RelayRig rig = new RelayRig(provider.url(), "trace.otlp", collector.url())) {
      call(rig);
      assertEquals(2, collector.spans(2).size());
      List<String> requests = collector.requests();
      assertEquals(3, requests.size());
      assertEquals(requests.get(0), requests.get(2));
      rig.awaitMetric("tailtap_trace_spans_sent_total 2.0");
    }
  }

  @Test
  void dropsWhatACollectorRefuses() throws Exception {
    Reply partly = new Reply(200, null, "{\"partialSuccess\":{\"rejectedSpans\":\"1\"}}");
    try (OtlpCollector collector = new OtlpCollector(new Reply(400, null, "no"), partly);
        Provider provider = new Provider(WELL);
        RelayRig rig = new RelayRig(provider.url(), "trace.otlp", collector.url())) {
      call(rig);
      rig.awaitMetric("tailtap_trace_spans_dropped_total{reason=\"refused\"} 2.0");
      assertEquals(1, collector.requests().size(), "it is not asked again");
      call(rig);
      rig.awaitMetric("tailtap_trace_spans_dropped_total{reason=\"refused\"} 3.0");
      rig.awaitMetric("tailtap_trace_spans_sent_total 1.0");
    }
  }

  @Test
  void dropsWhatNobodyTakesInTheEnd() throws Exception {
    try (ClosedPort closed = new ClosedPort();
        Provider provider = new Provider(WELL);
        RelayRig rig = new RelayRig(provider.url(), "trace.otlp", closed.url() + "/v1/traces")) {
      call(rig);
      rig.awaitMetric("tailtap_trace_spans_dropped_total{reason=\"unreachable\"} 2.0");
    }
  }

  @Test
  void aCollectorThatHangsHoldsUpNeitherCallsNorTheStop() throws Exception {
    try (MuteServer mute = new MuteServer();
        Provider provider = new Provider(WELL);
        RelayRig rig =
            new RelayRig(
                provider.url(), "trace.otlp", "http://127.0.0.1:" + mute.port() + "/v1/traces")) {
      call(rig);
      Socket hangs = mute.take();
      call(rig);
      assertEquals(2, rig.rows(2).size());
      assertTrue(hangs.isConnected(), "it is kept to the end");
    } // which comes although nothing is answered
  }

  @Test
  void offersNoRoomForMoreThanItsQueueHolds() throws Exception {
    try (MuteServer mute = new MuteServer()) {
      URI there = URI.create("http://127.0.0.1:" + mute.port() + "/v1/traces");
      OtlpExporter exporter = new OtlpExporter(there, "", new Stats());
      Span empty = out -> out.writeStartObject().writeEndObject();
      int taken = 0;
      while (exporter.offer(empty)) {
        taken++;
      }
      assertTrue(taken >= 8_192 && taken <= 8_192 + 2_048, taken + " found room");
      exporter.close(Duration.ZERO);
      exporter.await(Patience.TIME);
    }
  }

  @Test
  void whatWaitsIsSentWhenTheRelayStops() throws Exception {
    try (OtlpCollector collector = new OtlpCollector();
        Provider provider = new Provider(WELL)) {
      try (RelayRig rig = new RelayRig(provider.url(), "trace.otlp", collector.url())) {
        call(rig);
      }
      assertEquals(2, collector.spans(0).size());
    }
  }
}

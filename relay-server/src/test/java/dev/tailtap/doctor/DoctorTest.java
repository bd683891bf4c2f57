package dev.tailtap.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.NameServer;
import dev.tailtap.rig.NameServer.Manner;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Calls that go wrong in real life, through a whole relay, and what the doctor says of them. */
class DoctorTest {
  private static final String SSE = "text/event-stream";
  private static final String CHAT = "/v1/chat/completions";
  private static final String ASK = "{\"model\":\"m-1\",\"stream\":true,\"messages\":[]}";
  private static final String CONTENT =
      "data: {\"id\":\"c-1\",\"model\":\"m-1-x\",\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n";
  private static final String DONE = "data: [DONE]\n\n";
  private static final Provider.Script SILENT =
      (request, answer) -> answer.chunkedHead(SSE).chunk(CONTENT).chunk(DONE).lastChunk();

  @Test
  void nobodyAsked() throws Exception {
    assertCause(Cause.NOT_ASKED, SILENT, ASK, "usage.include", "leave");
  }

  @Test
  void theProviderIgnoredTheQuestion() throws Exception {
    assertCause(Cause.IGNORED, SILENT, ASK);
  }

  @Test
  void theUpstreamRefusedTheQuestion() throws Exception {
    Provider.Script refusing =
        (request, answer) -> {
          if (request.text().contains("include_usage")) {
            answer.whole(400, "application/json", "{\"error\":{\"message\":\"no\"}}");
          } else {
            SILENT.answer(request, answer);
          }
        };
    assertCause(Cause.QUESTION_REFUSED, refusing, ASK);
  }

  @Test
  void theClientDeclined() throws Exception {
    String declined = ASK.replace("}", ",\"stream_options\":{\"include_usage\":false}}");
    assertCause(Cause.DECLINED, SILENT, declined);
  }

  @Test
  void theStreamBrokeOff() throws Exception {
    Provider.Script cutting = (request, answer) -> answer.chunkedHead(SSE).chunk(CONTENT).reset();
    assertCause(Cause.STREAM_CUT, cutting, ASK);
  }

  @Test
  void theProviderReportedAnError() throws Exception {
    Provider.Script failing =
        (request, answer) ->
            answer.chunkedHead(SSE).chunk("data: {\"error\":{\"code\":500}}\n\n").lastChunk();
    assertCause(Cause.ERROR_IN_STREAM, failing, ASK);
  }

  @Test
  void theCallWasRefused() throws Exception {
    Provider.Script refusing =
        (request, answer) -> answer.whole(401, "application/json", "{\"error\":{}}");
    assertCause(Cause.REFUSED_CALL, refusing, ASK);
  }

  @Test
  void theAnswerCameInACodingThatNobodyKnows() throws Exception {
    Provider.Script encoded =
        (request, answer) ->
            answer.send(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: compress\r\n"
                    + "Content-Length: 3\r\n\r\nabc");
    assertCause(Cause.ENCODING, encoded, ASK);
  }

  @Test
  void theUpstreamSpeaksAnotherDialect() throws Exception {
    assertCause(Cause.DIALECT_MISMATCH, SILENT, ASK, "upstream.test.dialect", "gemini");
  }

  @Test
  void theClientLeftFirst() throws Exception {
    Provider.Script stalling =
        (request, answer) -> answer.chunkedHead(SSE).chunk(CONTENT).awaitClose();
    try (Provider provider = new Provider(stalling);
        RelayRig rig = new RelayRig(provider.url())) {
      try (RawClient client = rig.client().post(CHAT, ASK)) {
        client.head();
        client.reset();
      }
      assertEquals("client_gone", rig.row().get("outcome"));
      assertTold(Cause.CLIENT_LEFT, rig);
    }
  }

  @Test
  void theCallWasNoneOfAModel() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) -> answer.whole(200, "application/json", "{\"data\":[]}"));
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client().get("/v1/files")) {
      client.answer();
      rig.row();
      assertTold(Cause.NOT_AN_LLM_CALL, rig);
    }
  }

  @Test
  void showsTheNoteBesideEachRow() throws Exception {
    try (Provider provider = new Provider(SILENT);
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client().post(CHAT, ASK)) {
      client.answer();
      assertEquals("asked=relay body=event-stream last=done", rig.row().get("usage_note"));
      String page = rig.admin("/records?usage_state=absent");
      assertTrue(page.contains("\"usage_note\":\"asked=relay body=event-stream last=done\""), page);
    }
  }

  @Test
  void saysWhichUpstreamCannotBeReachedAndWhy() throws Exception {
    try (Provider provider = new Provider(SILENT);
        RelayRig rig =
            new RelayRig(
                provider.url(),
                "upstream.gone.url",
                "http://127.0.0.1:1",
                "upstream.plain.url",
                provider.url().replace("http", "https"),
                "upstream.plain.connect-timeout",
                "2s")) {
      Doctor doctor = Doctor.examine(rig.config(), Clock.systemUTC());
      assertFalse(doctor.allReachable());
      String told = String.join("\n", doctor.lines());
      assertTrue(told.contains("upstream test " + provider.url() + ": reachable"), told);
      assertTrue(told.contains("NOT reachable: no connection: Connection refused"), told);
      assertTrue(told.contains("NOT reachable: no TLS: "), told);
    }
  }

  @Test
  void dialsAsTheRelayItselfWould() throws Exception {
    try (Provider provider = new Provider(SILENT);
        NameServer knowing = new NameServer(Manner.ANSWERING, "127.0.0.5", "127.0.0.1");
        NameServer denying = new NameServer(Manner.DENYING)) {
      String url = "http://provider.test:" + provider.port();
      for (NameServer names : List.of(knowing, denying)) {
        try (RelayRig rig = new RelayRig(url, "relay.name-servers", names.address())) {
          Doctor doctor = Doctor.examine(rig.config(), Clock.systemUTC());
          String told = String.join("\n", doctor.lines());
          String found =
              names == knowing ? "reachable" : "NOT reachable: no connection: unknown name";
          assertTrue(told.startsWith("upstream test " + url + ": " + found + "\n"), told);
        }
      }
    }
  }

  @Test
  void saysThatTheStoreCannotBeReached() throws Exception {
    try (Provider provider = new Provider(SILENT);
        RelayRig rig = RelayRig.on("jdbc:postgresql://127.0.0.1:1/none", provider.url())) {
      Doctor doctor = Doctor.examine(rig.config(), Clock.systemUTC());
      assertFalse(doctor.allReachable());
      String told = String.join("\n", doctor.lines());
      assertTrue(
          told.contains("store external: NOT reachable: the database gives no answer"), told);
    }
  }

  @Test
  void visitsTheEmbeddedDatabaseOfARelayThatRunsAndOfOneThatDoesNot() throws Exception {
    try (Provider provider = new Provider(SILENT)) {
      RelayRig rig = RelayRig.on("embedded", provider.url());
      try (rig;
          RawClient client = rig.client().post(CHAT, ASK)) {
        client.answer();
        rig.awaitMetric("tailtap_usage_records_total{state=\"committed\"} 1.0");
        assertTold(Cause.IGNORED, rig);
      }
      assertTold(Cause.IGNORED, rig);
    }
  }

  private static void assertCause(
      Cause cause, Provider.Script script, String ask, String... settings) throws Exception {
    try (Provider provider = new Provider(script);
        RelayRig rig = new RelayRig(provider.url(), settings);
        RawClient client = rig.client().post(CHAT, ask)) {
      client.answer();
      rig.row();
      assertTold(cause, rig);
    }
  }

  private static void assertTold(Cause cause, RelayRig rig) throws Exception {
    Doctor doctor = Doctor.examine(rig.config(), Clock.systemUTC());
    List<String> lines = doctor.lines();
    String told = String.join("\n", lines);
    assertTrue(lines.stream().anyMatch(line -> line.endsWith(": " + cause.words())), told);
    assertTrue(lines.contains("     do: " + cause.advice("test")), told);
  }
}

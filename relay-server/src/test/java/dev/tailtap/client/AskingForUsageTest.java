package dev.tailtap.client;

import static dev.tailtap.client.ChatStream.CONTENT;
import static dev.tailtap.client.ChatStream.DONE;
import static dev.tailtap.client.ChatStream.FINISH;
import static dev.tailtap.client.ChatStream.NOT_ASKED;
import static dev.tailtap.client.ChatStream.USAGE;
import static dev.tailtap.client.ChatStream.stream;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Asking the upstream for usage, and hiding what that adds. */
class AskingForUsageTest {
  @Test
  void asksForUsageAndHidesTheFrameThatThisAdds() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> stream(answer, CONTENT, FINISH, USAGE, DONE));
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.post("/v1/chat/completions", NOT_ASKED).answer();
      assertEquals(CONTENT + FINISH + DONE, answer.text());
      assertTrue(answer.whole());
      String asked = provider.take().text();
      assertTrue(asked.contains("\"include_usage\":true"), asked);
      assertTrue(asked.contains("\"model\":\"m-1\",\"stream\":true,"), asked);
      Map<String, Object> row = rig.row();
      assertEquals(10L, row.get("total_tokens"));
      assertEquals("final", row.get("usage_state"));
      assertEquals((long) NOT_ASKED.length(), row.get("request_bytes"));
    }
  }

  @Test
  void leavesAnExplicitRefusalOfUsageAlone() throws Exception {
    String body =
        """
        {"stream":true,"stream_options":{"include_usage":false},"model":"m-1"}""";
    try (Provider provider =
            new Provider((request, answer) -> stream(answer, CONTENT, FINISH, DONE));
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      RawClient.Answer answer = client.post("/v1/chat/completions", body).answer();
      assertEquals(CONTENT + FINISH + DONE, answer.text());
      assertEquals(body, provider.take().text());
      assertEquals("absent", rig.row().get("usage_state"));
      assertNull(rig.row().get("prompt_tokens"));
    }
  }

  @Test
  void asksNobodyWhereTheSettingSaysLeave() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> stream(answer, CONTENT, FINISH, DONE));
        RelayRig rig = new RelayRig(provider.url(), "upstream.test.usage", "leave");
        RawClient client = rig.client()) {
      client.post("/v1/chat/completions", NOT_ASKED).answer();
      assertEquals(NOT_ASKED, provider.take().text());
    }
  }

  @Test
  void sendsARequestAgainWithoutTheQuestionThatItsUpstreamRefused() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  if (request.text().contains("stream_options")) {
                    answer.whole(422, "application/json", "{\"object\":\"error\"}");
                  } else {
                    stream(answer, CONTENT, FINISH, DONE);
                  }
                });
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      assertEquals(
          CONTENT + FINISH + DONE, client.post("/v1/chat/completions", NOT_ASKED).answer().text());
      assertTrue(provider.take().text().contains("include_usage"));
      assertEquals(NOT_ASKED, provider.take().text());
      assertEquals("completed", rig.row().get("outcome"));
      // It is remembered.
      client.post("/v1/chat/completions", NOT_ASKED).answer();
      assertEquals(NOT_ASKED, provider.take().text());
      assertEquals(2, rig.rows(2).size());
      rig.awaitMetric("tailtap_asking_refused_total{upstream=\"test\"} 1.0");
    }
  }

  @Test
  void passesARefusalThatHadAnotherReason() throws Exception {
    String error = "{\"error\":{\"message\":\"no such model\"}}";
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(400, "application/json", error));
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      for (int i = 0; i < 2; i++) {
        RawClient.Answer answer = client.post("/v1/chat/completions", NOT_ASKED).answer();
        assertEquals(400, answer.status());
        assertEquals(error, answer.text());
        assertTrue(provider.take().text().contains("include_usage"));
        assertEquals(NOT_ASKED, provider.take().text());
      }
      assertEquals(2, rig.rows(2).size());
    }
  }

  @Test
  void goesOnAskingAnUpstreamThatRefusedTheRepetitionAsWell() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  boolean asked = request.text().contains("stream_options");
                  answer.whole(asked ? 400 : 429, "application/json", "{}");
                });
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      assertEquals(429, client.post("/v1/chat/completions", NOT_ASKED).answer().status());
      provider.take();
      provider.take();
      provider.answerWith((request, answer) -> stream(answer, CONTENT, FINISH, USAGE, DONE));
      client.post("/v1/chat/completions", NOT_ASKED).answer();
      assertTrue(provider.take().text().contains("include_usage"));
    }
  }

  @Test
  void goesOnAskingForOtherModelsThanTheOneThatRefused() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  boolean odd = request.text().contains("\"odd\"");
                  if (odd && request.text().contains("stream_options")) {
                    answer.whole(400, "application/json", "{}");
                  } else {
                    stream(answer, CONTENT, FINISH, USAGE, DONE);
                  }
                });
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      String odd = NOT_ASKED.replace("m-1", "odd");
      assertEquals(200, client.post("/v1/chat/completions", odd).answer().status());
      provider.take();
      provider.take();
      client.post("/v1/chat/completions", odd).answer();
      assertEquals(odd, provider.take().text());
      client.post("/v1/chat/completions", NOT_ASKED).answer();
      assertTrue(provider.take().text().contains("include_usage"));
    }
  }
}

package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.ClosedPort;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the relay itself answers is said as the client's API would say it. */
class ErrorShapesTest {
  private static final Map<String, Pattern> SHAPES =
      Map.of(
          "openai",
          Pattern.compile(
              "\\{\"error\":\\{\"message\":\"([^\"]+)\",\"type\":\"(\\w+\",\"code\":\"\\w+)\"}}\n"),
          "anthropic",
          Pattern.compile(
              "\\{\"type\":\"(error)\",\"error\":\\{\"type\":\"(\\w+)\",\"message\":\"[^\"]+\","
                  + "\"details\":\\{\"error_code\":\"[a-z_]+\"}}}\n"),
          "gemini",
          Pattern.compile(
              "\\{\"error\":\\{\"code\":(\\d+),\"message\":\"[^\"]+\",\"status\":\"(\\w+)\","
                  + "\"details\":\\[\\{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\","
                  + "\"reason\":\"[A-Z_]+\",\"domain\":\"tailtap\"}]}}\n"));
  private static final String OPENAI = "/v1/chat/completions";
  private static final String ANTHROPIC = "/v1/messages";
  private static final String GEMINI = "/v1beta/models/m:generateContent?key=k";
  private static final Provider.Script OK =
      (request, answer) -> answer.whole(200, "text/plain", "ok");

  /** The shape, exactly, and what it calls the error. */
  private static String said(RawClient.Answer answer) {
    for (Map.Entry<String, Pattern> shape : SHAPES.entrySet()) {
      Matcher body = shape.getValue().matcher(answer.text());
      if (body.matches()) {
        boolean code = shape.getKey().equals("gemini");
        assertTrue(!code || body.group(1).equals("" + answer.status()), answer.text());
        return shape.getKey() + " " + body.group(2).replace("\",\"code\":\"", " ");
      }
    }
    throw new AssertionError(answer.text());
  }

  private static String asked(RelayRig rig, String request) throws Exception {
    try (RawClient client = rig.client()) {
      RawClient.Answer answer = client.send(request).answer();
      String again = answer.fields().get("x-should-retry");
      return answer.status() + " " + said(answer) + (again == null ? "" : " " + again);
    }
  }

  private static String post(String path, String... fields) {
    StringBuilder head = new StringBuilder("POST " + path + " HTTP/1.1\r\nHost: r\r\n");
    for (String field : fields) {
      head.append(field).append("\r\n");
    }
    return head.append("Content-Length: 2\r\n\r\n{}").toString();
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions, , openai invalid_request_error no_route",
    "/v1/responses, anthropic-version: 1, openai invalid_request_error no_route",
    "/v1/messages, , anthropic not_found_error",
    "/x/v1/messages/count_tokens, , anthropic not_found_error",
    "/v1/models, anthropic-version: 2023-06-01, anthropic not_found_error",
    "/v1/models, , openai invalid_request_error no_route",
    "/v1beta/models/m:streamGenerateContent?alt=sse, , gemini NOT_FOUND",
    "/v1beta/models/m:countTokens, , gemini NOT_FOUND",
    "/upload/files, X-Goog-Api-Key: k, gemini NOT_FOUND",
    "/v1beta/openai/chat/completions, , openai invalid_request_error no_route",
  })
  @Rule(
      value =
          "Where no route is known, path and fields tell the shape of errors, or it is OpenAI's",
      source = "docs/DECISIONS.md")
  void isToldByPathOrFieldsWithoutARoute(String path, String field, String said) throws Exception {
    try (Provider provider = new Provider(OK);
        RelayRig rig = new RelayRig(provider.url(), "route.test.path", "/served")) {
      String request = field == null ? post(path) : post(path, field);
      assertEquals("404 " + said + " false", asked(rig, request));
      assertFalse(provider.hasRequest());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "anthropic, anthropic rate_limit_error, anthropic request_too_large, anthropic api_error",
    "gemini, gemini RESOURCE_EXHAUSTED, gemini INVALID_ARGUMENT, gemini UNAVAILABLE",
    "openai-chat, openai rate_limit_error upstreams_parked,"
        + " openai invalid_request_error body_too_large, openai upstream_error upstream_reset",
  })
  @Rule(
      value = "The relay's own errors speak the dialect of their route, refusals and endings alike",
      source = "docs/DECISIONS.md")
  void isTheRoutesOwn(String dialect, String parked, String large, String broken) throws Exception {
    Provider.Script script =
        (request, answer) -> {
          if (request.line().contains("/reset")) {
            answer.reset();
          } else {
            answer.send("HTTP/1.1 429 Slow\r\nRetry-After: 100\r\nContent-Length: 0\r\n\r\n");
          }
        };
    try (Provider one = new Provider(script);
        Provider other = new Provider(script);
        RelayRig rig =
            new RelayRig(
                one.url(),
                "upstream.test.dialect",
                dialect,
                "upstream.other.dialect",
                dialect,
                "upstream.other.url",
                other.url(),
                "route.test.path",
                "/unused",
                "route.two.path",
                "/",
                "route.two.upstreams",
                "test | other",
                "limits.request-body",
                "1KiB")) {
      assertEquals("502 " + broken, asked(rig, post("/any/reset")));
      try (RawClient client = rig.client()) {
        assertEquals(429, client.post("/any", "{}").answer().status());
      }
      assertEquals("429 " + parked, asked(rig, post("/any")));
      String most = post("/any").replace("Length: 2", "Length: 1025");
      assertEquals("413 " + large + " false", asked(rig, most));
    }
  }

  @Test
  void isToldByThePathWhereTheModelChoosesTheRoute() throws Exception {
    try (Provider provider = new Provider(OK);
        RelayRig rig =
            new RelayRig(provider.url(), "route.test.models", "known", "route.test.path", "/")) {
      assertEquals("404 openai invalid_request_error no_route false", asked(rig, post(OPENAI)));
      assertEquals("404 anthropic not_found_error false", asked(rig, post(ANTHROPIC)));
      assertEquals("404 gemini NOT_FOUND false", asked(rig, post(GEMINI)));
      String twice = "{\"model\":\"a\",\"model\":\"b\"}";
      String chunked =
          "POST /v1/messages HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n";
      String sized = Integer.toHexString(twice.length()) + "\r\n" + twice + "\r\n0\r\n\r\n";
      assertEquals("400 anthropic invalid_request_error false", asked(rig, chunked + sized));
      assertEquals("400 anthropic invalid_request_error false", asked(rig, chunked + "zz\r\n"));
    }
  }

  @Test
  @Rule(
      value = "What may go well another time is never said to be useless to try again",
      source = "docs/DECISIONS.md")
  void neverForbidsToTryAgainWhatMayPass() throws Exception {
    try (ClosedPort gone = new ClosedPort();
        RelayRig rig = new RelayRig(gone.url())) {
      assertEquals("502 openai upstream_error upstream_unreachable", asked(rig, post(OPENAI)));
      assertEquals("502 anthropic api_error", asked(rig, post(ANTHROPIC)));
      assertEquals("502 gemini UNAVAILABLE", asked(rig, post(GEMINI)));
    }
    try (Provider slow = new Provider((request, answer) -> answer.awaitClose());
        RelayRig rig =
            new RelayRig(
                slow.url(), "upstream.test.head-timeout", "300ms", "limits.head-timeout", "1s")) {
      assertEquals("504 anthropic timeout_error", asked(rig, post(ANTHROPIC)));
      assertEquals("504 gemini DEADLINE_EXCEEDED", asked(rig, post(GEMINI)));
      assertEquals(
          "408 openai invalid_request_error head_timeout",
          asked(rig, "POST /v1/messages HTTP/1.1\r\n"));
    }
  }

  @Test
  void isToldByWhatOfABadRequestCanBeRead() throws Exception {
    try (Provider provider = new Provider(OK);
        RelayRig rig = new RelayRig(provider.url(), "limits.request-head", "1KiB")) {
      String fields = "X: " + "x".repeat(2000);
      assertEquals(
          "431 anthropic invalid_request_error false", asked(rig, post(ANTHROPIC, fields)));
      assertEquals("431 gemini INVALID_ARGUMENT false", asked(rig, post(GEMINI, fields)));
      assertEquals(
          "400 anthropic invalid_request_error false",
          asked(rig, post("/v1/models", "anthropic-version: 1", "Connection: host")));
      assertEquals(
          "400 openai invalid_request_error bad_request false", asked(rig, "/v1/messages\r\n\r\n"));
      assertEquals(
          "501 gemini UNIMPLEMENTED false", asked(rig, "TRACE" + post(GEMINI).substring(4)));
    }
  }

  private static final String WEBSOCKET =
      "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

  @Test
  @Rule(
      value = "A request for a WebSocket is answered 426 with what is served instead, and no row",
      source = "RFC 9110 section 15.5.22")
  void answersARequestForAWebSocketAtOnce() throws Exception {
    try (Provider provider = new Provider(OK);
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      String get = "GET /v1/responses HTTP/1.1\r\nHost: r\r\n";
      for (int i = 0; i < 2; i++) {
        RawClient.Answer answer = client.send(get + WEBSOCKET).answer();
        assertEquals(426, answer.status());
        assertEquals("HTTP/1.1", answer.fields().get("upgrade"));
        assertEquals("upgrade", answer.fields().get("connection"));
        assertEquals("openai invalid_request_error websocket", said(answer));
      }
      assertFalse(provider.hasRequest());
      assertEquals("ok", client.get("/v1/next").answer().text());
      rig.awaitMetric("tailtap_requests_refused_total{reason=\"websocket\"} 2.0");
      assertEquals("/v1/next", rig.row().get("path"));
    }
  }

  @Test
  void takesNothingForAWebSocketThatAsksForNone() throws Exception {
    try (Provider provider = new Provider(OK);
        RelayRig rig = new RelayRig(provider.url())) {
      for (String head :
          new String[] {
            "GET /v1/x HTTP/1.1\r\nHost: r\r\nUpgrade: websocket\r\n\r\n",
            "GET /v1/x HTTP/1.1\r\nHost: r\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
            "GET /v1/x HTTP/1.0\r\n" + WEBSOCKET
          }) {
        try (RawClient client = rig.client()) {
          assertEquals(200, client.send(head).answer().status());
          assertNull(provider.take().field("upgrade"));
        }
      }
    }
  }

  @Test
  void aRefusedHeadHasNoBody() throws Exception {
    try (Provider provider = new Provider(OK);
        RelayRig rig = new RelayRig(provider.url(), "route.test.path", "/served");
        RawClient client = rig.client()) {
      RawClient.Answer head = client.send("HEAD /v1/messages HTTP/1.1\r\nHost: r\r\n\r\n").head();
      assertEquals(404, head.status());
      assertEquals("false", head.fields().get("x-should-retry"));
      assertTrue(Integer.parseInt(head.fields().get("content-length")) > 0);
      assertEquals("ok", client.get("/served").answer().text());
    }
  }
}

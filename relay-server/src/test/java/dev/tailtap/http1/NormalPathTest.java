package dev.tailtap.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.tailtap.rig.Rule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One form for all the ways in which a path can be written. */
class NormalPathTest {
  @Test
  void leavesAPlainPathAsItIs() {
    String path = "/v1beta/models/gemini-2.5-pro:streamGenerateContent";
    assertSame(path, NormalPath.of(path).text());
  }

  @ParameterizedTest
  @CsvSource({
    "//v1/messages, /v1/messages",
    "/v1//messages, /v1/messages",
    "/v1///messages//, /v1/messages/",
    "/v1/%6dessages, /v1/messages",
    "/v1/%256dessages, /v1/messages",
    "/%76%31/messages, /v1/messages",
    "/v1/messages;x, /v1/messages",
    "/v1;a=b/messages, /v1/messages",
    "/v1/;/messages, /v1/messages",
    "/v1/messages%3bx, /v1/messages",
    "/v1/messages%3Fx, /v1/messages",
    "/v1/messages%23x, /v1/messages",
    "/v1%2fmessages, /v1/messages",
    "/v1%252Fmessages, /v1/messages",
    "/v1\\messages, /v1/messages",
    "/v1%5cmessages, /v1/messages",
    "/v1/models/org%2Fname, /v1/models/org/name",
    "/v1/100%25, /v1/100%",
    "/v1/%25zz, /v1/%zz",
    "/.well-known/x, /.well-known/x",
    "/v1/..x, /v1/..x",
    "/v1/x.., /v1/x..",
    "//, /",
    "/;x, /",
  })
  @Rule(
      value = "A route is chosen by what a path means, in whatever way it is written.",
      source = "RFC 3986 section 6.2.2")
  void hasOneFormForEachWayToWriteAPath(String path, String normal) {
    assertEquals(normal, NormalPath.of(path).text());
    assertNull(NormalPath.of(path).fault());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/..%2fadmin",
        "/v1/..%2Fadmin",
        "/v1/%2e%2e%2fadmin",
        "/v1/..;/admin",
        "/v1/..;a=b/admin",
        "/v1/..%3b/admin",
        "/v1/..\\admin",
        "/v1/..%5cadmin",
        "/v1/%252e%252e/admin",
        "/v1/%252e%252e%252fadmin",
        "/v1/%25252e%25252e/admin",
        "/v1/%2e./admin",
        "/v1/..%20/admin",
        "/v1/..%3f/admin",
        "/v1/..%23",
        "/..%2f..",
        "/.;",
        "/v1\\..\\admin",
      })
  @Rule(
      value = "No way to write a dot segment leads out of a route.",
      source = "RFC 3986 section 6.2.2.3")
  void refusesEachWayToWriteADotSegment(String path) {
    assertEquals(RequestFault.DOT_SEGMENT, NormalPath.of(path).fault());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/%c0%ae%c0%ae/admin",
        "/v1/..%c0%afadmin",
        "/v1/%c1%9c",
        "/v1/%e0%80%ae",
        "/v1/%E0%80%AE",
        "/v1/%f0%80%80%ae",
        "/v1/%fc%80%80%80%80%ae",
        "/v1/%25c0%25ae",
        "/v1/%00",
        "/v1/%2500",
        "/v1/%0a",
        "/v1/x%0d%0aHost:%20y",
        "/v1/%09",
        "/v1/%7f",
        "/v1/%2525252e",
        "/v1/%252525252e",
      })
  @Rule(
      value = "An escape that servers decode to different bytes is refused.",
      source = "RFC 3986 section 7.3")
  void refusesWhatServersDecodeDifferently(String path) {
    assertEquals(RequestFault.ESCAPE, NormalPath.of(path).fault());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/v1/%c3%a9", "/v1/%e2%82%ac", "/v1/%f0%9f%98%80", "/v1/a%20b", "/v1/%E9"})
  void passesWhatIsNoAscii(String path) {
    assertNull(NormalPath.of(path).fault());
  }
}

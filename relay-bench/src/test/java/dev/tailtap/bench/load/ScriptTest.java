package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What a client asks for. */
class ScriptTest {
  @Test
  void headersOfAGatewayJoinTheHeadAndItsKeyTakesThePlaceOfTheUsual() {
    assertEquals(
        1, times(request(List.of("x-provider: openai")), "Authorization: Bearer bench\r\n"));
    assertEquals(1, times(request(List.of("x-provider: openai")), "\r\nx-provider: openai\r\n"));
    String keyed = request(List.of("x-provider: openai", "authorization: Bearer sk-1"));
    assertEquals(0, times(keyed, "Bearer bench"));
    assertEquals(1, times(keyed, "\r\nx-provider: openai\r\nauthorization: Bearer sk-1\r\n"));
    assertTrue(keyed.endsWith("}") && keyed.indexOf("\r\n\r\n") == keyed.lastIndexOf("\r\n\r\n"));
  }

  @Test
  void whetherTheUsageIsAskedForIsReadInAnySpelling() {
    assertTrue(Script.asksUsage(request(List.of())));
    assertTrue(Script.asksUsage("{\"stream_options\": {\"include_usage\": true}}"));
    assertFalse(Script.asksUsage("{\"stream_options\":{\"include_usage\":false}}"));
    assertFalse(
        Script.asksUsage(new String(Script.request("h:1", "m", false, List.of()), US_ASCII)));
  }

  @Test
  void linesTravelAsOneWord() {
    List<String> lines = List.of("x-host: http://127.0.0.1:1/v1", "x-other: a b=c");
    String word = Words.packed(lines);
    assertEquals(lines, Words.unpacked(Words.of("run headers=" + word).text("headers")));
    assertEquals(
        List.of(), Words.unpacked(Words.of("headers=" + Words.packed(List.of())).text("headers")));
  }

  private static String request(List<String> headers) {
    return new String(Script.request("h:1", "m", true, headers), US_ASCII);
  }

  private static int times(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }
}

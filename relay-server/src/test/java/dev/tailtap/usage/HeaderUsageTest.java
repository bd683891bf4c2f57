package dev.tailtap.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageState;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Counts in a response's head, where its body has none. */
class HeaderUsageTest {
  @ParameterizedTest
  @ValueSource(strings = {"x-usage", "X-OpenAI-Usage"})
  void readsAnObjectBareOrWrapped(String field) {
    String counts = "{\"prompt_tokens\":5,\"completion_tokens\":6,\"total_tokens\":11}";
    for (String value : new String[] {counts, "{\"usage\":" + counts + "}"}) {
      UsageReading reading = read(true, field, value);
      assertEquals(UsageState.FINAL, reading.state(), value);
      assertEquals(5, reading.tokens().prompt());
      assertEquals(6, reading.tokens().completion());
      assertEquals(counts, reading.raw());
      assertEquals("body=none last=none source=header", reading.note());
    }
  }

  @Test
  void readsVendorsFields() {
    UsageReading tgi = read(true, "x-prompt-tokens", "17", "x-generated-tokens", "20");
    assertEquals(37, tgi.tokens().total());
    assertEquals(UsageState.FINAL, tgi.state());
    UsageReading bedrock =
        read(
            true,
            "X-Amzn-Bedrock-Input-Token-Count",
            "7",
            "X-Amzn-Bedrock-Output-Token-Count",
            "3",
            "X-Amzn-Bedrock-Cache-Read-Input-Token-Count",
            "100");
    assertEquals(107, bedrock.tokens().prompt());
    assertEquals(100, bedrock.tokens().cached());
    assertEquals(3, bedrock.tokens().completion());
    UsageReading fireworks =
        read(true, "fireworks-prompt-tokens", "9", "fireworks-cached-prompt-tokens", "4");
    assertEquals(9, fireworks.tokens().prompt());
    assertEquals(4, fireworks.tokens().cached());
    assertNull(fireworks.tokens().completion());
    assertEquals(UsageState.PARTIAL, fireworks.state());
  }

  @Test
  void callsThemPartialWhereTheBodyBrokeOff() {
    assertEquals(UsageState.PARTIAL, read(false, "x-usage", "{\"total_tokens\":3}").state());
  }

  @Test
  void leavesAReadingWithCountsAlone() {
    UsageReading body = read(true, "x-usage", "{\"total_tokens\":1}");
    HttpHeaders other = new DefaultHttpHeaders().add("x-usage", "{\"total_tokens\":2}");
    assertSame(body, HeaderUsage.complete(body, HeaderUsage.of(other), true));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{", "{}", "x", "[1]", "{\"total_tokens\":\"x\"}", "{\"a\":{\"b\":1}}"})
  void takesNothingFromAFieldThatSaysNothing(String value) {
    assertSame(UsageReading.NONE, read(true, "x-usage", value));
  }

  @Test
  void takesNoNumberThatIsNone() {
    assertSame(UsageReading.NONE, read(true, "x-prompt-tokens", "-1"));
    assertSame(UsageReading.NONE, read(true, "x-prompt-tokens", "9".repeat(40)));
    assertSame(UsageReading.NONE, read(true, "content-type", "text/plain"));
  }

  private static UsageReading read(boolean whole, String... fields) {
    HttpHeaders headers = new DefaultHttpHeaders();
    for (int i = 0; i < fields.length; i += 2) {
      headers.add(fields[i], fields[i + 1]);
    }
    return HeaderUsage.complete(UsageReading.NONE, HeaderUsage.of(headers), whole);
  }
}

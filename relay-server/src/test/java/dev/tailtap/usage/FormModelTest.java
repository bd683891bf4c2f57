package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The model of a form that is written as a query is. */
class FormModelTest {
  private static final int ROUNDS = 10 * Integer.getInteger("tailtap.fuzz.rounds", 60);

  @Test
  void readsTheModelAtEveryCut() {
    String form = "prompt=a%26model%3dx&m%6Fdel=gpt%2d4+%C3%A9&n=1";
    for (int cut = 0; cut <= form.length(); cut++) {
      FormModel scan = new FormModel();
      feed(scan, form.substring(0, cut));
      assertEquals(cut >= form.indexOf("&n=") + 1, scan.modelKnown(), "cut at " + cut);
      feed(scan, form.substring(cut));
      scan.end();
      assertEquals("gpt-4 é", scan.model());
      assertFalse(scan.modelTwice());
      assertTrue(scan.isWhole());
    }
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "model=m|m|false",
        "model=m&model=n|n|true",
        "a=b;model=m|m|false",
        "a=b&model=m;model=n|n|true",
        "model=m&Model=n|m|true",
        "model_id=n&model=m|m|true",
        "+model=m||false",
        "model=|''|false",
        "model|''|false",
        "=model=m|m|false",
        "modelx=m||false",
        "a=model&b=c||false",
        "m%zzdel=m||false",
      },
      delimiter = '|')
  void readsWhatSomeReaderOfFormsMayRead(String form, String model, boolean twice) {
    FormModel scan = read(form);
    assertEquals(model, scan.model());
    assertEquals(twice, scan.modelTwice());
  }

  @Test
  void readsOfAnyFormWhatNettysDecoderReads() {
    Random random = new Random(1);
    String[] some = {"model", "a", "=", "&", "%6d", "%6D", "odel", "m", "+", "%26", "%3d", "="};
    int found = 0;
    for (int round = 0; round < ROUNDS; round++) {
      StringBuilder form = new StringBuilder("a=b");
      for (int i = random.nextInt(12); i > 0; i--) {
        form.append(some[random.nextInt(some.length)]);
        form.append(random.nextInt(3) == 0 ? "&model=" + random.nextInt(9) : "");
      }
      QueryStringDecoder decoder = new QueryStringDecoder(form.toString(), UTF_8, false, 99);
      List<String> models = decoder.parameters().getOrDefault("model", List.of());
      FormModel scan = read(form.toString());
      String last = models.isEmpty() ? null : models.get(models.size() - 1);
      assertEquals(last, scan.model(), form.toString());
      assertEquals(models.size() > 1, scan.modelTwice(), form.toString());
      found += models.size();
    }
    assertTrue(found > ROUNDS / 4, found + " models");
  }

  @Test
  void looksForAModelIn64KiBAndForASecondOneToTheEnd() {
    String far = "a=" + "x".repeat(70_000);
    FormModel none = new FormModel();
    feed(none, far);
    feed(none, "&model=m&");
    assertNull(none.model());
    assertTrue(none.isOver());
    assertTrue(read("model=m&" + far + "&model=n").modelTwice());
    assertEquals("é".repeat(256), read("model=" + "%C3%A9".repeat(9000)).model());
  }

  private static FormModel read(String form) {
    FormModel scan = new FormModel();
    for (int i = 0; i < form.length(); i += 777) {
      feed(scan, form.substring(i, Math.min(i + 777, form.length())));
    }
    scan.end();
    return scan;
  }

  private static void feed(FormModel scan, String text) {
    ByteBuf part = Unpooled.copiedBuffer(text, UTF_8);
    scan.feed(part);
    assertEquals(text.getBytes(UTF_8).length, part.readableBytes());
  }
}

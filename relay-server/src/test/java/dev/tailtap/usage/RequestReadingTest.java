package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

/** A request says what it asks for at its top level, and counts as far as it can be read. */
class RequestReadingTest {

  @Test
  void readsModelStreamAndTheWishForUsage() {
    assertEquals(
        new RequestReading("m-1", true, false, null),
        read(
            "{\"model\":\"m-1\",\"stream\":true,\"stream_options\":{\"x\":[],\"include_usage\":false}}"));
  }

  @Test
  void readsNothingOfWhatIsNested() {
    assertEquals(
        new RequestReading(null, false, null, null),
        read("{\"a\":{\"model\":\"m\",\"stream\":true},\"stream\":false,\"model\":7}"));
  }

  @Test
  void readsWhatStoodBeforeTheCut() {
    assertEquals(
        new RequestReading("m", null, null, null),
        read("{\"model\":\"m\",\"messages\":[{\"content\":\"He"));
  }

  @Test
  void readsNothingOfWhatIsNoObject() {
    assertEquals(RequestReading.NONE, read(""));
    assertEquals(RequestReading.NONE, read("[{\"model\":\"m\"}]"));
    assertEquals(RequestReading.NONE, read("model=m"));
  }

  @Test
  void boundsAndCleansTheModel() {
    assertEquals("a\uFFFDb\uFFFD", read("{\"model\":\"a\\u0000b\\ud800\"}").model());
    assertEquals(256, read("{\"model\":\"" + "x".repeat(9999) + "\"}").model().length());
  }

  private static RequestReading read(String body) {
    RequestScanner scan = new RequestScanner(true);
    scan.feed(Unpooled.wrappedBuffer(body.getBytes(UTF_8)));
    return scan.reading();
  }
}

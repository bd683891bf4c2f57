package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ChunksTest {
  private final StringBuilder payload = new StringBuilder();
  private final Chunks chunks = new Chunks();

  @Test
  void payloadIsTheSameAtEveryCut() {
    byte[] body =
        "5\r\nhello\r\nB;name=value\r\n, the world\r\n0\r\nTrailer: 1\r\n\r\n".getBytes(US_ASCII);
    for (int cut = 0; cut <= body.length; cut++) {
      payload.setLength(0);
      chunks.reset();
      feed(body, 0, cut);
      feed(body, cut, body.length);
      assertEquals("hello, the world", payload.toString());
      assertTrue(chunks.ended(), "cut at " + cut);
    }
  }

  @Test
  void itStopsBehindTheBody() {
    byte[] body = "1\r\na\r\n0\r\n\r\nHTTP/1.1".getBytes(US_ASCII);
    assertEquals(body.length - "HTTP/1.1".length(), feed(body, 0, body.length));
  }

  @Test
  void framingThatIsNoneIsRefused() {
    for (String wrong : new String[] {"x\r\n", "1\r\nab\r\n", "1\n", "\r\r"}) {
      chunks.reset();
      byte[] body = wrong.getBytes(US_ASCII);
      assertThrows(IllegalStateException.class, () -> feed(body, 0, body.length), wrong);
    }
  }

  private int feed(byte[] body, int from, int to) {
    return chunks.feed(
        body, from, to, (bytes, a, b) -> payload.append(new String(bytes, a, b - a, US_ASCII)));
  }
}

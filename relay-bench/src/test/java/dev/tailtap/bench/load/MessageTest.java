package dev.tailtap.bench.load;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Heads and bodies as both ends of the load read them. */
class MessageTest {
  private final Head head = new Head();
  private final Body body = new Body();
  private final StringBuilder read = new StringBuilder();

  @Test
  void aHeadAndItsBodyAreTheSameAtEveryCutHoweverTheBodyIsFramed() {
    for (String message :
        new String[] {
          "HTTP/1.1 200 OK\r\nX-Content-Length: 9\r\nCONTENT-LENGTH:  5\r\n\r\nhello",
          "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        }) {
      byte[] bytes = message.getBytes(US_ASCII);
      for (int cut = 0; cut <= bytes.length; cut++) {
        head.reset();
        read.setLength(0);
        feed(bytes, feed(bytes, 0, cut), bytes.length);
        assertTrue(head.whole() && body.ended(), "cut at " + cut);
        assertEquals("hello", read.toString());
      }
    }
  }

  @Test
  void whatStandsBehindABodyIsLeft() {
    byte[] bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP".getBytes(US_ASCII);
    assertEquals(bytes.length - "HTTP".length(), feed(bytes, 0, bytes.length));
  }

  @Test
  void fieldsAreFoundByTheirWholeNamesOnly() {
    byte[] bytes =
        "HTTP/1.1 200 OK\r\nX-Content-Encoding: gzip\r\nContent-Encoding-X: gzip\r\n\r\n"
            .getBytes(US_ASCII);
    head.feed(bytes, 0, bytes.length);
    assertFalse(head.says("content-encoding", "gzip"));
    assertEquals(-1, head.contentLength());
    assertEquals("HTTP/1.1 200 OK", head.firstLine());
  }

  @Test
  void anAnswerThatOnlyACloseWouldEndAndAHeadWithoutEndAreRefused() {
    byte[] bytes = "HTTP/1.1 200 OK\r\n\r\n".getBytes(US_ASCII);
    head.feed(bytes, 0, bytes.length);
    assertThrows(IllegalStateException.class, () -> body.beginAnswer(head));
    body.beginRequest(head);
    assertTrue(body.ended());
    head.reset();
    assertThrows(IllegalStateException.class, () -> head.feed(new byte[9_000], 0, 9_000));
  }

  private int feed(byte[] bytes, int from, int to) {
    int at = from;
    if (!head.whole()) {
      at = head.feed(bytes, at, to);
      if (!head.whole()) {
        return at;
      }
      body.beginAnswer(head);
    }
    return body.feed(bytes, at, to, (b, x, y) -> read.append(new String(b, x, y - x, US_ASCII)));
  }
}

package dev.tailtap.rehearsal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;

/**
 * Reads whole messages of HTTP/1 from a socket whose peer sends one at a time, and keeps their
 * heads. One thread.
 */
final class Message {
  private static final String END_OF_HEAD = "\r\n\r\n";
  private static final String LENGTH = "\r\ncontent-length: ";
  private static final byte[] LAST_CHUNK = "\r\n0\r\n\r\n".getBytes(ISO_8859_1);

  private final InputStream in;
  private final byte[] bytes = new byte[1 << 16]; // no message is as long
  private int length;

  Message(InputStream in) {
    this.in = in;
  }

  /**
   * Reads the next one.
   *
   * @return its head in lower case; null if the peer ended before it
   * @throws IOException if the peer ends within it, or it is too long
   */
  String next() throws IOException {
    length = 0;
    int end = -1;
    String head = "";
    while (end < 0) {
      if (!more()) {
        if (length == 0) {
          return null;
        }
        throw new EOFException();
      }
      head = new String(bytes, 0, length, ISO_8859_1);
      end = head.indexOf(END_OF_HEAD);
    }
    head = head.substring(0, end + 2).toLowerCase(Locale.ROOT);
    readBody(head, end + END_OF_HEAD.length());
    return head;
  }

  private void readBody(String head, int start) throws IOException {
    int at = head.indexOf(LENGTH);
    if (at >= 0) {
      int end = start + number(head, at + LENGTH.length());
      while (length < end) {
        require(more());
      }
    } else if (head.contains("\r\ntransfer-encoding: chunked")) {
      while (!endsWithLastChunk()) {
        require(more());
      }
    } else {
      while (more()) {
        // until the peer ends
      }
    }
  }

  /** The number that stands at this place, up to the end of the line. */
  static int number(String head, int from) {
    return Integer.parseInt(head.substring(from, head.indexOf('\r', from)));
  }

  private boolean endsWithLastChunk() {
    int from = length - LAST_CHUNK.length;
    for (int i = 0; i < LAST_CHUNK.length; i++) {
      if (from < 0 || bytes[from + i] != LAST_CHUNK[i]) {
        return false;
      }
    }
    return true;
  }

  private static void require(boolean there) throws EOFException {
    if (!there) {
      throw new EOFException();
    }
  }

  private boolean more() throws IOException {
    if (length == bytes.length) {
      throw new IOException("longer than any message of a rehearsal");
    }
    int read = in.read(bytes, length, bytes.length - length);
    length += Math.max(0, read);
    return read >= 0;
  }
}

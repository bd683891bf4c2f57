package dev.tailtap.usage;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * Amazon's event stream (AWS SDK developer guide, "Event stream encoding"): messages of a prelude,
 * headers, a JSON payload and checksums, which are not checked. A model's own event stands in the
 * payload as base64 under {@code bytes}. Confined to one event loop.
 */
final class AwsMessages implements Documents {
  private static final int PRELUDE = 12;
  private static final int CHECKSUM = 4;

  /** The guide allows payloads of 24 MB and headers of 128 KB. */
  private static final int LONGEST = 25 << 20;

  private static final byte[] BYTES = ascii("\"bytes\":\"");
  private static final byte[] TYPE_EXCEPTION = ascii("\u0009exception");

  private final FieldTree tree;
  private final UsageMerge merge;
  private final Scratch scratch;
  private final Bytes message;
  private long left;
  private long messages;

  AwsMessages(FieldTree tree, UsageMerge merge, Scratch scratch, int window) {
    this.tree = tree;
    this.merge = merge;
    this.scratch = scratch;
    this.message = new Bytes(Math.max(window, 64));
  }

  @Override
  public void feed(byte[] text, int from, int to) {
    int i = from;
    while (i < to && left >= 0) {
      int take = (int) Math.min(to - i, left > 0 ? left : PRELUDE - message.length());
      message.append(text, i, i + take);
      i += take;
      if (left > 0) {
        left -= take;
        if (left == 0) {
          read();
        }
      } else if (message.length() == PRELUDE) {
        left = length(0) - PRELUDE;
        if (left < length(4) + CHECKSUM || left > LONGEST) {
          left = -1;
          merge.unread();
        }
      }
    }
  }

  @Override
  public void end() {
    message.shrink(0);
  }

  @Override
  public long count() {
    return messages;
  }

  @Override
  public long heldBytes() {
    return message.capacity();
  }

  private void read() {
    byte[] bytes = message.array();
    int start = PRELUDE + (int) Math.min(length(4), message.length() - PRELUDE);
    int end = message.length() - CHECKSUM;
    if (message.overflowed()) {
      end = message.length();
      merge.outside();
    }
    messages++;
    if (find(bytes, PRELUDE, start, TYPE_EXCEPTION) >= 0) {
      merge.error();
    }
    if (start < end) {
      payload(bytes, start, end);
    }
    message.shrink(8192);
  }

  private void payload(byte[] bytes, int from, int to) {
    int start = find(bytes, from, to, BYTES);
    if (start < 0) {
      scan(bytes, from, to);
      return;
    }
    int end = start;
    while (end < to && bytes[end] != '"') {
      end++;
    }
    try {
      byte[] inner = Base64.getDecoder().decode(Arrays.copyOfRange(bytes, start, end));
      scan(inner, 0, inner.length);
    } catch (IllegalArgumentException notBase64) {
      merge.unread();
    }
  }

  private void scan(byte[] json, int from, int to) {
    UsageScanner scanner = scratch.borrow(tree, merge);
    scanner.feed(json, from, to);
    scanner.end();
    scratch.giveBack(scanner);
  }

  private long length(int offset) {
    byte[] bytes = message.array();
    long length = 0;
    for (int i = offset; i < offset + Integer.BYTES; i++) {
      length = (length << Byte.SIZE) | (bytes[i] & 0xFF);
    }
    return length;
  }

  /** The index after the first occurrence; -1 if there is none. */
  private static int find(byte[] text, int from, int to, byte[] wanted) {
    for (int i = from; i <= to - wanted.length; i++) {
      if (Arrays.equals(text, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i + wanted.length;
      }
    }
    return -1;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}

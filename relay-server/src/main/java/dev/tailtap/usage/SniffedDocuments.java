package dev.tailtap.usage;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/**
 * A text whose media type says too little: its first bytes tell whether it is JSON or an event
 * stream, and what follows goes to the reader of that. Where not even text was declared and they
 * tell neither, nothing more is read. Confined to one event loop.
 */
final class SniffedDocuments implements Documents {
  private static final byte[] BOM = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  /** What a line of an event stream begins with, and a file hardly ever. */
  private static final byte[][] FIELDS = {
    ascii(":"), ascii("data:"), ascii("event:"), ascii("id:"), ascii("retry:")
  };

  private final FieldTree tree;
  private final UsageMerge merge;
  private final Scratch scratch;
  private final RetainedEvent retained;
  private final boolean textual;
  private final Bytes first = new Bytes(8); // of the first line, while they may still be a field
  private int marked;
  private Documents documents;
  private boolean opaque;

  /**
   * @param textual whether it was declared to be some text: what is no JSON is then an event stream
   */
  SniffedDocuments(
      FieldTree tree, UsageMerge merge, Scratch scratch, RetainedEvent retained, boolean textual) {
    this.tree = tree;
    this.merge = merge;
    this.scratch = scratch;
    this.retained = retained;
    this.textual = textual;
  }

  @Override
  public void feed(byte[] text, int from, int to) {
    int i = from;
    while (documents == null && !opaque && i < to) {
      i = sniff(text, i, to);
    }
    if (documents != null) {
      documents.feed(text, i, to);
    }
  }

  @Override
  public void end() {
    if (documents != null) {
      documents.end();
    }
  }

  @Override
  public long count() {
    return documents == null ? 0 : documents.count();
  }

  @Override
  public long heldBytes() {
    return documents == null ? 0 : documents.heldBytes();
  }

  @Override
  public boolean isOver() {
    return opaque;
  }

  /** The index from which on the text is for a reader, or still to be sniffed at. */
  private int sniff(byte[] bytes, int i, int to) {
    byte b = bytes[i];
    boolean mark = marked < BOM.length && b == BOM[marked];
    if (first.isEmpty() && (mark || b == ' ' || b == '\t' || b == '\n' || b == '\r')) {
      marked = mark ? marked + 1 : BOM.length;
      return i + 1;
    }
    if (first.isEmpty() && (b == '{' || b == '[')) {
      documents = new JsonDocuments(tree, merge, scratch, false);
      return i;
    }
    if (textual) {
      documents = new SseEvents(tree, merge, scratch, retained);
      return i;
    }
    return field(bytes, i, to);
  }

  private int field(byte[] bytes, int from, int to) {
    int before = first.length();
    int end = Math.min(to, from + FIELDS[FIELDS.length - 1].length - before);
    first.append(bytes, from, end);
    if (!isField()) {
      return end;
    }
    documents = new SseEvents(tree, merge, scratch, retained);
    documents.feed(first.array(), 0, before);
    return from;
  }

  /** Whether it begins like a field; if it never will, it is opaque. */
  private boolean isField() {
    boolean maybe = false;
    for (byte[] field : FIELDS) {
      int length = Math.min(field.length, first.length());
      boolean same = Arrays.equals(field, 0, length, first.array(), 0, length);
      if (same && length == field.length) {
        return true;
      }
      maybe |= same;
    }
    opaque = !maybe;
    return false;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }
}

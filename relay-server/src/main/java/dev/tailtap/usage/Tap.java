package dev.tailtap.usage;

import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * Reads along a response body and keeps what it says of usage, model, id and ending: the last event
 * that may matter as a retained slice, read once at the end. Never throws, never writes, moves no
 * index. Holds one slice, which pins four times its length at most; a few hundred bytes of text,
 * 160 KiB at worst; Amazon's event up to a window; the codec of an encoded body, 8.2 MiB at worst.
 * One per exchange; confined to its event loop; ends with {@link #finish} or {@link #close}.
 */
public final class Tap {
  private static final UsageReading UNREADABLE =
      UsageReading.without(UsageState.UNREADABLE, "last=other");

  private final Scratch scratch = Scratch.ofThread();
  private final UsageMerge merge = new UsageMerge();
  private final FieldTree tree;
  private final RetainedEvent retained;
  private final DecodedCopy sideCopy; // null: the body is not encoded
  private final String body; // its kind and coding, for the note
  private Documents documents; // null: there is nothing to read, or no more
  private boolean stopped; // what follows is not read; what came before still counts
  private UsageReading reading;

  /**
   * Taps a body that is not encoded.
   *
   * @param window bytes kept of an event that must be whole to be read: only of Amazon's binary
   *     ones
   */
  public Tap(Dialect dialect, BodyKind kind, ByteBufAllocator alloc, int window) {
    this(dialect, kind, null, alloc, window);
  }

  /**
   * Taps a body through a decoded side copy where it is encoded.
   *
   * @param encoding the field {@code Content-Encoding}; null or {@code identity}: none
   */
  public Tap(
      Dialect dialect, BodyKind kind, CharSequence encoding, ByteBufAllocator alloc, int window) {
    tree = dialect.tree();
    retained = new RetainedEvent(alloc);
    boolean encoded = encoding != null && !"identity".contentEquals(encoding);
    body = encoded ? kind.note() + " encoding=" + DecodedCopy.word(encoding) : kind.note();
    sideCopy = encoded && kind != BodyKind.OPAQUE ? DecodedCopy.of(encoding, alloc) : null;
    if (encoded && sideCopy == null) {
      merge.unread();
      return;
    }
    documents =
        switch (kind) {
          case EVENT_STREAM -> new SseEvents(tree, merge, scratch, retained);
          case JSON -> new SniffedDocuments(tree, merge, scratch, retained, true);
          case UNDECLARED -> new SniffedDocuments(tree, merge, scratch, retained, false);
          case LINES -> new JsonDocuments(tree, merge, scratch, true);
          case AWS_EVENT_STREAM -> new AwsMessages(tree, merge, scratch, window);
          case OPAQUE -> null;
        };
  }

  /** The next bytes of the body, without chunk framing, in order, cut anywhere; only borrowed. */
  public void payload(ByteBuf buf, int index, int length) {
    if (documents == null || stopped) {
      return;
    }
    try {
      if (sideCopy == null) {
        feed(buf, index, length);
      } else if (!sideCopy.feed(buf, index, length, this::feed)) {
        giveUp();
      }
      stopped |= documents.isOver();
    } catch (RuntimeException bug) {
      giveUp();
    }
  }

  private void feed(ByteBuf buf, int index, int length) {
    if (buf.hasArray()) {
      scratch.span().lend(buf, -buf.arrayOffset());
      int from = buf.arrayOffset() + index;
      documents.feed(buf.array(), from, from + length);
      return;
    }
    byte[] room = scratch.room();
    int end = index + length;
    for (int i = index; i < end; i += room.length) {
      int n = Math.min(room.length, end - i);
      buf.getBytes(i, room, 0, n);
      scratch.span().lend(buf, i);
      documents.feed(room, 0, n);
    }
  }

  /** The read loop ended: what is kept may no longer pin a buffer that is much larger. */
  public void readComplete() {
    scratch.compact();
  }

  /**
   * The reading of what has passed; the same again if asked again.
   *
   * @param whole the body came to its proper end
   */
  public UsageReading finish(boolean whole) {
    if (reading == null) {
      reading = read(whole).noted(body);
    }
    return reading;
  }

  /** Ends without a reading; safe after {@link #finish}. */
  public void close() {
    finish(false);
  }

  /** Whether something was too large to hold; once it was read, and so after {@link #finish}. */
  public boolean exceededWindow() {
    return merge.isOutside();
  }

  /** Whether the provider reported an error inside the body, as far as it has come. */
  public boolean sawError() {
    try {
      scratch.read(retained, tree, merge);
    } catch (RuntimeException bug) {
      giveUp();
    }
    return merge.hasError();
  }

  /** Events with data that have come whole; of a body that is no stream its documents. */
  public long events() {
    return documents == null ? 0 : documents.count();
  }

  /**
   * Bytes that are held for this stream at present: texts, an open event, the buffer that a kept
   * event pins, the state of a codec.
   */
  public long heldBytes() {
    long event = documents == null ? 0 : documents.heldBytes();
    long codec = sideCopy == null ? 0 : sideCopy.heldBytes();
    return merge.heldBytes() + retained.heldBytes() + event + codec;
  }

  private UsageReading read(boolean whole) {
    try {
      Documents ended = documents;
      documents = null;
      if (ended != null) {
        ended.end();
      }
      boolean truncated = sideCopy != null && !stopped && sideCopy.isTruncated();
      if (whole && truncated) {
        merge.truncated();
      }
      return merge.reading(whole && !truncated, ended == null ? 0 : ended.count());
    } catch (RuntimeException bug) {
      return UNREADABLE;
    } finally {
      release();
    }
  }

  private void release() {
    retained.release();
    if (sideCopy != null) {
      sideCopy.close();
    }
  }

  private void giveUp() {
    merge.unread();
    stopped = true;
  }
}

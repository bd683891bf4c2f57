package dev.tailtap.usage;

import dev.tailtap.record.Billed;
import dev.tailtap.record.CleanText;
import dev.tailtap.record.Tokens;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageState;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps what the documents of one response say, by the rules of merging: the first id, the last
 * model and finish reason, the last usage that is not all zero. Holds a few hundred bytes of JSON
 * text, whatever the stream; parses it once, at the end. Confined to one event loop.
 */
final class UsageMerge {
  private static final int TEXT_LIMIT = 256;
  private static final int TEXT_ROOM = 1024;
  private static final byte[] MESSAGE_DELTA = ascii("message_delta");
  private static final byte[][] CLOSING_TYPES = {
    MESSAGE_DELTA,
    ascii("response.completed"),
    ascii("response.incomplete"),
    ascii("response.failed"),
    ascii("message-end")
  };

  /** What stands where a finish reason will stand later. */
  private static final byte[][] UNFINISHED = {
    ascii("null"),
    ascii("in_progress"),
    ascii("queued"),
    ascii("cancelling"),
    ascii("not_finished"),
    ascii("NOT_FINISHED")
  };

  // Null, or empty, until one is said: few streams say all of them before their end.
  private Bytes id;
  private Bytes model;
  private Bytes finish;
  private Bytes usage;
  private Bytes opening;
  private TokenCounts layers;
  private BesideFields beside; // null: nothing was said beside
  private long documents;
  private boolean aboveZero;
  private boolean openingOnly;
  private boolean closed;
  private boolean error;
  private boolean errorAfterUsage;
  private boolean unread;
  private boolean outside;
  private LastDocument last = LastDocument.NONE;

  /** A document ended well. */
  void document(DocumentFields seen) {
    documents++;
    take(seen);
  }

  /** A document broke off or is malformed; what it had said in whole counts. */
  void fragment(DocumentFields seen) {
    take(seen);
  }

  /** An event that may bear usage could not be read at all. */
  void unread() {
    unread = true;
  }

  /** Something was too large to hold, and was read in part or not at all. */
  void outside() {
    outside = true;
  }

  boolean isOutside() {
    return outside;
  }

  /** The body ended in the middle of its encoding; no matter once the provider was done. */
  void truncated() {
    unread |= !closed;
  }

  void error() {
    error = true;
    errorAfterUsage |= isSaid(usage);
  }

  /** The provider said that nothing follows. */
  void close() {
    closed = true;
  }

  /** The last event mentions nothing that a reading wants, and was therefore not read. */
  void lastIsUnread() {
    boolean known = isSaid(id) || isSaid(model);
    last = closed ? LastDocument.DONE : known ? LastDocument.CONTENT : LastDocument.OTHER;
  }

  /** What it occupies: some hundred bytes mostly, less than 80 KiB ever. */
  long heldBytes() {
    long texts = capacity(id) + capacity(model) + capacity(finish);
    long besides = beside == null ? 0 : beside.heldBytes();
    return texts + besides + capacity(usage) + capacity(opening);
  }

  boolean hasError() {
    return error;
  }

  boolean hasId() {
    return isSaid(id);
  }

  long documents() {
    return documents;
  }

  private LastDocument last() {
    boolean vague = last == LastDocument.CONTENT || last == LastDocument.OTHER;
    return vague && error ? LastDocument.ERROR : last;
  }

  private void take(DocumentFields seen) {
    unread |= seen.hasUnreadUsage();
    outside |= seen.isOutside();
    last = LastDocument.of(seen);
    if (!isSaid(id) && (seen.hasUsage() || !seen.isError())) {
      id = said(id, TEXT_ROOM, seen.id());
    }
    if (!seen.model().isEmpty()) {
      model = said(model, TEXT_ROOM, seen.model());
    }
    if (!seen.finish().isEmpty() && !isOneOf(seen.finish(), UNFINISHED)) {
      finish = said(finish, TEXT_ROOM, seen.finish());
    }
    if (seen.isError()) {
      error();
    }
    if (!seen.beside().isEmpty()) {
      beside = beside == null ? new BesideFields() : beside;
      beside.take(seen.beside());
      errorAfterUsage &= !seen.beside().isRaw();
    }
    if (seen.hasUsage()) {
      takeUsage(seen);
    }
  }

  private void takeUsage(DocumentFields seen) {
    boolean above = TokenCounts.anyAboveZero(seen.usage());
    if (seen.isLayer() || seen.type().is(MESSAGE_DELTA)) {
      layer(seen);
    } else if (seen.isPeak()) {
      TokenCounts peaks = UsageObject.read(seen.usage());
      layers().raise(peaks);
      if (!peaks.isBroken()) {
        usage = said(usage, DocumentFields.USAGE_LIMIT, seen.usage());
      }
    } else if (above || !aboveZero) {
      layers = null;
      opening = null;
      openingOnly = false;
      usage = said(usage, DocumentFields.USAGE_LIMIT, seen.usage());
    } else {
      return;
    }
    aboveZero |= above;
    errorAfterUsage = false;
    closed |= !seen.finish().isEmpty() && isOneOf(seen.type(), CLOSING_TYPES);
  }

  /**
   * Takes counts that stood outside of any document.
   *
   * @param object the same as the text of a usage object, for the record
   */
  void counts(TokenCounts counts, byte[] object) {
    layers().override(counts);
    usage = new Bytes(DocumentFields.USAGE_LIMIT);
    usage.append(object, 0, object.length);
    aboveZero |= TokenCounts.anyAboveZero(usage);
  }

  private void layer(DocumentFields seen) {
    TokenCounts counts = UsageObject.read(seen.usage());
    if (seen.isLayer()) {
      layers().override(counts);
    } else {
      layers().follow(counts);
    }
    openingOnly = seen.isLayer();
    if (counts.isBroken()) {
      return; // its text is not to be kept either
    }
    if (openingOnly) {
      opening = said(opening, DocumentFields.USAGE_LIMIT, seen.usage());
      usage = null;
    } else {
      usage = said(usage, DocumentFields.USAGE_LIMIT, seen.usage());
    }
  }

  private TokenCounts layers() {
    if (layers == null) {
      layers = new TokenCounts();
      opening = null;
      usage = null;
    }
    return layers;
  }

  /**
   * The reading, after the last document.
   *
   * @param whole the body came to its proper end
   */
  UsageReading reading(boolean whole, long frames) {
    TokenCounts counts = counts();
    List<Bytes> objects = new ArrayList<>();
    if (!counts.isBroken()) {
      addSaid(objects, opening);
      addSaid(objects, usage);
    }
    List<Bytes> kept = new ArrayList<>(objects);
    if (beside != null) {
      addSaid(objects, beside.json(false));
      addSaid(kept, beside.isRaw() ? beside.json(true) : null);
    }
    Tokens tokens = TokenColumns.of(counts);
    Billed billed = objects.isEmpty() ? Billed.NONE : BilledReader.read(counts, objects);
    boolean known = tokens.isKnown() || billed.units() != null || billed.providerCost() != null;
    return new UsageReading(
        state(counts, billed, known, whole),
        counts.answeredBy() == null ? text(model) : CleanText.of(counts.answeredBy(), TEXT_LIMIT),
        text(id),
        text(finish),
        tokens,
        billed,
        known && !kept.isEmpty() ? RawUsage.of(kept.stream().map(UsageMerge::utf8).toList()) : null,
        frames,
        last().note());
  }

  /** All counts, of usage objects and of what stood beside them. */
  private TokenCounts counts() {
    TokenCounts counts = layers;
    if (counts == null) {
      counts = isSaid(usage) ? UsageObject.read(usage) : new TokenCounts();
    }
    if (beside == null || !beside.isRaw()) {
      return counts;
    }
    Bytes metrics = beside.get(Beside.INVOCATION_METRICS);
    if (isSaid(metrics)) {
      counts = counts.underMetrics(UsageObject.read(metrics));
    }
    counts.fill(UsageObject.read(beside.json(true)));
    return counts;
  }

  private static void addSaid(List<Bytes> objects, Bytes object) {
    if (isSaid(object)) {
      objects.add(object);
    }
  }

  private UsageState state(TokenCounts counts, Billed billed, boolean known, boolean whole) {
    if (!known) {
      return unread || counts.isUnreadable() ? UsageState.UNREADABLE : UsageState.ABSENT;
    }
    boolean above = aboveZero || isMoreBilled(billed) || isAboveZeroBeside(counts);
    boolean opened =
        openingOnly && (beside == null || !isSaid(beside.get(Beside.INVOCATION_METRICS)));
    boolean last = (whole || closed) && above && !opened && !errorAfterUsage && !unread;
    return last ? UsageState.FINAL : UsageState.PARTIAL;
  }

  private static boolean isMoreBilled(Billed billed) {
    BigDecimal cost = billed.providerCost();
    return billed.units() != null || (cost != null && cost.signum() > 0);
  }

  private boolean isAboveZeroBeside(TokenCounts counts) {
    return beside != null && beside.isRaw() && counts.isAboveZero();
  }

  private static String utf8(Bytes raw) {
    return new String(raw.array(), 0, raw.length(), StandardCharsets.UTF_8);
  }

  private static String text(Bytes raw) {
    return isSaid(raw) ? UntrustedJson.string(raw, TEXT_LIMIT) : null;
  }

  private static boolean isSaid(Bytes text) {
    return text != null && !text.isEmpty();
  }

  private static long capacity(Bytes text) {
    return text == null ? 0 : text.capacity();
  }

  /** A copy of a value, in the room of the one before if there was one. */
  private static Bytes said(Bytes before, int limit, Bytes value) {
    Bytes copy = before == null ? new Bytes(limit) : before;
    copy.set(value);
    return copy;
  }

  private static boolean isOneOf(Bytes text, byte[][] texts) {
    for (byte[] one : texts) {
      if (text.is(one)) {
        return true;
      }
    }
    return false;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}

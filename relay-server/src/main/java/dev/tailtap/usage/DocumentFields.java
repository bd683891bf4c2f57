package dev.tailtap.usage;

import java.nio.charset.StandardCharsets;

/**
 * What one document said in the places of its dialect, still as JSON text: strings without their
 * quotes, counts as whole objects. Reused for document after document; confined to one event loop.
 */
final class DocumentFields {
  /** Room for a usage object with its breakdowns; the column keeps less. */
  static final int USAGE_LIMIT = 32 * 1024;

  private static final int TEXT_LIMIT = 1024;
  private static final int LONGEST_SUMMAND = 12;
  private static final byte[] NULL = {'n', 'u', 'l', 'l'};

  private final Bytes id = new Bytes(TEXT_LIMIT);
  private final Bytes model = new Bytes(TEXT_LIMIT);
  private final Bytes finish = new Bytes(TEXT_LIMIT);
  private final Bytes type = new Bytes(64);
  private final Bytes usage = new Bytes(USAGE_LIMIT);
  private final Bytes counts = new Bytes(TEXT_LIMIT);
  private final Bytes candidate = new Bytes(USAGE_LIMIT);
  private final Bytes text = new Bytes(TEXT_LIMIT);
  private final BesideFields beside = new BesideFields();
  private FieldTree.Node summed; // the place of what is summed up; null: nothing is
  private long sum;
  private boolean layer;
  private boolean peak;
  private boolean error;
  private boolean complaint;
  private boolean unread;
  private boolean outside;

  void clear() {
    id.clear();
    model.clear();
    finish.clear();
    type.clear();
    usage.shrink(4096);
    counts.clear();
    candidate.shrink(4096);
    beside.clear();
    summed = null;
    sum = 0;
    layer = false;
    peak = false;
    error = false;
    complaint = false;
    unread = false;
    outside = false;
  }

  /** Where the text of a scalar is collected until {@link #text} is told whose it was. */
  Bytes beginText() {
    text.clear();
    return text;
  }

  /** A string or number that stood in a place. */
  void text(FieldTree.Node node, boolean string) {
    boolean said = !text.isEmpty() && !text.overflowed() && !text.is(NULL);
    switch (node.role()) {
      case ID -> take(id, said && string);
      case MODEL -> take(model, said && string);
      case TYPE -> take(type, said && string);
      case FINISH -> take(finish, said && (string || isDigit()));
      case ERROR -> error |= said && string;
      case COMPLAINT -> complaint |= said && string;
      case COUNT, PEAK -> count(node, said && !string && isDigit());
      case SUM -> sum(node, said && !string && isDigit());
      case BESIDE -> {
        if (said && (string || isDigit())) {
          beside.set(node.beside(), text, string);
        }
      }
      case EACH -> {
        if (string) {
          beside.tally(node.tally(), 1);
        }
      }
      case ITEM -> {
        Tally one = string ? Tally.ofType(text) : null;
        if (one != null) {
          beside.tally(one, 1);
        }
      }
      case ACTION -> {
        if (string && Tally.isFree(text)) {
          beside.tally(Tally.WEB_SEARCH_CALL, -1);
        }
      }
      case USAGE, LAYER -> {}
    }
  }

  /** Where an object's text is collected until {@link #object} says that it is whole. */
  Bytes beginObject(FieldTree.Node node) {
    if (node.beside() != null) {
      return beside.open(node.beside());
    }
    candidate.clear();
    unread = true;
    return candidate;
  }

  /** The object in this place is whole. */
  void object(FieldTree.Node node) {
    if (node.beside() != null) {
      beside.close(node.beside());
    } else {
      usage(node.role());
    }
  }

  private void usage(FieldPath.Role role) {
    unread = candidate.overflowed();
    outside |= unread;
    if (unread || (!usage.isEmpty() && !TokenCounts.anyAboveZero(candidate))) {
      return;
    }
    usage.set(candidate);
    layer |= role == FieldPath.Role.LAYER;
  }

  /** There is a usage object that cannot be read. */
  void unread() {
    unread = true;
  }

  void error() {
    error = true;
  }

  /** What it occupies. */
  long heldBytes() {
    long texts =
        id.capacity() + model.capacity() + finish.capacity() + type.capacity() + text.capacity();
    return texts + beside.heldBytes() + usage.capacity() + counts.capacity() + candidate.capacity();
  }

  /** To be called once, at the end of the document: counts that stood apart become one object. */
  void closeCounts() {
    if (summed != null) {
      text.clear();
      byte[] digits = Long.toString(sum).getBytes(StandardCharsets.US_ASCII);
      text.append(digits, 0, digits.length);
      count(summed, true);
    }
    if (!counts.isEmpty() && usage.isEmpty()) {
      counts.append((byte) '}');
      usage.set(counts);
    }
    counts.clear();
  }

  boolean hasUsage() {
    return !usage.isEmpty();
  }

  /** Whether a usage object began that did not end, or was too large to keep. */
  boolean hasUnreadUsage() {
    return unread;
  }

  /** Whether a usage object was too large to keep. */
  boolean isOutside() {
    return outside;
  }

  /** Whether the usage overrides earlier ones field by field. */
  boolean isLayer() {
    return layer;
  }

  boolean isPeak() {
    return peak;
  }

  boolean isError() {
    return error || isRefusal();
  }

  /** An error document in a shape of its own: a bare message, and no answer beside it. */
  boolean isRefusal() {
    return complaint && usage.isEmpty() && finish.isEmpty();
  }

  /** Whether anything stood in a place that only this dialect has. */
  boolean isOfItsDialect() {
    return !id.isEmpty() || !model.isEmpty() || !type.isEmpty();
  }

  Bytes id() {
    return id;
  }

  Bytes model() {
    return model;
  }

  Bytes finish() {
    return finish;
  }

  Bytes type() {
    return type;
  }

  /** What stood beside the usage. */
  BesideFields beside() {
    return beside;
  }

  Bytes usage() {
    return usage;
  }

  private void take(Bytes target, boolean said) {
    if (said) {
      target.set(text);
    }
  }

  private void count(FieldTree.Node node, boolean said) {
    if (!said) {
      return;
    }
    peak |= node.role() == FieldPath.Role.PEAK;
    counts.append((byte) (counts.isEmpty() ? '{' : ','));
    counts.append((byte) '"');
    counts.append(node.name(), 0, node.name().length);
    counts.append((byte) '"');
    counts.append((byte) ':');
    counts.append(text.array(), 0, text.length());
  }

  private void sum(FieldTree.Node node, boolean said) {
    if (!said || text.length() > LONGEST_SUMMAND) {
      return;
    }
    long number = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.array()[i] - '0';
      if (digit < 0 || digit > 9) {
        return;
      }
      number = number * 10 + digit;
    }
    summed = node;
    sum += number;
  }

  private boolean isDigit() {
    byte first = text.array()[0];
    return first >= '0' && first <= '9';
  }
}

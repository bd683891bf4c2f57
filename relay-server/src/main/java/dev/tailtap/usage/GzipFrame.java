package dev.tailtap.usage;

import io.netty.handler.codec.compression.DecompressionException;
import java.util.zip.CRC32;

/**
 * What stands around the deflated bytes of gzip's members (RFC 1952 section 2.3), at any cut: walks
 * over headers, whose name, comment and own checksum tell nothing here, and holds trailers to what
 * came. Event loop only.
 *
 * <pre>
 * BETWEEN --> FIXED --> EXTRA_LENGTH --> EXTRA --> NAME --> COMMENT --> CHECKSUM --> INSIDE
 *    ^                    each of these only where the flags say so                     |
 *    +------------------------------------ TRAILER <------------------------------------+
 * </pre>
 */
final class GzipFrame {
  private enum Part {
    BETWEEN,
    FIXED,
    EXTRA_LENGTH,
    EXTRA,
    NAME,
    COMMENT,
    CHECKSUM,
    INSIDE,
    TRAILER
  }

  private static final int FIRST = 0x1F;
  private static final int SECOND = 0x8B;
  private static final int DEFLATE = 8;
  private static final int FIXED_BYTES = 9; // behind the first
  private static final int TRAILER_BYTES = 8;

  private static final int HAS_CHECKSUM = 0x02;
  private static final int HAS_EXTRA = 0x04;
  private static final int HAS_NAME = 0x08;
  private static final int HAS_COMMENT = 0x10;
  private static final int RESERVED = 0xE0;

  private Part part = Part.BETWEEN;
  private int taken; // bytes of the part
  private int flags;
  private int extraBytes;
  private long trailer;
  private long size; // of what was deflated
  private boolean whole; // a member has ended

  /** Whether what comes next is deflated, and none of ours. */
  boolean isInside() {
    return part == Part.INSIDE;
  }

  /** Whether the body may end here. */
  boolean isBetween() {
    return part == Part.BETWEEN && whole;
  }

  /** The deflated bytes have ended, which were so many before. */
  void endInside(long inflated) {
    size = inflated;
    trailer = 0;
    enter(Part.TRAILER);
  }

  /**
   * Takes the next byte.
   *
   * @param crc of what was inflated; begun anew behind a header
   * @return false if it belongs to no member, and nothing behind it does: padding mostly
   * @throws DecompressionException if the body is damaged
   */
  boolean read(byte value, CRC32 crc) {
    int b = value & 0xFF;
    taken++;
    switch (part) {
      case BETWEEN -> {
        if (b != FIRST && whole) {
          return false;
        }
        check(b == FIRST, "no gzip");
        enter(Part.FIXED);
      }
      case FIXED -> fixed(b);
      case EXTRA_LENGTH -> {
        extraBytes = taken == 1 ? b : extraBytes | (b << Byte.SIZE);
        if (taken == 2) {
          enter(extraBytes > 0 ? Part.EXTRA : optional(Part.EXTRA));
        }
      }
      case EXTRA -> leaveIf(taken == extraBytes);
      case NAME, COMMENT -> leaveIf(b == 0);
      case CHECKSUM -> leaveIf(taken == 2);
      case TRAILER -> trailer(b, crc);
      case INSIDE -> throw new IllegalStateException();
    }
    if (part == Part.INSIDE) {
      crc.reset();
    }
    return true;
  }

  private void fixed(int b) {
    switch (taken) {
      case 1 -> check(b == SECOND, "no gzip");
      case 2 -> check(b == DEFLATE, "unknown method");
      case 3 -> {
        check((b & RESERVED) == 0, "reserved flags");
        flags = b;
      }
      default -> leaveIf(taken == FIXED_BYTES);
    }
  }

  private void leaveIf(boolean complete) {
    if (complete) {
      enter(optional(part));
    }
  }

  /** The next part that the flags say is there. */
  private Part optional(Part after) {
    if (after.compareTo(Part.EXTRA_LENGTH) < 0 && (flags & HAS_EXTRA) != 0) {
      return Part.EXTRA_LENGTH;
    }
    if (after.compareTo(Part.NAME) < 0 && (flags & HAS_NAME) != 0) {
      return Part.NAME;
    }
    if (after.compareTo(Part.COMMENT) < 0 && (flags & HAS_COMMENT) != 0) {
      return Part.COMMENT;
    }
    boolean checksum = after.compareTo(Part.CHECKSUM) < 0 && (flags & HAS_CHECKSUM) != 0;
    return checksum ? Part.CHECKSUM : Part.INSIDE;
  }

  private void trailer(int b, CRC32 crc) {
    trailer |= (long) b << (Byte.SIZE * (taken - 1));
    if (taken == TRAILER_BYTES) {
      check((int) trailer == (int) crc.getValue(), "wrong checksum");
      check((int) (trailer >>> Integer.SIZE) == (int) size, "wrong size");
      whole = true;
      enter(Part.BETWEEN);
    }
  }

  private void enter(Part next) {
    part = next;
    taken = 0;
  }

  private static void check(boolean good, String otherwise) {
    if (!good) {
      throw new DecompressionException(otherwise);
    }
  }
}

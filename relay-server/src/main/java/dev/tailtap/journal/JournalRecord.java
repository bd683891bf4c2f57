package dev.tailtap.journal;

import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * How an entry lies in a segment. The length covers what follows the checksum, and so does the
 * checksum. No text can counterfeit a record: each holds bytes that UTF-8 never has, and a NUL in
 * its length, which texts are cleaned of.
 *
 * <pre>magic u32 | length u32 | crc32c u32 | type u8 | sequence u64 | call u128 | content</pre>
 */
record JournalRecord(boolean closes, long sequence, UUID call, byte[] content) {
  static final int MAGIC = 0xF5554345;

  /** Magic, length and checksum. */
  static final int PREFIX = 12;

  private static final int FIXED = 25;
  private static final byte OPEN = 1;
  private static final byte CLOSE = 3;

  /** No record is longer: an entry's texts are bounded far below. */
  static final int LONGEST = 1 << 20;

  /**
   * Appends one record.
   *
   * @throws java.nio.BufferOverflowException if it does not fit; the position is then to be reset
   */
  static void write(ByteBuffer out, long sequence, Entry entry, Entry opened) {
    int start = out.position();
    UUID call = entry.call();
    out.putInt(MAGIC).putLong(0).put(entry.closes() ? CLOSE : OPEN).putLong(sequence);
    out.putLong(call.getMostSignificantBits()).putLong(call.getLeastSignificantBits());
    entry.encode(out, opened);
    int length = out.position() - start - PREFIX;
    out.putInt(start + 4, length).putInt(start + 8, crc(out, start + PREFIX, length));
  }

  /**
   * The length of what a record at this index claims to hold.
   *
   * @return -1 if there is no record
   */
  static int length(ByteBuffer in, int at) {
    if (in.getInt(at) != MAGIC) {
      return -1;
    }
    int length = in.getInt(at + 4);
    return length < FIXED || length > LONGEST ? -1 : length;
  }

  /** Whether the checksum of a record that lies whole in the buffer is right. */
  static boolean intact(ByteBuffer in, int at, int length) {
    byte type = in.get(at + PREFIX);
    return (type == OPEN || type == CLOSE) && in.getInt(at + 8) == crc(in, at + PREFIX, length);
  }

  static JournalRecord read(ByteBuffer in, int at, int length) {
    byte[] content = new byte[length - FIXED];
    in.get(at + PREFIX + FIXED, content);
    UUID call = new UUID(in.getLong(at + PREFIX + 9), in.getLong(at + PREFIX + 17));
    return new JournalRecord(
        in.get(at + PREFIX) == CLOSE, in.getLong(at + PREFIX + 1), call, content);
  }

  private static int crc(ByteBuffer buffer, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(buffer.duplicate().limit(from + length).position(from));
    return (int) crc.getValue();
  }
}

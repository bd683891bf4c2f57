package dev.tailtap.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * One file of the journal: a header of 64 bytes, records, then zeros. It is written and read by one
 * thread each; what keeps it from being deleted is counted under the lock of {@link Segments}.
 *
 * <pre>magic u32 | version u32 | instance u64 | created ms u64 | crc32c u32 | zeros</pre>
 */
final class Segment {
  static final int HEADER = 64;
  private static final int MAGIC = 0xF5544150;
  private static final int VERSION = 1;
  private static final int CRC_AT = 24;
  private static final Pattern NAME = Pattern.compile("usage-([0-9a-f]{16})\\.(?:seg|opens)");

  /** What ends the name of a segment's file. */
  static final String NAME_END = ".seg";

  /** What ends the name of a file of {@link StagedCalls}, which is read like a segment. */
  static final String STAGED_END = ".opens";

  final String name;

  /** Left by a former process. */
  final boolean inherited;

  /** Holds beginnings of calls that may be in no other, and what was put there by halves. */
  final boolean staged;

  final long bytes;
  final long number;
  final long bornNanos;
  private final Hold hold = new Hold();
  private volatile JournalFile file;
  private volatile long forcedEnd = HEADER;
  private int ends;

  /**
   * What keeps the file from being deleted. {@link Segments} alone looks at it and changes it,
   * under its lock.
   */
  static final class Hold {
    boolean sealed;
    boolean read;
    boolean damaged;
    int uncommitted; // taken by the writer and not in the database
    int pins; // calls begun here and closed nowhere, and other reasons to stay

    /** Whether nobody needs the file any more. */
    boolean isOver() {
      return sealed && read && uncommitted == 0 && pins == 0;
    }

    /** Whether nothing but pins keeps it. */
    boolean isByPinsAlone() {
      return sealed && read && uncommitted == 0 && pins > 0;
    }
  }

  /** A segment that is to be written: its file is full of zeros. */
  Segment(long number, JournalFile file, long bytes, long bornNanos) {
    this(nameOf(number), number, false, bytes, bornNanos);
    this.file = file;
  }

  private Segment(String name, long number, boolean inherited, long bytes, long bornNanos) {
    this.number = number;
    this.name = name;
    this.inherited = inherited;
    staged = isStaged(name);
    this.bytes = bytes;
    this.bornNanos = bornNanos;
    hold.sealed = inherited;
  }

  /** A segment that a former process left, and whose file is not open yet. */
  static Segment inherited(String name, long bytes, long foundNanos) {
    return new Segment(name, numberOf(name), true, bytes, foundNanos);
  }

  Hold hold() {
    return hold;
  }

  /** Null for one that a former process left, until the reader opens it. */
  JournalFile file() {
    return file;
  }

  /** The reader opened what a former process left. */
  void opened(JournalFile found) {
    file = found;
  }

  /** Up to this index everything is durable. */
  long forcedEnd() {
    return forcedEnd;
  }

  /** Ends of this process's calls up to there; to be read once it is sealed. */
  int ends() {
    return ends;
  }

  /** More of it is durable. The journal's thread. */
  void forced(long end, int moreEnds) {
    ends += moreEnds;
    forcedEnd = end;
  }

  static String nameOf(long number) {
    return "usage-%016x%s".formatted(number << 32, NAME_END);
  }

  static String stagedNameOf(long number) {
    return "usage-%016x%s".formatted(number << 32, STAGED_END);
  }

  static boolean isStaged(String name) {
    return name.endsWith(STAGED_END);
  }

  /**
   * The number of a segment's file, also of one of staged calls; -1 if the name is not one of a
   * segment.
   */
  static long numberOf(String name) {
    Matcher matcher = NAME.matcher(name);
    return matcher.matches() ? Long.parseUnsignedLong(matcher.group(1), 16) >>> 32 : -1;
  }

  /** The number of the first entry; those of another segment are all smaller or all larger. */
  long firstSequence() {
    return number << 32;
  }

  static ByteBuffer header(long instance, long createdMs) {
    ByteBuffer header = ByteBuffer.allocate(HEADER);
    header.putInt(MAGIC).putInt(VERSION).putLong(instance).putLong(createdMs);
    header.putInt(crc(header.array())).rewind();
    return header;
  }

  /**
   * The version of a file's layout; 0 where the header is damaged. A file that its process had no
   * time to prepare is as good as an empty one.
   */
  static int version(JournalFile file) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER);
    int read = 0;
    while (read >= 0 && header.hasRemaining()) {
      read = file.read(header, header.position());
    }
    boolean signed = header.getInt(0) == MAGIC && header.getInt(CRC_AT) == crc(header.array());
    boolean blank = header.rewind().limit(HEADER).equals(ByteBuffer.allocate(HEADER));
    return signed ? header.getInt(Integer.BYTES) : blank ? VERSION : 0;
  }

  static boolean readable(int version) {
    return version <= VERSION;
  }

  private static int crc(byte[] header) {
    CRC32C crc = new CRC32C();
    crc.update(header, 0, CRC_AT);
    return (int) crc.getValue();
  }
}

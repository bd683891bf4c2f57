package dev.tailtap.limits;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * The file descriptors of this process: how many there may be, and how many of them connections may
 * have, so that each client's can be matched by one to an upstream and the rest of the relay keeps
 * some. Without limits where the system tells none. Any thread.
 */
public final class Descriptors {
  /** For the journal, the database, the admin port and names that are looked up meanwhile. */
  private static final int RESERVE = 24;

  private final long limit;
  private final long open;

  Descriptors(long limit, long open) {
    this.limit = limit;
    this.open = open;
  }

  /** The descriptors of this process at present: what is open already is taken to stay open. */
  public static Descriptors now() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? new Descriptors(unix.getMaxFileDescriptorCount(), unix.getOpenFileDescriptorCount())
        : new Descriptors(Long.MAX_VALUE, 0);
  }

  /** Most connections on each side, that of the clients and that of the upstreams. */
  public int perSide() {
    long half = (limit - open - RESERVE) / 2;
    return (int) Math.max(1, Math.min(Integer.MAX_VALUE, half));
  }

  /** What to tell where they do not carry so many streams; null: they do. */
  public String shortage(int streams) {
    if (perSide() >= streams) {
      return null;
    }
    return ("limits.streams=%d needs %d file descriptors and this process may have %d: raise its"
            + " limit (ulimit -n, LimitNOFILE=), or set limits.streams to %d or less")
        .formatted(streams, 2L * streams + open + RESERVE, limit, perSide());
  }
}

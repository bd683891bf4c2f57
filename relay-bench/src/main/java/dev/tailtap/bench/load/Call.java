package dev.tailtap.bench.load;

/**
 * What one call of a load is, and where its window lies.
 *
 * @param kind what is asked for
 * @param bytes of a body that is uploaded, downloaded, or packed
 * @param first 0: the window is a span of time; else it begins with the load and ends with the
 *     first byte of so many answers
 * @param calls 0: as many as the load's time has room for; else so many, and it ends with the last
 * @param usage whether a stream's client asks to be told the usage
 * @param cold the provider drops its connections before, so that they are made anew
 * @param resumed sessions of TLS are taken up again; else every handshake is a whole one
 */
public record Call(
    Kind kind, int bytes, int first, int calls, boolean usage, boolean cold, boolean resumed) {
  /** Streams whose window is a span of time. */
  public static final Call STREAM = of(Kind.STREAM, 0);

  /** What a client asks for. All but streams come in one piece, one after the other. */
  public enum Kind {
    /** A stream of events. */
    STREAM,
    /** One small answer of JSON with its usage. */
    JSON,
    /** A large request of binary data. */
    UPLOAD,
    /** A large answer of binary data. */
    DOWNLOAD,
    /** A larger answer of JSON with its usage, packed by gzip. */
    GZIP;

    /** Whether its answer says what was used. */
    public boolean hasUsage() {
      return this == STREAM || this == JSON || this == GZIP;
    }
  }

  /** With a window of time, on connections as they are. */
  public static Call of(Kind kind, int bytes) {
    return new Call(kind, bytes, 0, 0, true, false, true);
  }

  /** Streams until so many of them have begun. */
  public static Call firstStreams(int first, boolean cold, boolean resumed) {
    return new Call(Kind.STREAM, 0, first, 0, true, cold, resumed);
  }

  /** So many streams in all. */
  public static Call streams(int calls, boolean usage) {
    return new Call(Kind.STREAM, 0, 0, calls, usage, false, true);
  }
}

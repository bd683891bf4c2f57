package dev.tailtap.bench;

import java.util.List;

/**
 * How a subject is started, beside what it is.
 *
 * @param way where TLS is spoken
 * @param loops of a relay
 * @param cores that the process has for itself, or shares with the load where there are but two
 * @param flags more flags for one that runs on a JVM
 * @param settings more lines of a relay's configuration
 */
record Setup(Way way, int loops, int cores, List<String> flags, List<String> settings) {
  static final Setup PLAIN = new Setup(Way.PLAIN, 1, 1, List.of(), List.of());

  /** Where TLS is spoken. */
  enum Way {
    PLAIN("plain"),
    PROVIDER("TLS to the provider"),
    CLIENT("TLS to the client"),
    BOTH("TLS on both sides");

    private final String words;

    Way(String words) {
      this.words = words;
    }

    boolean toProvider() {
      return this == PROVIDER || this == BOTH;
    }

    boolean toClient() {
      return this == CLIENT || this == BOTH;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  Setup {
    flags = List.copyOf(flags);
    settings = List.copyOf(settings);
  }

  static Setup of(Way way) {
    return new Setup(way, 1, 1, List.of(), List.of());
  }

  Setup with(List<String> newFlags) {
    return new Setup(way, loops, cores, newFlags, settings);
  }

  /** Without TLS, and with more settings of a relay. */
  static Setup set(List<String> settings) {
    return new Setup(Way.PLAIN, 1, 1, List.of(), settings);
  }
}

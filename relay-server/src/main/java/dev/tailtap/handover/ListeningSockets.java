package dev.tailtap.handover;

import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Sockets that listen already, and were given to this process by their names: by its service
 * manager, or by the relay that it takes over from. Descriptors; -1: there is none.
 *
 * @param relay where clients connect
 */
public record ListeningSockets(int relay, int admin) {
  /** There are none: the process opens its own. */
  public static final ListeningSockets NONE = new ListeningSockets(-1, -1);

  private static final int FIRST = 3; // SD_LISTEN_FDS_START, sd_listen_fds(3)
  private static final int NONBLOCKING = 04000; // O_NONBLOCK of open(2), as proc(5) prints flags

  static ListeningSockets of(Map<String, Integer> named) {
    return new ListeningSockets(
        named.getOrDefault(Terms.RELAY, -1), named.getOrDefault(Terms.ADMIN, -1));
  }

  /**
   * Those of a service manager, by sd_listen_fds(3): named {@code relay} and {@code admin}; one
   * that has another name and is alone is the relay's.
   *
   * @throws IOException if they cannot be used; the message says what to do
   */
  public static ListeningSockets ofServiceManager(Map<String, String> environment, long pid)
      throws IOException {
    if (!Long.toString(pid).equals(environment.get("LISTEN_PID"))) {
      return NONE;
    }
    int count = count(environment.getOrDefault("LISTEN_FDS", ""));
    String[] names = environment.getOrDefault("LISTEN_FDNAMES", "").split(":", -1);
    Map<String, Integer> named = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      String name = i < names.length ? names[i] : "";
      boolean known = name.equals(Terms.RELAY) || name.equals(Terms.ADMIN);
      if (!known && count > 1) {
        throw new IOException(
            "LISTEN_FDS: a socket is named \"%s\": set FileDescriptorName= of each to relay or admin"
                .formatted(name));
      }
      check(FIRST + i);
      if (named.put(known ? name : Terms.RELAY, FIRST + i) != null) {
        throw new IOException(
            "LISTEN_FDS: two sockets are named \"%s\": give the relay one, and who connects to the other would wait for ever"
                .formatted(name));
      }
    }
    return of(named);
  }

  /** These, and of those what these have not; what is not needed of them is closed. */
  ListeningSockets orElse(ListeningSockets others) throws IOException {
    return new ListeningSockets(either(relay, others.relay), either(admin, others.admin));
  }

  private static int either(int own, int other) throws IOException {
    if (own >= 0 && other >= 0) {
      new FileDescriptor(other).close();
    }
    return own >= 0 ? own : other;
  }

  private static int count(String text) throws IOException {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException notOne) {
      throw new IOException("LISTEN_FDS=" + text + ": must be a number", notOne);
    }
  }

  /** An accept that blocks would hold up the thread that does it. */
  private static void check(int descriptor) throws IOException {
    Path info = Path.of("/proc/self/fdinfo/" + descriptor);
    try {
      for (String line : Files.readAllLines(info)) {
        String[] words = line.strip().split("\\s+", -1);
        if (words[0].equals("flags:") && (Integer.parseInt(words[1], 8) & NONBLOCKING) == 0) {
          throw new IOException(
              "LISTEN_FDS: descriptor %d blocks: set NonBlocking=true in the service's unit"
                  .formatted(descriptor));
        }
      }
    } catch (NoSuchFileException gone) {
      throw new IOException("LISTEN_FDS: descriptor " + descriptor + " is not open", gone);
    }
  }
}

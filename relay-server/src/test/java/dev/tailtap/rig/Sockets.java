package dev.tailtap.rig;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/** What a test asks of sockets that they do not offer. */
public final class Sockets {
  private static final String SYN_SENT = "02";

  private Sockets() {}

  /** Drops what comes until the other side closes or resets; true if it does within seconds. */
  public static boolean ends(Socket socket) throws IOException {
    byte[] dropped = new byte[8 * 1024];
    try {
      socket.setSoTimeout(Patience.MILLIS);
      InputStream in = socket.getInputStream();
      while (in.read(dropped) >= 0) {
        // what is under way is not the end
      }
      return true;
    } catch (SocketTimeoutException stillOpen) {
      return false;
    } catch (SocketException reset) {
      return true;
    }
  }

  /** Closes with a reset, as the system does for a process that was killed. */
  public static void reset(Socket socket) throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  /** How many connections to a port of this machine wait for its first answer. */
  public static long connecting(int port) throws IOException {
    String remote = String.format(Locale.ROOT, ":%04X", port);
    Stream<String> lines =
        Stream.concat(
            Files.readAllLines(Path.of("/proc/net/tcp")).stream(),
            Files.readAllLines(Path.of("/proc/net/tcp6")).stream());
    return lines
        .map(line -> line.strip().split(" +", 5))
        .filter(fields -> fields[2].endsWith(remote) && fields[3].equals(SYN_SENT))
        .count();
  }
}

package dev.tailtap.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A Redis on a port of this machine, which keeps nothing on the disk. */
record Redis(int port) {
  private static final Pattern CALLS = Pattern.compile("cmdstat_(?:fcall|evalsha):calls=(\\d+)");

  static List<String> command(String program, int port, Path dir) {
    return List.of(
        program,
        "--port",
        Integer.toString(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        dir.toString(),
        "--save",
        "",
        "--appendonly",
        "no");
  }

  /** For a relay's settings. */
  String url() {
    return "redis://127.0.0.1:" + port;
  }

  /** How often functions were called so far. */
  long calls() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write("INFO commandstats\r\nQUIT\r\n".getBytes(US_ASCII));
      Matcher found = CALLS.matcher(new String(socket.getInputStream().readAllBytes(), US_ASCII));
      return found.find() ? Long.parseLong(found.group(1)) : 0;
    } catch (IOException e) {
      throw new BenchException("Redis does not answer: " + e.getMessage(), e);
    }
  }
}

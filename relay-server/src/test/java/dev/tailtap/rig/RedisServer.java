package dev.tailtap.rig;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A real Redis on a loopback port, which keeps nothing and can be frozen, killed and begun again.
 */
public final class RedisServer implements AutoCloseable {
  private final Path dir;
  private final List<String> options;
  private List<String> listening; // at which kind of port
  private final int port = FreePort.choose();
  private ServerProgram server;

  /**
   * Starts it.
   *
   * @param options further ones, as the command line has them
   */
  public RedisServer(Path dir, String... options) throws IOException {
    this.dir = dir;
    this.options = List.of(options);
    startPlain();
  }

  public static boolean installed() {
    return ServerProgram.find("redis-server") != null;
  }

  public int port() {
    return port;
  }

  /** Again, at the same port, which is one without TLS. */
  public void startPlain() throws IOException {
    listening = List.of("--port", Integer.toString(port));
    start();
  }

  /** Again, at the same port, which is one with TLS alone; callers need no certificate. */
  public void startSecure(Certificate own) throws IOException {
    listening = new ArrayList<>(List.of("--port", "0", "--tls-port", Integer.toString(port)));
    listening.addAll(List.of("--tls-cert-file", own.pem().toString()));
    listening.addAll(List.of("--tls-key-file", own.key().toString()));
    listening.addAll(List.of("--tls-ca-cert-file", own.pem().toString()));
    listening.addAll(List.of("--tls-auth-clients", "no"));
    start();
  }

  /** Again, at the same port and with nothing in it. */
  public void start() throws IOException {
    String program = ServerProgram.find("redis-server").toString();
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(listening);
    command.addAll(List.of("--bind", "127.0.0.1", "--dir", dir.toString()));
    command.addAll(List.of("--save", "", "--appendonly", "no"));
    command.addAll(options);
    server = new ServerProgram(command, log(), port);
  }

  /** What it says of itself since it was started last. */
  public Path log() {
    return dir.resolve("redis-" + port + ".log");
  }

  /** As by kill -9; returns once it is gone. */
  public void kill() {
    server.close();
    server.awaitEnd();
  }

  /** It answers nothing any more, while the kernel still takes what is sent. */
  public void freeze() throws IOException, InterruptedException {
    Tool.said("kill", "-STOP", Long.toString(server.pid()));
  }

  public void thaw() throws IOException, InterruptedException {
    Tool.said("kill", "-CONT", Long.toString(server.pid()));
  }

  /** Says one command on a connection of its own and hands over the answer as it came. */
  public String say(String... words) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(Patience.MILLIS);
      StringBuilder command = new StringBuilder("*" + words.length + "\r\n");
      for (String word : words) {
        command.append("$").append(word.getBytes(UTF_8).length).append("\r\n").append(word);
        command.append("\r\n");
      }
      socket.getOutputStream().write(command.toString().getBytes(UTF_8));
      return answer(new BufferedInputStream(socket.getInputStream()));
    }
  }

  @Override
  public void close() {
    server.close();
  }

  private static String answer(InputStream in) throws IOException {
    String line = line(in);
    if (line.startsWith("*")) {
      StringBuilder all = new StringBuilder();
      for (int i = Integer.parseInt(line.substring(1)); i > 0; i--) {
        all.append(answer(in)).append(' ');
      }
      return all.toString().strip();
    }
    if (!line.startsWith("$") || line.equals("$-1")) {
      return line;
    }
    byte[] text = in.readNBytes(Integer.parseInt(line.substring(1)));
    line(in);
    return new String(text, UTF_8);
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new IOException("the server left");
      }
      line.write(next);
    }
    return line.toString(UTF_8).strip();
  }
}

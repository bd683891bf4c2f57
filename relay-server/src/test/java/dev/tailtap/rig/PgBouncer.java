package dev.tailtap.rig;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A real PgBouncer in front of a PostgreSQL, in transaction mode: each transaction has whichever of
 * its two sessions is free.
 */
public final class PgBouncer implements AutoCloseable {
  private static final String CONFIG =
      """
      [databases]
      * = host=127.0.0.1 port=SERVER user=USER password=PASSWORD
      [pgbouncer]
      listen_addr = 127.0.0.1
      listen_port = PORT
      unix_socket_dir =
      auth_type = any
      pool_mode = transaction
      default_pool_size = 2
      max_client_conn = 100
      """;

  private final int port;
  private final Process process;

  /**
   * Starts it.
   *
   * @param url of any database of the server, for JDBC
   */
  public PgBouncer(Path dir, String url, String user, String password)
      throws IOException, InterruptedException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    Path config =
        Files.writeString(
            dir.resolve("pgbouncer.ini"),
            CONFIG
                .replace("SERVER", Integer.toString(serverPort(url)))
                .replace("PORT", Integer.toString(port))
                .replace("USER", user)
                .replace("PASSWORD", password));
    List<String> command = new ArrayList<>(List.of(program().toString()));
    if (System.getProperty("user.name").equals("root")) { // as whom it does not run
      command.addAll(List.of("-u", "nobody"));
      Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    command.add(config.toString());
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("pgbouncer.log").toFile())
            .start();
    awaitListening();
  }

  public static boolean installed() {
    return program() != null;
  }

  /** The same database by way of it. */
  public String through(String url) {
    return url.replace(":" + serverPort(url) + "/", ":" + port + "/");
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private void awaitListening() throws IOException {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return;
      } catch (IOException notYet) {
        if (System.nanoTime() > deadline || !process.isAlive()) {
          close();
          throw new IOException("pgbouncer does not listen", notYet);
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }

  private static int serverPort(String url) {
    return URI.create(url.substring("jdbc:".length())).getPort();
  }

  private static Path program() {
    String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/usr/local/sbin";
    return Stream.of(path.split(File.pathSeparator, -1))
        .filter(dir -> !dir.isEmpty())
        .map(dir -> Path.of(dir, "pgbouncer"))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }
}

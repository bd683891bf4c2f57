package dev.tailtap.rig;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * nginx or HAProxy as a process of its own in front of an origin, configured as little as can be.
 */
public final class OtherProxy implements AutoCloseable {
  private static final String NGINX =
      """
      daemon off; master_process off; pid DIR/pid; error_log DIR/error.log;
      events {}
      http {
        access_log off;
        client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/fastcgi;
        uwsgi_temp_path DIR/uwsgi; scgi_temp_path DIR/scgi;
        server {
          listen 127.0.0.1:PORT;
          location / { proxy_pass http://127.0.0.1:ORIGIN; proxy_http_version 1.1; }
        }
      }
      """;
  private static final String HAPROXY =
      """
      defaults
        mode http
        timeout connect 5s
        timeout client 5s
        timeout server 5s
      frontend clients
        bind 127.0.0.1:PORT
        default_backend origin
      backend origin
        server origin 127.0.0.1:ORIGIN
      """;

  private final int port;
  private final Process process;

  /** Starts the one of this name, which must be installed. */
  public OtherProxy(String name, int originPort) throws IOException {
    port = freePort();
    Path dir = Files.createTempDirectory("tailtap-" + name);
    Path config = dir.resolve("config");
    String text = name.equals("nginx") ? NGINX : HAPROXY;
    Files.writeString(
        config,
        text.replace("DIR", dir.toString())
            .replace("PORT", Integer.toString(port))
            .replace("ORIGIN", Integer.toString(originPort)));
    String program = program(name).toString();
    String errors = dir.resolve("error.log").toString();
    List<String> command =
        name.equals("nginx")
            ? List.of(program, "-e", errors, "-p", dir.toString(), "-c", config.toString())
            : List.of(program, "-db", "-f", config.toString());
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("output").toFile())
            .start();
    awaitListening(name);
  }

  public static boolean installed(String name) {
    return program(name) != null;
  }

  public int port() {
    return port;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private void awaitListening(String name) throws IOException {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return;
      } catch (IOException notYet) {
        if (System.nanoTime() > deadline || !process.isAlive()) {
          close();
          throw new IOException(name + " does not listen", notYet);
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }

  /** Null if there is none; servers often lie beside the path of ordinary users. */
  private static Path program(String name) {
    String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/usr/local/sbin";
    return Stream.of(path.split(File.pathSeparator, -1))
        .filter(dir -> !dir.isEmpty())
        .map(dir -> Path.of(dir, name))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}

package dev.tailtap.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** nginx or HAProxy as a process of its own in front of an origin. */
public final class OtherProxy implements AutoCloseable {
  private static final String NGINX =
      """
      daemon off; master_process off; pid DIR/pid; error_log DIR/error.log;
      events {}
      http {
        access_log off;
        client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/fastcgi;
        uwsgi_temp_path DIR/uwsgi; scgi_temp_path DIR/scgi;
        BLOCKS
      }
      """;
  private static final String NGINX_STREAM =
      """
      load_module MODULE;
      daemon off; master_process off; pid DIR/pid; error_log DIR/error.log;
      events {}
      stream {
        BLOCKS
      }
      """;
  private static final String NGINX_SERVER =
      """
      server {
        listen 127.0.0.1:PORT;
        location / { proxy_pass http://127.0.0.1:ORIGIN; proxy_http_version 1.1; }
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
  private static final Path STREAM_MODULE = Path.of("/usr/lib/nginx/modules/ngx_stream_module.so");

  private final int port;
  private final ServerProgram server;

  /** Starts the one of this name, which must be installed, configured as little as can be. */
  public OtherProxy(String name, int originPort) throws IOException {
    this(
        name,
        (name.equals("nginx") ? http(NGINX_SERVER) : HAPROXY)
            .replace("ORIGIN", Integer.toString(originPort)));
  }

  /**
   * Starts the one of this name with a configuration.
   *
   * @param config in which PORT is where it listens, and DIR a directory of its own
   */
  public OtherProxy(String name, String config) throws IOException {
    port = FreePort.choose();
    Path dir = Files.createTempDirectory("tailtap-" + name);
    Path file = dir.resolve("config");
    Files.writeString(
        file, config.replace("DIR", dir.toString()).replace("PORT", Integer.toString(port)));
    String program = ServerProgram.find(name).toString();
    String errors = dir.resolve("error.log").toString();
    List<String> command =
        name.equals("nginx")
            ? List.of(program, "-e", errors, "-p", dir.toString(), "-c", file.toString())
            : List.of(program, "-db", "-f", file.toString());
    server = new ServerProgram(command, dir.resolve("output"), port);
  }

  public static boolean installed(String name) {
    return ServerProgram.find(name) != null;
  }

  /** Whether nginx can pass bytes on. */
  public static boolean hasStreamModule() {
    return Files.exists(STREAM_MODULE);
  }

  /** A whole configuration of nginx with these blocks in its http block. */
  public static String http(String blocks) {
    return NGINX.replace("BLOCKS", blocks);
  }

  /** A whole configuration of nginx with these blocks in its stream block. */
  public static String stream(String blocks) {
    return NGINX_STREAM.replace("MODULE", STREAM_MODULE.toString()).replace("BLOCKS", blocks);
  }

  public int port() {
    return port;
  }

  @Override
  public void close() {
    server.close();
  }
}

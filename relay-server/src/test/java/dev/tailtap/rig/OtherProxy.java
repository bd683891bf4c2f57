package dev.tailtap.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

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
  private final ServerProgram server;

  /** Starts the one of this name, which must be installed. */
  public OtherProxy(String name, int originPort) throws IOException {
    port = FreePort.choose();
    Path dir = Files.createTempDirectory("tailtap-" + name);
    Path config = dir.resolve("config");
    String text = name.equals("nginx") ? NGINX : HAPROXY;
    Files.writeString(
        config,
        text.replace("DIR", dir.toString())
            .replace("PORT", Integer.toString(port))
            .replace("ORIGIN", Integer.toString(originPort)));
    String program = ServerProgram.find(name).toString();
    String errors = dir.resolve("error.log").toString();
    List<String> command =
        name.equals("nginx")
            ? List.of(program, "-e", errors, "-p", dir.toString(), "-c", config.toString())
            : List.of(program, "-db", "-f", config.toString());
    server = new ServerProgram(command, dir.resolve("output"), port);
  }

  public static boolean installed(String name) {
    return ServerProgram.find(name) != null;
  }

  public int port() {
    return port;
  }

  @Override
  public void close() {
    server.close();
  }
}

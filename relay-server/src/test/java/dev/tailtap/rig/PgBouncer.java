package dev.tailtap.rig;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

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
  private final ServerProgram server;

  /**
   * Starts it.
   *
   * @param url of any database of the server, for JDBC
   */
  public PgBouncer(Path dir, String url, String user, String password)
      throws IOException, InterruptedException {
    port = FreePort.choose();
    Path config =
        Files.writeString(
            dir.resolve("pgbouncer.ini"),
            CONFIG
                .replace("SERVER", Integer.toString(serverPort(url)))
                .replace("PORT", Integer.toString(port))
                .replace("USER", user)
                .replace("PASSWORD", password));
    List<String> command = new ArrayList<>(List.of(ServerProgram.find("pgbouncer").toString()));
    if (System.getProperty("user.name").equals("root")) { // as whom it does not run
      command.addAll(List.of("-u", "nobody"));
      Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    command.add(config.toString());
    server = new ServerProgram(command, dir.resolve("pgbouncer.log"), port);
  }

  public static boolean installed() {
    return ServerProgram.find("pgbouncer") != null;
  }

  /** The same database by way of it. */
  public String through(String url) {
    return url.replace(":" + serverPort(url) + "/", ":" + port + "/");
  }

  @Override
  public void close() {
    server.close();
  }

  private static int serverPort(String url) {
    return URI.create(url.substring("jdbc:".length())).getPort();
  }
}

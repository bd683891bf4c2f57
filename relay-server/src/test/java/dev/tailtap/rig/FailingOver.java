package dev.tailtap.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * nginx or Envoy as a process of its own in front of two origins, the second of which has what the
 * first refuses, with 429 or 503, or does not answer.
 */
public final class FailingOver implements AutoCloseable {
  private static final String NGINX =
      """
      daemon off; master_process off; pid DIR/pid; error_log DIR/error.log;
      events {}
      http {
        access_log off;
        client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/fastcgi;
        uwsgi_temp_path DIR/uwsgi; scgi_temp_path DIR/scgi;
        upstream both { server 127.0.0.1:FIRST max_fails=0; server 127.0.0.1:SECOND backup; }
        server {
          listen 127.0.0.1:PORT;
          location / {
            proxy_pass http://both; proxy_http_version 1.1;
            proxy_next_upstream error timeout http_429 http_503 non_idempotent;
          }
        }
      }
      """;
  private static final String ENVOY =
      """
      static_resources:
        listeners:
        - address: { socket_address: { address: 127.0.0.1, port_value: PORT } }
          filter_chains:
          - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: relay
                route_config:
                  virtual_hosts:
                  - name: all
                    domains: ["*"]
                    routes:
                    - match: { prefix: "/" }
                      route:
                        cluster: both
                        timeout: 0s
                        retry_policy:
                          retry_on: "connect-failure,reset,retriable-status-codes"
                          retriable_status_codes: [429, 503]
                          num_retries: 1
                          retry_back_off: { base_interval: 0.001s }
                          retry_priority:
                            name: envoy.retry_priorities.previous_priorities
                            typed_config:
                              "@type": type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig
                              update_frequency: 1
                http_filters:
                - name: envoy.filters.http.router
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
        clusters:
        - name: both
          type: STATIC
          connect_timeout: 5s
          load_assignment:
            cluster_name: both
            endpoints:
            - priority: 0
              lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: FIRST } } }
            - priority: 1
              lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: SECOND } } }
      """;

  private final int port;
  private final ServerProgram server;

  /** Starts the one of this name, which must be installed. */
  public FailingOver(String name, int firstPort, int secondPort) throws IOException {
    port = FreePort.choose();
    Path dir = Files.createTempDirectory("tailtap-" + name);
    boolean nginx = name.equals("nginx");
    Path config = dir.resolve(nginx ? "config" : "config.yaml");
    String text = nginx ? NGINX : ENVOY;
    Files.writeString(
        config,
        text.replace("DIR", dir.toString())
            .replace("PORT", Integer.toString(port))
            .replace("FIRST", Integer.toString(firstPort))
            .replace("SECOND", Integer.toString(secondPort)));
    String program = ServerProgram.find(name).toString();
    String errors = dir.resolve("error.log").toString();
    List<String> command =
        nginx
            ? List.of(program, "-e", errors, "-p", dir.toString(), "-c", config.toString())
            : List.of(program, "-c", config.toString(), "--disable-hot-restart", "-l", "error");
    server = new ServerProgram(command, dir.resolve("output"), port);
  }

  public int port() {
    return port;
  }

  @Override
  public void close() {
    server.close();
  }
}

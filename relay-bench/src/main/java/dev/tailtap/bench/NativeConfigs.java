package dev.tailtap.bench;

import dev.tailtap.bench.Setup.Way;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** The configurations of the subjects: one worker or loop each, kept-alive upstreams, no logs. */
final class NativeConfigs {
  /** For both libraries; each side would offer more, and both come to the first. */
  private static final String CIPHERS = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384";

  private NativeConfigs() {}

  static String nginx(
      Path prefix, int port, int providerPort, int files, Way way, Certificate certificate) {
    return """
        daemon off;
        worker_processes 1;
        worker_rlimit_nofile %4$d;
        pid %1$s/nginx.pid;
        error_log %1$s/error.log error;
        events { worker_connections %4$d; }
        http {
          access_log off;
          client_body_temp_path %1$s/body;
          proxy_temp_path %1$s/proxy;
          fastcgi_temp_path %1$s/fastcgi;
          uwsgi_temp_path %1$s/uwsgi;
          scgi_temp_path %1$s/scgi;
          keepalive_requests 1000000;
          keepalive_timeout 300s;
          tcp_nodelay on;
          client_max_body_size 0;
          %7$s
          upstream provider {
            server 127.0.0.1:%3$d;
            keepalive 16384;
            keepalive_requests 1000000;
          }
          server {
            listen 127.0.0.1:%2$d backlog=4096%5$s;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_read_timeout 300s;
            location / {
              proxy_pass %6$s://provider;
            }
            location /v1/files/ {
              proxy_pass %6$s://provider;
              proxy_request_buffering off;
            }
          }
        }
        """
        .formatted(
            prefix,
            port,
            providerPort,
            files,
            way.toClient() ? " ssl" : "",
            way.toProvider() ? "https" : "http",
            nginxTls(way, certificate));
  }

  private static String nginxTls(Way way, Certificate certificate) {
    String client =
        """
        ssl_certificate %s;
        ssl_certificate_key %s;
        ssl_protocols TLSv1.3;
        ssl_conf_command Ciphersuites %s;
        """;
    String provider =
        """
        proxy_ssl_protocols TLSv1.3;
        proxy_ssl_conf_command Ciphersuites %s;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate %s;
        proxy_ssl_name localhost;
        """;
    return (way.toClient() ? client.formatted(certificate.chain(), certificate.key(), CIPHERS) : "")
        + (way.toProvider() ? provider.formatted(CIPHERS, certificate.chain()) : "");
  }

  static String haproxy(int port, int providerPort, int files, Way way, Certificate certificate) {
    return """
        global
          nbthread 1
          maxconn %3$d
          ssl-default-bind-ciphersuites %6$s
          ssl-default-bind-options ssl-min-ver TLSv1.3
          ssl-default-server-ciphersuites %6$s
          ssl-default-server-options ssl-min-ver TLSv1.3
        defaults
          mode http
          timeout connect 5s
          timeout client 300s
          timeout server 300s
          option http-no-delay
          http-reuse always
        frontend clients
          bind 127.0.0.1:%1$d backlog 4096%4$s
          default_backend provider
        backend provider
          server provider 127.0.0.1:%2$d pool-max-conn -1%5$s
        """
        .formatted(
            port,
            providerPort,
            files / 2 - 100,
            way.toClient() ? " ssl crt " + certificate.both() : "",
            way.toProvider()
                ? " ssl verify required verifyhost localhost ca-file " + certificate.chain()
                : "",
            CIPHERS);
  }

  static String tailtap(int port, int adminPort, String transport, Path dir, String databaseUrl) {
    return """
        relay.listen=127.0.0.1:%d
        admin.listen=127.0.0.1:%d
        relay.transport=%s
        relay.drain-timeout=0
        route.bench.path=/
        route.bench.upstream=bench
        limits.streams=20000
        limits.streams-per-address=0
        journal.dir=%s/journal
        journal.min-free=1MiB
        store.url=%s
        store.user=postgres
        """
        .formatted(port, adminPort, transport, dir, databaseUrl);
  }

  /** What a setup changes of a relay's configuration. */
  static String tailtapSetup(Setup setup, int providerPort, Certificate certificate) {
    String client =
        """
        relay.tls.certificate=%s
        relay.tls.key=%s
        """;
    Way way = setup.way();
    return "relay.loops=%d\n".formatted(setup.loops())
        + (way.toClient() ? client.formatted(certificate.chain(), certificate.key()) : "")
        + "upstream.bench.url=%s://127.0.0.1:%d\n"
            .formatted(way.toProvider() ? "https" : "http", providerPort)
        + (way.toProvider() ? "upstream.bench.tls.trust=" + certificate.chain() + "\n" : "")
        + setup.settings().stream().map(line -> line + "\n").collect(Collectors.joining());
  }
}

package dev.tailtap.bench;

import java.nio.file.Path;

/** The configurations of the subjects: one worker or loop each, kept-alive upstreams, no logs. */
final class NativeConfigs {
  private NativeConfigs() {}

  static String nginx(Path prefix, int port, int providerPort, int files) {
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
          upstream provider {
            server 127.0.0.1:%3$d;
            keepalive 16384;
            keepalive_requests 1000000;
          }
          server {
            listen 127.0.0.1:%2$d backlog=4096;
            location / {
              proxy_pass http://provider;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_buffering off;
              proxy_read_timeout 300s;
            }
          }
        }
        """
        .formatted(prefix, port, providerPort, files);
  }

  static String haproxy(int port, int providerPort, int files) {
    return """
        global
          nbthread 1
          maxconn %3$d
        defaults
          mode http
          timeout connect 5s
          timeout client 300s
          timeout server 300s
          option http-no-delay
          http-reuse always
        frontend clients
          bind 127.0.0.1:%1$d backlog 4096
          default_backend provider
        backend provider
          server provider 127.0.0.1:%2$d pool-max-conn -1
        """
        .formatted(port, providerPort, files / 2 - 100);
  }

  static String tailtap(
      int port, int adminPort, int providerPort, String transport, Path dir, String databaseUrl) {
    return """
        relay.listen=127.0.0.1:%d
        admin.listen=127.0.0.1:%d
        relay.loops=1
        relay.transport=%s
        relay.drain-timeout=0
        upstream.bench.url=http://127.0.0.1:%d
        route.bench.path=/
        route.bench.upstream=bench
        limits.streams=20000
        limits.streams-per-address=0
        journal.dir=%s/journal
        journal.min-free=1MiB
        store.url=%s
        store.user=postgres
        """
        .formatted(port, adminPort, transport, providerPort, dir, databaseUrl);
  }
}

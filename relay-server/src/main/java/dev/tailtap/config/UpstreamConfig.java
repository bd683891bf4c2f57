package dev.tailtap.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One provider.
 *
 * @param url scheme http or https, host, optional port and base path; no query, no user info
 * @param dialect {@code auto} (by path), or the name of a dialect
 * @param headers fields set on every request, replacing what the client sent; values are secrets
 * @param tlsTrust PEM certificates to trust instead of the JDK's; null: the JDK's
 * @param tlsCertificate PEM chain to show where the upstream asks for one, null: none; set together
 *     with {@code tlsKey}
 * @param headTimeout from the request's last byte to the response head; zero: none
 * @param idleTimeout between two reads of a response body; zero: none
 * @param totalTimeout for the whole exchange; zero: none
 * @param heartbeat after so long without an event the client of a stream is sent a comment; zero:
 *     never
 * @param streams exchanges at the same time; 0: as many as there may be in all
 * @param askForUsage add {@code stream_options.include_usage} where the client said nothing
 */
public record UpstreamConfig(
    String name,
    URI url,
    String dialect,
    Map<String, String> headers,
    Path tlsTrust,
    Path tlsCertificate,
    Path tlsKey,
    Duration connectTimeout,
    Duration headTimeout,
    Duration idleTimeout,
    Duration totalTimeout,
    Duration heartbeat,
    int streams,
    ReuseConfig reuse,
    boolean askForUsage) {

  public UpstreamConfig {
    headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
  }

  public boolean tls() {
    return "https".equals(url.getScheme());
  }

  public int port() {
    return url.getPort() != -1 ? url.getPort() : tls() ? 443 : 80;
  }

  @Override
  public String toString() {
    return "UpstreamConfig[name=" + name + ", url=" + url + ", dialect=" + dialect + "]";
  }
}

package dev.tailtap.config;

import static dev.tailtap.config.ValueType.DURATION;
import static dev.tailtap.config.ValueType.DURATION_OR_ZERO;
import static dev.tailtap.config.ValueType.FIELD_VALUE;
import static dev.tailtap.config.ValueType.FILE;
import static dev.tailtap.config.ValueType.TEXT;
import static dev.tailtap.config.ValueType.count;
import static dev.tailtap.config.ValueType.oneOf;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * One provider.
 *
 * @param url scheme http or https, host, optional port and base path; no query, no user info
 * @param dialect by path ("auto"), or the name of a dialect
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
 * @param keys a pool of the relay's own, by label; none: clients send theirs; values are secrets
 * @param keyOrder which of the keys is taken
 * @param auth how a key is presented
 * @param aliases of models that have another name here: what clients say, and what goes on
 * @param firstEventTimeout from the request's last byte to the first event; zero: none
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
    boolean askForUsage,
    Map<String, String> keys,
    KeyOrder keyOrder,
    Auth auth,
    Map<String, String> aliases,
    Duration firstEventTimeout) {
  /** Where credentials are shown, in lower case, whatever the provider. */
  public static final Set<String> CREDENTIAL_FIELDS =
      Set.of(
          "authorization",
          "x-api-key",
          "api-key",
          "x-goog-api-key",
          "x-amz-security-token",
          "ocp-apim-subscription-key"); // Azure's API Management

  public static final Setting<URI> URL =
      Setting.required(
          "upstream.NAME.url",
          ValueType.URL,
          "Where the provider is: scheme, host, optionally port and base path");
  public static final Setting<String> DIALECT =
      Setting.of(
          "upstream.NAME.dialect",
          TEXT,
          "auto",
          "What it speaks: auto, by the path of a request, or the name of a dialect");
  public static final Setting<String> HEADERS =
      Setting.each(
          "upstream.NAME.header.FIELD",
          FIELD_VALUE,
          "A header field that replaces what the client sent");
  public static final Setting<Path> TLS_TRUST =
      Setting.of(
          "upstream.NAME.tls.trust",
          FILE,
          "",
          "PEM file of the certificates to trust; empty: those of the JDK");
  public static final Setting<Path> TLS_CERTIFICATE =
      Setting.of(
          "upstream.NAME.tls.certificate",
          FILE,
          "",
          "PEM file of the certificate to show it, with its chain; empty: none");
  public static final Setting<Path> TLS_KEY =
      Setting.of(
          "upstream.NAME.tls.key", FILE, "", "PEM file of the key of that certificate (PKCS#8)");
  static final Setting<Duration> CONNECT_TIMEOUT =
      Setting.of(
          "upstream.NAME.connect-timeout",
          DURATION,
          "5s",
          "How long a connection may take, over all addresses of the name");
  static final Setting<Duration> HEAD_TIMEOUT =
      Setting.of(
          "upstream.NAME.head-timeout",
          DURATION_OR_ZERO,
          "300s",
          "From a request's last byte to the answer's head; 0: no limit");
  static final Setting<Duration> IDLE_TIMEOUT =
      Setting.of(
          "upstream.NAME.idle-timeout",
          DURATION_OR_ZERO,
          "300s",
          "Between two reads of an answer; 0: no limit");
  static final Setting<Duration> TOTAL_TIMEOUT =
      Setting.of(
          "upstream.NAME.total-timeout",
          DURATION_OR_ZERO,
          "0",
          "For the whole exchange; 0: no limit");
  static final Setting<Duration> HEARTBEAT =
      Setting.of(
          "upstream.NAME.heartbeat",
          DURATION_OR_ZERO,
          "0",
          "After so long without an event the client is sent a comment; 0: never");
  static final Setting<Integer> STREAMS =
      Setting.of(
          "upstream.NAME.streams",
          count(0, 1_000_000),
          "0",
          "Exchanges with it at the same time; 0: no limit of its own");
  static final Setting<UsageConfig.Include> ASK_FOR_USAGE =
      Setting.following(
          "upstream.NAME.usage",
          UsageConfig.INCLUDE,
          "Whether usage is asked for, where that differs from usage.include");
  public static final Setting<String> KEYS =
      Setting.each(
          "upstream.NAME.key.LABEL",
          ValueType.KEY,
          "A key of the relay's own, or @ and the file that holds it");
  public static final Setting<KeyOrder> KEY_ORDER =
      Setting.of(
          "upstream.NAME.keys", oneOf(KeyOrder.class), "fill-first", "Which of its keys is taken");
  public static final Setting<Auth> AUTH =
      Setting.of("upstream.NAME.auth", oneOf(Auth.class), "auto", "How a key is presented");
  public static final Setting<String> ALIASES =
      Setting.each(
          "upstream.NAME.model.ALIAS",
          ValueType.MODEL,
          "What a model that clients ask for is called there");
  public static final Setting<Duration> FIRST_EVENT_TIMEOUT =
      Setting.of(
          "upstream.NAME.first-event-timeout",
          DURATION_OR_ZERO,
          "0",
          "From a request's last byte to the first event of its answer; 0: no limit");

  static UpstreamConfig of(Settings settings, String name) {
    return new UpstreamConfig(
        name,
        settings.get(URL, name),
        settings.get(DIALECT, name),
        settings.each(HEADERS, name),
        settings.get(TLS_TRUST, name),
        settings.get(TLS_CERTIFICATE, name),
        settings.get(TLS_KEY, name),
        settings.get(CONNECT_TIMEOUT, name),
        settings.get(HEAD_TIMEOUT, name),
        settings.get(IDLE_TIMEOUT, name),
        settings.get(TOTAL_TIMEOUT, name),
        settings.get(HEARTBEAT, name),
        settings.get(STREAMS, name),
        ReuseConfig.of(settings, name),
        settings.get(ASK_FOR_USAGE, name) == UsageConfig.Include.ASK,
        settings.each(KEYS, name),
        settings.get(KEY_ORDER, name),
        settings.get(AUTH, name),
        settings.each(ALIASES, name),
        settings.get(FIRST_EVENT_TIMEOUT, name));
  }

  /** Copies the maps, in their order. */
  public UpstreamConfig {
    headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
    keys = Collections.unmodifiableMap(new LinkedHashMap<>(keys));
    aliases = Collections.unmodifiableMap(new LinkedHashMap<>(aliases));
  }

  /** Which key of a pool is taken. */
  public enum KeyOrder {
    /** The first that may be used, which keeps the provider's cache of prompts warm. */
    FILL_FIRST,
    /** Any that may be used: by chance, or where requests stick by what they stick to. */
    SPREAD
  }

  /** How a key is presented. */
  public enum Auth {
    /** As the dialect of a request has it. */
    AUTO,
    BEARER,
    X_API_KEY,
    API_KEY,
    X_GOOG_API_KEY,
    /** No key is, nor the client's. */
    NONE;

    /** As it stands in a file. */
    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * Whether it can be asked without what clients show: it has a key or a field of its own, or the
   * settings say that it needs none.
   */
  public boolean hasCredential() {
    return auth == Auth.NONE
        || !keys.isEmpty()
        || headers.keySet().stream()
            .anyMatch(field -> CREDENTIAL_FIELDS.contains(field.toLowerCase(Locale.ROOT)));
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

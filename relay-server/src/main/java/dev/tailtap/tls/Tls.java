package dev.tailtap.tls;

import dev.tailtap.config.ServerConfig;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.stats.Stats;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.lang.ref.Cleaner;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/**
 * The door of TLS on both sides: 1.2 and 1.3, by BoringSSL where it loads and by the JDK otherwise.
 * It owns all contexts, and a thread that looks every second whether their files have changed.
 * Upstreams are verified with their host name, which Netty 4.2 does by default.
 */
public final class Tls implements AutoCloseable {
  private static final String RELAY = "relay";
  private static final String SHARED = "limits.shared";
  private static final long LOOK_SECONDS = 1;
  private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

  /** Forward secrecy and authenticated encryption only (RFC 9325 section 4.2). */
  private static final List<String> SERVER_CIPHERS =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  private final List<TlsEndpoint> endpoints = new ArrayList<>(); // guarded by itself
  private final Stats stats;
  private ScheduledThreadPoolExecutor
      watch; // null while no endpoint has files; guarded by endpoints
  private Cleaner cleaner; // null before one was retired; guarded by endpoints

  public Tls(Stats stats) {
    this.stats = stats;
  }

  /** Whose code it is: {@code boringssl} or {@code jdk}; {@code off} where nothing needs any. */
  public String library() {
    synchronized (endpoints) {
      return endpoints.isEmpty() ? "off" : provider() == SslProvider.JDK ? "jdk" : "boringssl";
    }
  }

  /**
   * For the port that clients connect to; null where it is plain.
   *
   * @throws IllegalStateException if the PEM files cannot be used
   */
  public TlsEndpoint server(ServerConfig config) {
    if (config.tlsCertificate() == null) {
      return null;
    }
    TlsEndpoint.Recipe recipe =
        () -> {
          TlsIdentity identity = TlsIdentity.read(config.tlsCertificate(), config.tlsKey());
          SslContextBuilder builder =
              SslContextBuilder.forServer(identity.key(), identity.chain())
                  .ciphers(SERVER_CIPHERS, SupportedCipherSuiteFilter.INSTANCE);
          return new TlsEndpoint.Made(finish(builder), identity.chain().get(0));
        };
    return keep(RELAY, List.of(config.tlsCertificate(), config.tlsKey()), recipe);
  }

  /**
   * For connections to an upstream; null where they are plain. An upstream of the same name and
   * files gets the same one.
   *
   * @throws IllegalStateException if its PEM files cannot be used
   */
  public TlsEndpoint client(UpstreamConfig config) {
    if (!config.tls()) {
      return null;
    }
    synchronized (endpoints) {
      for (TlsEndpoint endpoint : endpoints) {
        if (endpoint.is(name(config), files(config))) {
          return endpoint;
        }
      }
    }
    return keep(name(config), files(config), () -> made(config));
  }

  /**
   * For connections to the shared limits.
   *
   * @param trust PEM file of the certificates to trust; null: those of the JDK
   * @throws IllegalStateException if that file cannot be used
   */
  public TlsEndpoint sharedLimits(Path trust) {
    TlsEndpoint.Recipe recipe =
        () -> {
          SslContextBuilder builder = SslContextBuilder.forClient();
          builder.trustManager(ValidTrust.in(trust == null ? null : PemFile.certificates(trust)));
          return new TlsEndpoint.Made(finish(builder), null);
        };
    return keep(SHARED, trust == null ? List.of() : List.of(trust), recipe);
  }

  /** Forgets what none of these upstreams uses; whoever connects by it still can. */
  public void retain(Collection<UpstreamConfig> upstreams) {
    synchronized (endpoints) {
      List<TlsEndpoint> gone = new ArrayList<>(endpoints);
      gone.removeIf(endpoint -> endpoint.isOf(RELAY) || endpoint.isOf(SHARED));
      for (UpstreamConfig each : upstreams) {
        gone.removeIf(endpoint -> each.tls() && endpoint.is(name(each), files(each)));
      }
      if (!gone.isEmpty() && cleaner == null) {
        cleaner = Cleaner.create();
      }
      gone.forEach(endpoint -> endpoint.retire(cleaner));
      endpoints.removeAll(gone);
    }
  }

  /** Lets all contexts go; connections under way keep theirs until they end. */
  @Override
  public void close() {
    synchronized (endpoints) {
      if (watch != null) {
        watch.shutdownNow();
      }
      endpoints.forEach(TlsEndpoint::close);
      endpoints.clear();
    }
  }

  private static String name(UpstreamConfig config) {
    return "upstream." + config.name();
  }

  private static List<Path> files(UpstreamConfig config) {
    List<Path> files = new ArrayList<>();
    files.add(config.tlsTrust());
    files.add(config.tlsCertificate());
    files.add(config.tlsKey());
    files.removeIf(Objects::isNull);
    return files;
  }

  private TlsEndpoint.Made made(UpstreamConfig config)
      throws PemFile.UnusableException, SSLException {
    SslContextBuilder builder = SslContextBuilder.forClient();
    X509Certificate own = null;
    Path trust = config.tlsTrust();
    builder.trustManager(ValidTrust.in(trust == null ? null : PemFile.certificates(trust)));
    if (config.tlsCertificate() != null) {
      TlsIdentity identity = TlsIdentity.read(config.tlsCertificate(), config.tlsKey());
      builder.keyManager(identity.key(), identity.chain());
      own = identity.chain().get(0);
    }
    return new TlsEndpoint.Made(finish(builder), own);
  }

  private SslContext finish(SslContextBuilder builder) throws SSLException {
    return builder.sslProvider(provider()).protocols(PROTOCOLS).build();
  }

  /** BoringSSL takes a tenth of a second to load, so it is not asked for before it is needed. */
  private static SslProvider provider() {
    return OpenSsl.isAvailable() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK;
  }

  private TlsEndpoint keep(String of, List<Path> files, TlsEndpoint.Recipe recipe) {
    TlsEndpoint endpoint = TlsEndpoint.open(of, files, recipe, stats);
    synchronized (endpoints) {
      endpoints.add(endpoint);
      if (!files.isEmpty() && watch == null) {
        watch = startWatch();
      }
    }
    return endpoint;
  }

  private ScheduledThreadPoolExecutor startWatch() {
    ScheduledThreadPoolExecutor thread =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread made = new Thread(task, "tls-files");
              made.setDaemon(true);
              return made;
            });
    thread.scheduleWithFixedDelay(this::look, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    return thread;
  }

  private void look() {
    List<TlsEndpoint> all;
    synchronized (endpoints) {
      all = List.copyOf(endpoints);
    }
    all.forEach(TlsEndpoint::look);
  }
}

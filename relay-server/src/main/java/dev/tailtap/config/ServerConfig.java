package dev.tailtap.config;

import static dev.tailtap.config.ValueType.ADDRESS;
import static dev.tailtap.config.ValueType.ADDRESSES;
import static dev.tailtap.config.ValueType.DURATION_OR_ZERO;
import static dev.tailtap.config.ValueType.FILE;
import static dev.tailtap.config.ValueType.LABEL;
import static dev.tailtap.config.ValueType.NETWORKS;
import static dev.tailtap.config.ValueType.SWITCH;
import static dev.tailtap.config.ValueType.count;
import static dev.tailtap.config.ValueType.oneOf;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * The port that clients connect to.
 *
 * @param loops event loops; 0: one per core
 * @param tlsCertificate PEM chain, null: plain HTTP; set together with {@code tlsKey}
 * @param rehearsal how long a start may rehearse; 0: it does not
 * @param instance names this relay in the Via field of requests; empty: a random one
 * @param nameServers asked for the addresses of upstreams, in this order; empty: the system's
 * @param drainDelay for how long a relay that was told to stop, and says so, goes on accepting
 * @param drainTimeout how long running streams may go on after that
 * @param handover the socket where the relay that runs hands over to the next one; null: it does
 *     not
 * @param trust where the balancers are: who may say for whom it asks
 * @param proxyProtocol whether connections from there begin with a PROXY header, and others are
 *     refused
 * @param stallProbe how often each event loop is timed; 0: not
 */
public record ServerConfig(
    InetSocketAddress listen,
    int loops,
    TransportChoice transport,
    Path tlsCertificate,
    Path tlsKey,
    Duration drainDelay,
    Duration drainTimeout,
    Path handover,
    Duration rehearsal,
    String instance,
    List<InetSocketAddress> nameServers,
    Networks trust,
    boolean proxyProtocol,
    Duration stallProbe) {
  static final Setting<InetSocketAddress> LISTEN =
      Setting.of("relay.listen", ADDRESS, "127.0.0.1:8080", "Where clients connect, HOST:PORT")
          .atStart();
  static final Setting<Integer> LOOPS =
      Setting.of("relay.loops", count(0, 1024), "0", "Event loops; 0: one for each core").atStart();
  static final Setting<TransportChoice> TRANSPORT =
      Setting.of(
              "relay.transport",
              oneOf(TransportChoice.class, TransportChoice::word),
              "auto",
              "Which of Netty's transports moves the bytes")
          .atStart();
  public static final Setting<Path> TLS_CERTIFICATE =
      Setting.of(
              "relay.tls.certificate",
              FILE,
              "",
              "PEM file of the certificate and its chain, for HTTPS; empty: plain HTTP")
          .atStart();
  public static final Setting<Path> TLS_KEY =
      Setting.of("relay.tls.key", FILE, "", "PEM file of its key (PKCS#8)").atStart();
  static final Setting<Duration> DRAIN_DELAY =
      Setting.of(
          "relay.drain-delay",
          DURATION_OR_ZERO,
          "0",
          "How long a relay that was told to stop goes on accepting; it says that it is not ready");
  static final Setting<Duration> DRAIN_TIMEOUT =
      Setting.of(
          "relay.drain-timeout",
          DURATION_OR_ZERO,
          "30s",
          "How long running streams may go on after that");
  public static final Setting<Path> HANDOVER =
      Setting.of(
              "relay.handover",
              FILE,
              "",
              "Unix socket where a relay that starts takes over from the one that runs; empty: none does")
          .atStart();
  static final Setting<Duration> REHEARSAL =
      Setting.of(
              "relay.rehearsal",
              DURATION_OR_ZERO,
              "3s",
              "How long a relay that starts makes calls to itself, so that real ones find compiled code; 0: not")
          .atStart();
  static final Setting<String> INSTANCE =
      Setting.of(
              "relay.instance",
              LABEL,
              "",
              "Names this relay in the Via field and in rows; empty: drawn at each start")
          .atStart();
  static final Setting<List<InetSocketAddress>> NAME_SERVERS =
      Setting.of(
              "relay.name-servers",
              ADDRESSES,
              "",
              "Who is asked for the addresses of upstreams, HOST:PORT; empty: the system's")
          .atStart();
  public static final Setting<Networks> TRUST =
      Setting.of(
          "relay.trust",
          NETWORKS,
          "",
          "Networks of balancers whose word for a client's address is believed; empty: none");
  static final Setting<Boolean> PROXY_PROTOCOL =
      Setting.of(
          "relay.proxy-protocol",
          SWITCH,
          "off",
          "Whether connections begin with a header of the PROXY protocol");
  static final Setting<Duration> STALL_PROBE =
      Setting.of(
              "relay.stall-probe",
              DURATION_OR_ZERO,
              "0",
              "How often each event loop is timed; 0: not")
          .atStart();

  static ServerConfig of(Settings settings) {
    return new ServerConfig(
        settings.get(LISTEN),
        settings.get(LOOPS),
        settings.get(TRANSPORT),
        settings.get(TLS_CERTIFICATE),
        settings.get(TLS_KEY),
        settings.get(DRAIN_DELAY),
        settings.get(DRAIN_TIMEOUT),
        settings.get(HANDOVER),
        settings.get(REHEARSAL),
        settings.get(INSTANCE),
        settings.get(NAME_SERVERS),
        settings.get(TRUST),
        settings.get(PROXY_PROTOCOL),
        settings.get(STALL_PROBE));
  }

  /** Which of Netty's transports to use; {@code AUTO} takes the best that this machine loads. */
  public enum TransportChoice {
    AUTO,
    IO_URING,
    EPOLL,
    NIO;

    /** As the kernel's documents spell it. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}

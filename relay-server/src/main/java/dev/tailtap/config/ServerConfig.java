package dev.tailtap.config;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The port that clients connect to.
 *
 * @param loops event loops; 0: one per core
 * @param tlsCertificate PEM chain, null: plain HTTP; set together with {@code tlsKey}
 * @param instance names this relay in the Via field of requests; empty: drawn by lot
 * @param nameServers asked for the addresses of upstreams, in this order; empty: the system's
 * @param drainTimeout how long running streams may go on once the relay was told to stop
 * @param stallProbe how often each event loop is timed; 0: not
 */
public record ServerConfig(
    InetSocketAddress listen,
    int loops,
    TransportChoice transport,
    Path tlsCertificate,
    Path tlsKey,
    Duration drainTimeout,
    String instance,
    List<InetSocketAddress> nameServers,
    Duration stallProbe) {

  /** Which of Netty's transports to use; {@code AUTO} takes the best that this machine loads. */
  public enum TransportChoice {
    AUTO,
    IO_URING,
    EPOLL,
    NIO
  }
}

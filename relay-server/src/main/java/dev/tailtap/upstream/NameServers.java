package dev.tailtap.upstream;

import dev.tailtap.loop.Transport;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsServerAddressStream;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.resolver.dns.DnsServerAddressStreamProviders;
import io.netty.resolver.dns.SequentialDnsServerAddressStreamProvider;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * Who is asked for the addresses of a name: one server after the other, and then all once more,
 * because a datagram may be lost (RFC 1035 section 4.2.1). The rounds go on in the order in which
 * they began. Event loop only.
 *
 * @param servers begins anew where it ends
 */
record NameServers(DnsServerAddressStream servers) implements DnsServerAddressStream {
  /**
   * How long one server has to answer: short enough to ask once more within the connect timeout.
   */
  private static final long PATIENCE_MILLIS = 2_000;

  private static final int ROUNDS = 2;

  /**
   * For all loops.
   *
   * @param servers empty: the system's
   */
  static DnsAddressResolverGroup resolver(Transport transport, List<InetSocketAddress> servers) {
    DnsServerAddressStreamProvider known =
        servers.isEmpty()
            ? DnsServerAddressStreamProviders.platformDefault()
            : new SequentialDnsServerAddressStreamProvider(servers);
    return new DnsAddressResolverGroup(
        new DnsNameResolverBuilder()
            .datagramChannelType(transport.datagramChannel())
            .queryTimeoutMillis(PATIENCE_MILLIS)
            .nameServerProvider(name -> new NameServers(known.nameServerAddressStream(name))));
  }

  @Override
  public InetSocketAddress next() {
    return servers.next();
  }

  @Override
  public int size() {
    return ROUNDS * servers.size();
  }

  @Override
  public DnsServerAddressStream duplicate() {
    return new NameServers(servers.duplicate());
  }
}

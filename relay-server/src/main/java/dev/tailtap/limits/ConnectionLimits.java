package dev.tailtap.limits;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.stats.Gauge;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Stats;
import io.netty.channel.Channel;

/** How many connections clients may have, in all and by network. Any thread. */
public final class ConnectionLimits {
  private final Gauge all = new Gauge(0);
  private final NetworkCounts byNetwork = new NetworkCounts(0);
  private final Stats stats;

  /** Lets nobody in before it has its limits. */
  public ConnectionLimits(Stats stats) {
    this.stats = stats;
  }

  /** From now on these limits hold, for connections that come. */
  public void limit(LimitsConfig limits) {
    all.limit(limits.connections() == 0 ? Integer.MAX_VALUE : limits.connections());
    byNetwork.limit(limits.connectionsPerAddress());
  }

  /**
   * Lets a connection in, until it closes; or closes it at once, which costs the least.
   *
   * @return the network that it comes from; null: it was not let in
   */
  public ClientNetwork admit(Channel channel) {
    ClientNetwork network = ClientNetwork.of(channel.remoteAddress());
    if (!all.enter()) {
      refuse(channel, Label.REFUSED_CONNECTIONS);
      return null;
    }
    if (!byNetwork.enter(network)) {
      all.leave();
      refuse(channel, Label.REFUSED_CONNECTIONS_PER_ADDRESS);
      return null;
    }
    channel.closeFuture().addListener(closed -> leave(network));
    return network;
  }

  private void leave(ClientNetwork network) {
    byNetwork.leave(network);
    all.leave();
  }

  private void refuse(Channel channel, Label limit) {
    stats.count(limit);
    channel.close();
  }
}

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
   * @param network which it counts for; null: for none, because it is a balancer's, or because that
   *     is still to be said
   * @return whether it was let in
   */
  public boolean admit(Channel channel, ClientNetwork network) {
    if (!all.enter()) {
      refuse(channel, Label.REFUSED_CONNECTIONS);
      return false;
    }
    if (network != null && !byNetwork.enter(network)) {
      all.leave();
      refuse(channel, Label.REFUSED_CONNECTIONS_PER_ADDRESS);
      return false;
    }
    channel.closeFuture().addListener(closed -> leave(network));
    return true;
  }

  /**
   * From now on a connection that was let in for no network counts for this one, until it closes;
   * or it is closed at once.
   *
   * @return whether it stays
   */
  public boolean assign(Channel channel, ClientNetwork network) {
    if (!byNetwork.enter(network)) {
      refuse(channel, Label.REFUSED_CONNECTIONS_PER_ADDRESS);
      return false;
    }
    channel.closeFuture().addListener(closed -> byNetwork.leave(network));
    return true;
  }

  /** Closes a connection, and counts why. */
  public void refuse(Channel channel, Label why) {
    stats.count(why);
    channel.close();
  }

  private void leave(ClientNetwork network) {
    if (network != null) {
      byNetwork.leave(network);
    }
    all.leave();
  }
}

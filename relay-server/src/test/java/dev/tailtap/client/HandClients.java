package dev.tailtap.client;

import dev.tailtap.exchange.HandRelay;
import dev.tailtap.limits.ClientNetwork;
import dev.tailtap.rig.HandChannel;
import java.net.InetSocketAddress;

/** Connects clients whose side a test plays. */
final class HandClients {
  private HandClients() {}

  static HandChannel connect(HandRelay relay, String address) {
    HandChannel channel =
        new HandChannel(relay.alloc, new InetSocketAddress(address, 1), true).accepted();
    ClientNetwork network = ClientNetwork.of(channel.remoteAddress());
    channel.pipeline().addLast(new ClientConnection(relay.resources, channel, network, false));
    relay.loop.register(channel);
    return channel;
  }
}

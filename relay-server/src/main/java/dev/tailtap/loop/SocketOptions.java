package dev.tailtap.loop;

import io.netty.channel.ChannelOption;

/** Where options of sockets are set: the method of a bootstrap that sets one. */
@FunctionalInterface
public interface SocketOptions {
  <T> Object set(ChannelOption<T> option, T value);
}

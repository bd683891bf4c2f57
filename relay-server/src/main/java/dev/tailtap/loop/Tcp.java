package dev.tailtap.loop;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringSocketChannel;
import java.time.Duration;

/**
 * What the kernel's TCP is told, and asked, where the transport can: epoll and io_uring on Linux.
 * Peers that vanished without a word are found by keep-alive probes.
 */
public final class Tcp {
  private static final int PROBE_AFTER_SECONDS = 30;
  private static final int PROBE_EVERY_SECONDS = 10;
  private static final int PROBES = 3;
  private static final long UNSENT_BYTES = 16 * 1024;
  private static final int ESTABLISHED = 1; // of the states in RFC 9293, as Linux counts them
  private static final int CLOSED = 7;
  private static final int UNKNOWN = -1;

  private Tcp() {}

  /** Notices within a minute that a silent peer is gone. */
  public static void probe(Transport transport, SocketOptions options) {
    options.set(ChannelOption.TCP_NODELAY, true);
    options.set(ChannelOption.SO_KEEPALIVE, true);
    if (transport == Transport.EPOLL) {
      options.set(EpollChannelOption.TCP_KEEPIDLE, PROBE_AFTER_SECONDS);
      options.set(EpollChannelOption.TCP_KEEPINTVL, PROBE_EVERY_SECONDS);
      options.set(EpollChannelOption.TCP_KEEPCNT, PROBES);
    } else if (transport == Transport.IO_URING) {
      options.set(IoUringChannelOption.TCP_KEEPIDLE, PROBE_AFTER_SECONDS);
      options.set(IoUringChannelOption.TCP_KEEPINTVL, PROBE_EVERY_SECONDS);
      options.set(IoUringChannelOption.TCP_KEEPCNT, PROBES);
    }
  }

  /**
   * Keeps little in the kernel for a slow client, and gives one up that acknowledges nothing.
   *
   * @param patience after which one is given up; zero: as the kernel does by itself
   */
  public static void boundWrites(Transport transport, Duration patience, SocketOptions options) {
    int millis = Math.toIntExact(patience.toMillis());
    if (transport == Transport.EPOLL) {
      options.set(EpollChannelOption.TCP_NOTSENT_LOWAT, UNSENT_BYTES);
      options.set(EpollChannelOption.TCP_USER_TIMEOUT, millis);
    } else if (transport == Transport.IO_URING) {
      options.set(IoUringChannelOption.TCP_NOTSENT_LOWAT, UNSENT_BYTES);
      options.set(IoUringChannelOption.TCP_USER_TIMEOUT, millis);
    }
  }

  /**
   * Whether the peer has not closed, which the kernel knows before the event loop hears of it. True
   * where it cannot be asked.
   */
  public static boolean established(Channel channel) {
    int state = state(channel);
    return state == ESTABLISHED || state == UNKNOWN;
  }

  /** Whether a reset has come, which nobody hears who does not read. */
  public static boolean reset(Channel channel) {
    return state(channel) == CLOSED;
  }

  /** Whether the kernel can be asked in what state a connection is. */
  public static boolean tells(Channel channel) {
    return state(channel) != UNKNOWN;
  }

  private static int state(Channel channel) {
    try {
      if (channel instanceof EpollSocketChannel epoll) {
        return epoll.tcpInfo().state();
      }
      return channel instanceof IoUringSocketChannel uring ? uring.tcpInfo().state() : UNKNOWN;
    } catch (ChannelException closed) {
      return CLOSED;
    }
  }
}

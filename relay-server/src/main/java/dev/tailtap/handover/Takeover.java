package dev.tailtap.handover;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A start that takes the place of the relay that runs, if one listens at the socket: its sockets
 * are known before this one is built, it is told when this one could serve, and goes once this one
 * does. Until then it serves on, and does so whenever anything here fails. The main thread.
 *
 * <pre>
 * new                                old
 *  │ terms ────────────────────────► │ compares
 *  │ ◄────────────── SOCKETS names   │ or NO reason
 *  │ SEND ─────────────────────────► │
 *  │ ◄──────────── one descriptor each
 *  │ builds all; READY ────────────► │ still within 10 s?
 *  │ ◄────────────────────────── GO  │
 *  │ accepts; SERVING ─────────────► │ accepts no more, and drains
 *  │ ◄───────────────────────── BYE  │
 * </pre>
 */
public final class Takeover implements AutoCloseable {
  /** What a hand-over may take; then the former relay serves on. */
  public static final Duration MOST = Duration.ofSeconds(10);

  private static final long SECOND_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final MultiThreadIoEventLoopGroup loop; // null where there is no former relay
  private final Path socket; // where the former relay listens
  private final Peer former; // null where there is none
  private final long deadline;
  private final ListeningSockets sockets;

  private Takeover(
      MultiThreadIoEventLoopGroup loop,
      Path socket,
      Peer former,
      long deadline,
      ListeningSockets sockets) {
    this.loop = loop;
    this.socket = socket;
    this.former = former;
    this.deadline = deadline;
    this.sockets = sockets;
  }

  /** A start that takes over from nobody. */
  public static Takeover of(ListeningSockets sockets) {
    return new Takeover(null, null, null, 0, sockets);
  }

  /**
   * Asks the relay at the socket for its own ones.
   *
   * @param given sockets of which it needs none
   * @param before done where somebody listens there, before he is asked; not longer than half of
   *     {@link #MOST}
   * @return a takeover from nobody where nobody listens
   * @throws IOException if it does not hand over; it serves on, and the message says why
   */
  public static Takeover from(Path socket, Terms own, ListeningSockets given, Runnable before)
      throws IOException {
    if (!Files.exists(socket)) {
      return of(given);
    }
    MultiThreadIoEventLoopGroup loop =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("takeover", true), EpollIoHandler.newFactory());
    try {
      Peer former = connect(loop, socket);
      if (former == null) {
        loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        return of(given);
      }
      long deadline = System.nanoTime() + MOST.toNanos(); // his began with the connection
      before.run();
      return new Takeover(loop, socket, former, deadline, sockets(former, own, given, deadline));
    } catch (IOException failure) {
      loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
      throw new IOException(
          "relay.handover=%s: %s; the relay that runs serves on"
              .formatted(socket, failure.getMessage()),
          failure);
    }
  }

  /** Null if nobody listens there any more. */
  private static Peer connect(MultiThreadIoEventLoopGroup loop, Path socket) throws IOException {
    Peer[] peer = new Peer[1];
    ChannelFuture connected =
        new Bootstrap()
            .group(loop)
            .channel(EpollDomainSocketChannel.class)
            .handler(
                new ChannelInitializer<EpollDomainSocketChannel>() {
                  @Override
                  protected void initChannel(EpollDomainSocketChannel channel) {
                    peer[0] = new Peer(channel);
                    channel.pipeline().addLast(peer[0]);
                  }
                })
            .connect(new DomainSocketAddress(socket.toFile()))
            .awaitUninterruptibly();
    if (connected.isSuccess()) {
      return peer[0];
    }
    Throwable cause = connected.cause();
    if (cause instanceof java.net.ConnectException) { // what a process that was killed left
      return null;
    }
    throw new IOException(cause.getMessage(), cause);
  }

  private static ListeningSockets sockets(
      Peer former, Terms own, ListeningSockets given, long deadline) throws IOException {
    if (!former.isOfOurUser()) {
      throw new IOException("who listens there is another user");
    }
    former.say(own.line());
    String answer = former.line(deadline);
    if (!answer.startsWith(HandoverServer.SOCKETS)) {
      throw new IOException(answer.replaceFirst("^NO ", ""));
    }
    former.expect(DomainSocketReadMode.FILE_DESCRIPTORS);
    former.say(HandoverServer.SEND);
    Map<String, Integer> named = new LinkedHashMap<>();
    for (String name : answer.substring(HandoverServer.SOCKETS.length()).split(" ", -1)) {
      if (!name.isEmpty()) {
        named.put(name, former.descriptor(deadline));
      }
    }
    former.expect(DomainSocketReadMode.BYTES);
    return given.orElse(ListeningSockets.of(named));
  }

  public ListeningSockets sockets() {
    return sockets;
  }

  /** Whether there is a relay that this one takes over from. */
  public boolean hasFormer() {
    return former != null;
  }

  /**
   * All is built. Returns when this relay is to serve.
   *
   * @throws IOException if it is not: the former one serves on
   */
  public void ready() throws IOException {
    if (former == null) {
      return;
    }
    former.say(HandoverServer.READY);
    try {
      former.await(HandoverServer.GO, deadline);
    } catch (IOException failure) {
      throw new IOException(failure.getMessage() + "; the relay that runs serves on", failure);
    }
  }

  /**
   * This relay serves. Returns when the former one has seen that and ends, or has ended.
   *
   * @throws IOException if it serves on: this one is to end
   */
  public void serving() throws IOException {
    if (former == null) {
      return;
    }
    former.say(HandoverServer.SERVING);
    try {
      former.await(HandoverServer.BYE, deadline + MOST.toNanos());
    } catch (IOException unsaid) {
      if (isListenedAt()) {
        throw unsaid;
      }
    }
  }

  /**
   * Whether anybody listens at the socket: a former relay that serves on does, one that was killed
   * or is ending does not, whatever is left of its process. One that just dies may close its
   * sockets in any order, so a second look counts.
   */
  private boolean isListenedAt() {
    if (!isReached()) {
      return false;
    }
    LockSupport.parkNanos(this, SECOND_LOOK_NANOS);
    return isReached();
  }

  private boolean isReached() {
    try (Peer reached = Files.exists(socket) ? connect(loop, socket) : null) {
      return reached != null;
    } catch (IOException full) {
      return true; // it is held up, and will go on
    }
  }

  @Override
  public void close() {
    if (former != null) {
      former.close();
      loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }
  }
}

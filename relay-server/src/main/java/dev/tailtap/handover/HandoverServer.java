package dev.tailtap.handover;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits at a Unix socket for the relay that is to take this one's place, and gives it the sockets
 * that listen: the other side of {@link Takeover}, which has the words. One at a time; one that
 * does not serve in time is let go, and nothing has changed. Two threads of its own.
 */
public final class HandoverServer implements AutoCloseable {
  static final String SOCKETS = "SOCKETS ";
  static final String SEND = "SEND";
  static final String READY = "READY";
  static final String GO = "GO";
  static final String SERVING = "SERVING";
  static final String BYE = "BYE";

  private static final Logger LOG = LoggerFactory.getLogger(HandoverServer.class);
  private static final int MOST_WAITING = 4;

  private final Path socket;
  private final Terms own;
  private final Map<String, Integer> sockets;
  private final Duration most;
  private final Runnable handedOver;
  private final AtomicBoolean over = new AtomicBoolean(); // handed over, or closed
  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("handover-loop", true), EpollIoHandler.newFactory());
  private final ExecutorService talking =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(MOST_WAITING),
          new DefaultThreadFactory("handover", true));
  private final Object key; // tells our socket from one that another process has put there
  private final Channel channel;

  private HandoverServer(
      Path socket, Terms own, ListeningSockets given, Duration most, Runnable handedOver)
      throws IOException {
    this.most = most;
    this.socket = socket;
    this.own = own;
    sockets = Map.of(Terms.RELAY, given.relay(), Terms.ADMIN, given.admin());
    this.handedOver = handedOver;
    Path fresh = fresh(socket);
    Files.deleteIfExists(fresh);
    channel = bind(fresh);
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
    key = keyOf(fresh);
    // The name belongs to whoever serves: what a former relay does on its end must not remove it.
    Files.move(fresh, socket, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Listens.
   *
   * @param given the sockets of this relay
   * @param most what a hand-over may take
   * @param handedOver run once another relay serves, on a thread of this: it is to end then
   * @throws IOException if it cannot; the message says what to do
   */
  public static HandoverServer open(
      Path socket, Terms own, ListeningSockets given, Duration most, Runnable handedOver)
      throws IOException {
    if (Files.isRegularFile(socket) || Files.isDirectory(socket)) {
      throw new IOException(
          "relay.handover=" + socket + ": there is something else; choose another");
    }
    try {
      return new HandoverServer(socket, own, given, most, handedOver);
    } catch (IOException failure) {
      throw cannotBeMade(socket, failure);
    }
  }

  /**
   * Whether {@link #open} would find room for its socket: to be known before another relay ends.
   *
   * @throws IOException if it would not; the message says what to do
   */
  public static void check(Path socket) throws IOException {
    Path fresh = fresh(socket);
    try {
      Files.deleteIfExists(fresh);
      Files.createFile(fresh);
      Files.delete(fresh);
    } catch (IOException failure) {
      throw cannotBeMade(socket, failure);
    }
  }

  private static Path fresh(Path socket) {
    return Path.of(socket + "." + ProcessHandle.current().pid());
  }

  private static IOException cannotBeMade(Path socket, IOException failure) {
    return new IOException(
        "relay.handover=%s: cannot be made (%s): its directory must be there, and the relay's user's"
            .formatted(socket, failure),
        failure);
  }

  private Channel bind(Path fresh) throws IOException {
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loop)
            .channel(EpollServerDomainSocketChannel.class)
            .childHandler(
                new ChannelInitializer<EpollDomainSocketChannel>() {
                  @Override
                  protected void initChannel(EpollDomainSocketChannel connection) {
                    Peer peer = new Peer(connection);
                    connection.pipeline().addLast(peer);
                    met(peer);
                  }
                })
            .bind(new DomainSocketAddress(fresh.toFile()))
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
      throw new IOException(bound.cause().getMessage(), bound.cause());
    }
    return bound.channel();
  }

  private static Object keyOf(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  /** On the loop. */
  private void met(Peer peer) {
    try {
      talking.execute(
          () -> {
            try (peer) {
              handOver(peer);
            }
          });
    } catch (RejectedExecutionException stoppingOrFull) {
      peer.say("NO it stops, or others are before you");
      peer.close();
    }
  }

  private void handOver(Peer peer) {
    try {
      if (talk(peer)) {
        peer.sayLast(BYE); // also where it was told to stop meanwhile: it ends
        LOG.info("event=handed_over");
        if (over.compareAndSet(false, true)) {
          handedOver.run();
        }
      }
    } catch (IOException failure) {
      LOG.warn("event=handover_failed serving=on reason=\"{}\"", failure.getMessage());
    }
  }

  /** Whether the other one serves. */
  private boolean talk(Peer peer) throws IOException {
    long deadline = System.nanoTime() + most.toNanos();
    if (!peer.isOfOurUser()) {
      throw new IOException("who asks is another user");
    }
    // One that waits for its turn is not listened to: who stops has no time to.
    Terms theirs = over.get() ? null : Terms.of(peer.line(deadline));
    String refusal = over.get() ? "it stops" : own.refusal(theirs);
    if (refusal != null) {
      peer.say("NO " + refusal);
      throw new IOException(refusal);
    }
    LOG.info("event=handover_begun");
    List<String> names = own.common(theirs);
    peer.say(SOCKETS + String.join(" ", names));
    peer.await(SEND, deadline);
    for (String name : names) {
      peer.give(sockets.get(name));
    }
    peer.await(READY, deadline);
    peer.say(GO);
    peer.await(SERVING, deadline);
    return true;
  }

  /**
   * Hands over to nobody else, and lets a hand-over that is under way come to its end. Idempotent.
   *
   * @param atMost what that may take; it is ended then
   * @return how long it took
   */
  public Duration end(Duration atMost) {
    long start = System.nanoTime();
    if (!over.getAndSet(true)) {
      removeIfOurs();
    }
    channel.close().awaitUninterruptibly();
    talking.shutdown();
    try {
      long millis = Math.min(most.toMillis(), atMost.toMillis());
      if (!talking.awaitTermination(millis, TimeUnit.MILLISECONDS)) {
        cut();
      }
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
    }
    loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** Ends what is under way, and the wait for it. Any thread. */
  public void cut() {
    talking.shutdownNow();
  }

  @Override
  public void close() {
    end(most);
  }

  private void removeIfOurs() {
    try {
      if (key.equals(keyOf(socket))) {
        Files.delete(socket);
      }
    } catch (IOException gone) {
      // Nobody will look for it.
    }
  }
}

package dev.tailtap.attack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A thread and a selector that play as many connections as descriptors allow, clients and providers
 * alike. Not Netty: in these tests its buffers are watched for leaks, which costs more than an
 * attack may. What a {@link Part} throws stops it and fails whoever closes it.
 */
final class Reactor implements AutoCloseable {
  private record Due(long nanos, Runnable task) implements Comparable<Due> {
    @Override
    public int compareTo(Due other) {
      return Long.compare(nanos, other.nanos);
    }
  }

  private final Selector selector = Selector.open();
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final PriorityQueue<Due> timers = new PriorityQueue<>();
  private final Set<Wire> wires = ConcurrentHashMap.newKeySet();
  private final List<ServerSocketChannel> listeners = new ArrayList<>();
  private final ByteBuffer inbox = ByteBuffer.allocateDirect(256 * 1024);
  private final Thread thread;
  private volatile boolean closed;
  private volatile Throwable broken;

  Reactor(String name) throws IOException {
    thread = new Thread(this::turn, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** How many connections stand or are being made. */
  int connections() {
    return wires.size();
  }

  /** Runs it on the reactor's thread. */
  void run(Runnable task) {
    tasks.add(task);
    selector.wakeup();
  }

  /** Runs it there and waits until it is done. */
  void await(Runnable task) throws Exception {
    CompletableFuture<Void> done = new CompletableFuture<>();
    run(
        () -> {
          task.run();
          done.complete(null);
        });
    done.get(60, TimeUnit.SECONDS);
  }

  /** Runs it there later. Reactor's thread only. */
  void after(long nanos, Runnable task) {
    timers.add(new Due(System.nanoTime() + nanos, task));
  }

  /** Accepts connections. Before the reactor has others; any thread. */
  int listen(Supplier<Part> parts) throws Exception {
    ServerSocketChannel listener = ServerSocketChannel.open();
    listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
    listener.configureBlocking(false);
    await(
        () -> {
          listeners.add(listener);
          register(listener, parts);
        });
    return ((InetSocketAddress) listener.getLocalAddress()).getPort();
  }

  /** Connects to a port of this machine. Reactor's thread only. */
  Wire connect(int port, Part part) {
    return connect(port, 0, part);
  }

  /** The same with a receive buffer of so many bytes, for somebody who will not read. */
  Wire connect(int port, int receiveBuffer, Part part) {
    try {
      SocketChannel channel = SocketChannel.open();
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      if (receiveBuffer > 0) {
        channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
      }
      Wire wire = wire(channel, 0, part);
      run(() -> wire.connect(port));
      return wire;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends every connection that it made or accepted. */
  void closeAll() {
    run(() -> List.copyOf(wires).forEach(Wire::close));
  }

  /** Ends some of them, and what they have still to send. Reactor's thread only. */
  void reset(int most) {
    wires.stream().limit(most).toList().forEach(Wire::reset);
  }

  void forget(Wire wire) {
    wires.remove(wire);
  }

  /** Fails if a part has failed. */
  void check() {
    if (broken != null) {
      throw new AssertionError("the reactor " + thread.getName() + " broke", broken);
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    selector.wakeup();
    join(thread);
    for (Wire wire : List.copyOf(wires)) {
      wire.close();
    }
    for (ServerSocketChannel listener : listeners) {
      listener.close();
    }
    selector.close();
  }

  static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void register(ServerSocketChannel listener, Supplier<Part> parts) {
    try {
      listener.register(selector, SelectionKey.OP_ACCEPT, parts);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Wire wire(SocketChannel channel, int interest, Part part) throws IOException {
    SelectionKey key = channel.register(selector, interest);
    Wire wire = new Wire(this, channel, key, part);
    key.attach(wire);
    wires.add(wire);
    return wire;
  }

  private void turn() {
    try {
      while (!closed) {
        selector.select(this::ready, untilNextTimer());
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
          task.run();
        }
        long now = System.nanoTime();
        while (!timers.isEmpty() && timers.peek().nanos <= now) {
          timers.poll().task.run();
        }
      }
    } catch (IOException | RuntimeException | Error failed) {
      broken = failed;
    }
  }

  /** In milliseconds, and never none, which would mean for ever. */
  private long untilNextTimer() {
    if (!tasks.isEmpty()) {
      return 1;
    }
    if (timers.isEmpty()) {
      return 50;
    }
    return Math.max(1, TimeUnit.NANOSECONDS.toMillis(timers.peek().nanos - System.nanoTime()));
  }

  private void ready(SelectionKey key) {
    if (!key.isValid()) {
      return;
    }
    if (key.channel() instanceof ServerSocketChannel listener) {
      accept(listener, key);
    } else {
      ((Wire) key.attachment()).ready(inbox);
    }
  }

  private void accept(ServerSocketChannel listener, SelectionKey key) {
    try {
      SocketChannel channel = listener.accept();
      while (channel != null) {
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        Part part = (Part) ((Supplier<?>) key.attachment()).get();
        wire(channel, SelectionKey.OP_READ, part).opened();
        channel = listener.accept();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

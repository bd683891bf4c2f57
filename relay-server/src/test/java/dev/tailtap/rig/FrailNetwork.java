package dev.tailtap.rig;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Stands between a relay and its database. When told to, it lets a COMMIT pass and closes the
 * connection in place of the answer; or it forwards nothing any more and keeps everything open; or
 * it lets so many bytes pass in a second.
 */
public final class FrailNetwork implements AutoCloseable {
  private static final byte[] COMMIT = "COMMIT\0".getBytes(StandardCharsets.US_ASCII);
  private static final int DROPS_PER_SECOND = 50;

  private final ServerSocket door;
  private final String host;
  private final int port;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final AtomicInteger stealing = new AtomicInteger();
  private final AtomicInteger stolen = new AtomicInteger();
  private final Object gate = new Object();
  private boolean stalled;
  private volatile int bytesPerSecond; // 0: as many as come

  public FrailNetwork(String jdbcUrl) throws IOException {
    URI target = URI.create(jdbcUrl.substring("jdbc:".length()));
    host = target.getHost();
    port = target.getPort();
    door = new ServerSocket(0, 50, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
    start(this::accept);
  }

  /** The same database, by way of here. */
  public String through(String jdbcUrl) {
    return jdbcUrl.replaceFirst(":\\d+/", ":" + door.getLocalPort() + "/");
  }

  /** From now on, the answers to so many commits are stolen. */
  public void steal(int commits) {
    stealing.set(commits);
  }

  public int stolen() {
    return stolen.get();
  }

  public void stall(boolean now) {
    synchronized (gate) {
      stalled = now;
      gate.notifyAll();
    }
  }

  /** Lets each connection carry so many bytes a second each way; 0: as many as come. */
  public void thin(int bytes) {
    bytesPerSecond = bytes;
  }

  @Override
  public void close() throws IOException {
    stall(false);
    thin(0);
    door.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket client = door.accept();
        Socket server = new Socket(host, port);
        sockets.addAll(List.of(client, server));
        boolean[] thief = {false};
        start(() -> forward(client, server, thief, true));
        start(() -> forward(server, client, thief, false));
      }
    } catch (IOException closed) {
      // That is the end of it.
    }
  }

  private void forward(Socket from, Socket to, boolean[] thief, boolean upward) {
    byte[] buffer = new byte[1 << 16];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      int count = in.read(buffer);
      while (count >= 0) {
        awaitGate();
        if (upward
            && holdsCommit(buffer, count)
            && stealing.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
          thief[0] = true;
        } else if (!upward && thief[0]) {
          stolen.incrementAndGet();
          break;
        }
        write(out, buffer, count);
        count = in.read(buffer);
      }
    } catch (IOException | InterruptedException broken) {
      // The same as an end.
    } finally {
      shut(from);
      shut(to);
    }
  }

  private void write(OutputStream out, byte[] bytes, int count) throws IOException {
    int done = 0;
    while (done < count) {
      int rate = bytesPerSecond;
      int drop = rate == 0 ? count - done : Math.min(count - done, rate / DROPS_PER_SECOND);
      out.write(bytes, done, drop);
      done += drop;
      if (rate != 0) {
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1) / DROPS_PER_SECOND);
      }
    }
  }

  private void awaitGate() throws InterruptedException {
    synchronized (gate) {
      while (stalled) {
        gate.wait();
      }
    }
  }

  /** The driver sends a commit as a statement of its own, in one piece. */
  private static boolean holdsCommit(byte[] buffer, int count) {
    for (int i = 0; i + COMMIT.length <= count; i++) {
      if (Arrays.equals(buffer, i, i + COMMIT.length, COMMIT, 0, COMMIT.length)) {
        return true;
      }
    }
    return false;
  }

  private static void shut(Socket socket) {
    try {
      socket.close();
    } catch (IOException unimportant) {
      // It is of no use any more either way.
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "frail-network");
    thread.setDaemon(true);
    thread.start();
  }
}

package dev.tailtap.store;

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
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a relay and its database. When told to, it lets a COMMIT pass and closes the
 * connection in place of the answer; or it forwards nothing any more and keeps everything open.
 */
final class ReplyThief implements AutoCloseable {
  private static final byte[] COMMIT = "COMMIT\0".getBytes(StandardCharsets.US_ASCII);

  private final ServerSocket door;
  private final String host;
  private final int port;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final AtomicInteger stealing = new AtomicInteger();
  private final AtomicInteger stolen = new AtomicInteger();
  private final Object gate = new Object();
  private boolean stalled;

  ReplyThief(String jdbcUrl) throws IOException {
    URI target = URI.create(jdbcUrl.substring("jdbc:".length()));
    host = target.getHost();
    port = target.getPort();
    door = new ServerSocket(0, 50, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
    start(this::accept);
  }

  int port() {
    return door.getLocalPort();
  }

  /** From now on, the answers to so many commits are stolen. */
  void steal(int commits) {
    stealing.set(commits);
  }

  int stolen() {
    return stolen.get();
  }

  void stall(boolean now) {
    synchronized (gate) {
      stalled = now;
      gate.notifyAll();
    }
  }

  @Override
  public void close() throws IOException {
    stall(false);
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
        out.write(buffer, 0, count);
        count = in.read(buffer);
      }
    } catch (IOException | InterruptedException broken) {
      // The same as an end.
    } finally {
      shut(from);
      shut(to);
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
    Thread thread = new Thread(task, "reply-thief");
    thread.setDaemon(true);
    thread.start();
  }
}

package dev.tailtap.rig;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A listener that accepts nobody and whose queue is full, so that connecting to it hangs. */
public final class FullBacklog implements AutoCloseable {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  private final List<Socket> fillers = new ArrayList<>();
  private Provider opened; // null while it is full

  public FullBacklog() throws IOException {
    boolean full = false;
    while (!full) {
      Socket filler = new Socket();
      fillers.add(filler);
      try {
        filler.connect(listener.getLocalSocketAddress(), 200);
      } catch (SocketTimeoutException hangs) {
        full = true;
      }
    }
  }

  public String url() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  /** Waits until so many connections hang. */
  public void await(int connecting) throws IOException {
    long deadline = System.nanoTime() + Patience.NANOS;
    long now = Sockets.connecting(listener.getLocalPort());
    while (now != connecting) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(now + " connections hang, not " + connecting);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
      now = Sockets.connecting(listener.getLocalPort());
    }
  }

  /** Makes room and answers; whoever hangs is let in when its system tries again. */
  public void open(Provider.Script script) throws IOException {
    for (Socket filler : fillers) {
      filler.close();
    }
    opened = new Provider(listener, script);
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket filler : fillers) {
      filler.close();
    }
    if (opened != null) {
      opened.close();
    }
  }
}

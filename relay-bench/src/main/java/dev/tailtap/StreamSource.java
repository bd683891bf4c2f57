package dev.tailtap;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A provider on a real socket that leaves the pace to the benchmark: a thread per connection reads
 * requests, and whoever asks gets the way to answer the next one.
 */
final class StreamSource implements AutoCloseable {
  private final ServerSocket server;
  private final BlockingQueue<OutputStream> asked = new LinkedBlockingQueue<>();

  StreamSource() throws IOException {
    server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /** The way to answer the next request; waits for it. */
  OutputStream next() throws IOException, InterruptedException {
    OutputStream answer = asked.poll(10, TimeUnit.SECONDS);
    if (answer == null) {
      throw new IOException("no request came within ten seconds");
    }
    return answer;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        socket.setTcpNoDelay(true);
        start(() -> serve(socket));
      }
    } catch (IOException closed) {
      // The benchmark is over.
    }
  }

  private void serve(Socket socket) {
    try (socket;
        InputStream in = socket.getInputStream()) {
      int length = head(in);
      while (length >= 0) {
        in.skipNBytes(length);
        asked.add(socket.getOutputStream());
        length = head(in);
      }
    } catch (IOException gone) {
      // So is whoever had connected.
    }
  }

  /** Reads a head; the length of the body, or -1 at the end. */
  private static int head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        return -1;
      }
      head.append((char) next);
    }
    return head.toString()
        .lines()
        .filter(line -> line.regionMatches(true, 0, "content-length:", 0, 15))
        .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
        .findFirst()
        .orElse(0);
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "source");
    thread.setDaemon(true);
    thread.start();
  }

  /** A client's connection; it reads until what it read ends so. */
  static final class Client implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;

    private final Socket socket;
    private final byte[] room = new byte[64 << 10];

    Client(int port) {
      try {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }

    void write(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
    }

    /** Reads on until the end of what came are these characters; how many bytes that took. */
    int readUntil(String end) throws IOException {
      byte[] last = end.getBytes(US_ASCII);
      int total = 0;
      int held = 0;
      while (held < last.length || !endsWith(held, last)) {
        int shift = Math.min(held, last.length);
        System.arraycopy(room, held - shift, room, 0, shift);
        int read = socket.getInputStream().read(room, shift, room.length - shift);
        if (read < 0) {
          throw new IOException("the connection was closed in the middle of an answer");
        }
        held = shift + read;
        total += read;
      }
      return total;
    }

    private boolean endsWith(int held, byte[] last) {
      for (int i = 0; i < last.length; i++) {
        if (room[held - last.length + i] != last[i]) {
          return false;
        }
      }
      return true;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}

package dev.tailtap.rehearsal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** One connection of a client, which is made anew where a call has ended it. One thread. */
final class Caller implements AutoCloseable {
  private static final int PATIENCE_MS = 1_000;

  private final int port;
  private Socket socket = new Socket(); // the present one
  private Message answers; // null: none is connected
  private boolean keepsAlive;

  Caller(int port) {
    this.port = port;
  }

  /** Asks; {@link #hear} is to follow. */
  void ask(Take take) throws IOException {
    if (answers == null) {
      socket = new Socket();
      socket.setSoTimeout(PATIENCE_MS);
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MS);
      answers = new Message(socket.getInputStream());
    }
    keepsAlive = take.keepsAlive();
    socket.getOutputStream().write(take.request());
  }

  /** Takes the whole answer. */
  void hear() throws IOException {
    String head = answers.next();
    if (head == null || !head.startsWith(" 200 ", "http/1.1".length())) {
      throw new IOException("an answer that is none of the demo's: " + head);
    }
    if (!keepsAlive) {
      close();
    }
  }

  @Override
  public void close() throws IOException {
    answers = null;
    socket.close();
  }
}

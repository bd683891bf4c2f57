package dev.tailtap.rehearsal;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * A provider on a loopback address that answers each request with what its take says. A thread for
 * each connection, of which a client has as many as it asks at once, and one that accepts.
 */
final class TakeProvider implements AutoCloseable {
  private final List<Take> takes;
  private final ServerSocket listener;
  private final List<Socket> accepted = new ArrayList<>(); // guarded by this
  private boolean closed; // guarded by this

  /** Listens and answers until closed. */
  TakeProvider(List<Take> takes) throws IOException {
    this.takes = takes;
    listener = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    Threads.daemon(this::accept).start();
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        keep(socket);
        Threads.daemon(() -> serve(socket)).start();
      }
    } catch (IOException closing) {
      // by close()
    }
  }

  private synchronized void keep(Socket socket) throws IOException {
    accepted.add(socket);
    if (closed) {
      socket.close();
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      Message requests = new Message(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      for (String head = requests.next(); head != null; head = requests.next()) {
        int number = Message.number(head, head.indexOf(Take.FIELD) + Take.FIELD.length());
        for (byte[] write : takes.get(number).answer()) {
          out.write(write);
        }
      }
    } catch (IOException gone) {
      // The relay that was rehearsed with is closed.
    }
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    listener.close();
    for (Socket socket : accepted) {
      socket.close();
    }
  }
}

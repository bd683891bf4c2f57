package dev.tailtap.rig;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A listener that accepts and then says nothing, such as one that never shakes hands. */
public final class MuteServer implements AutoCloseable {

  private final ServerSocket listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());

  public MuteServer() throws IOException {
    listener.setSoTimeout(Patience.MILLIS);
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** The next connection, once its first byte has come. */
  public Socket take() throws IOException {
    Socket socket = listener.accept();
    socket.getInputStream().read();
    return socket;
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}

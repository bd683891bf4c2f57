package dev.tailtap.handover;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the service manager what this process is at, by sd_notify(3), where it wants to know: a
 * datagram to the socket that its environment names. Never waits. Any thread.
 */
public final class ServiceNotice {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceNotice.class);

  private final String socket; // empty: nobody wants to know

  public ServiceNotice(Map<String, String> environment) {
    String named = environment.getOrDefault("NOTIFY_SOCKET", "");
    socket = Epoll.isAvailable() ? named : "";
  }

  /** It serves. */
  public void ready() {
    tell("READY=1\nSTATUS=serving");
  }

  /** It drains. */
  public void stopping() {
    tell("STOPPING=1\nSTATUS=draining");
  }

  private void tell(String state) {
    if (socket.isEmpty()) {
      return;
    }
    byte[] path = socket.getBytes(UTF_8);
    if (path[0] == '@') {
      path[0] = 0; // an abstract name, unix(7)
    }
    byte[] text = state.getBytes(UTF_8);
    ByteBuffer datagram = ByteBuffer.allocateDirect(text.length).put(text).flip();
    try {
      Socket sender = Socket.newSocketDomainDgram();
      try {
        if (sender.sendToDomainSocket(datagram, 0, text.length, path) < text.length) {
          LOG.warn("event=service_manager_not_told reason=\"it does not take it\"");
        }
      } finally {
        sender.close();
      }
    } catch (IOException refused) {
      LOG.warn("event=service_manager_not_told reason=\"{}\"", refused.toString());
    }
  }
}

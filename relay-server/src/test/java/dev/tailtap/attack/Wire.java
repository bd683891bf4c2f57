package dev.tailtap.attack;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;

/** One end of a connection without blocking, as a {@link Part} plays it. Reactor's thread only. */
final class Wire {
  private static final int PIECE = 64 * 1024;

  private final Reactor reactor;
  private final SocketChannel channel;
  private final SelectionKey key;
  private final Part part;
  private final ArrayDeque<ByteBuffer> outbox = new ArrayDeque<>(2);
  private boolean wantsMore;
  private boolean reading = true;
  private boolean ended; // the other side's end was told
  private boolean closed;
  private boolean closesWhenEmpty;
  private long sentBytes;

  Wire(Reactor reactor, SocketChannel channel, SelectionKey key, Part part) {
    this.reactor = reactor;
    this.channel = channel;
    this.key = key;
    this.part = part;
  }

  Reactor reactor() {
    return reactor;
  }

  boolean closed() {
    return closed;
  }

  /** Bytes that the kernel took. */
  long sentBytes() {
    return sentBytes;
  }

  /** Bytes that it did not take yet. */
  boolean empty() {
    return outbox.isEmpty();
  }

  Wire write(String text) {
    return write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  Wire write(byte[] bytes) {
    return write(ByteBuffer.wrap(bytes));
  }

  /** Sends as soon as the kernel takes it; the buffer may be shared, its position is not. */
  Wire write(ByteBuffer bytes) {
    if (!closed) {
      boolean first = outbox.isEmpty();
      outbox.add(bytes.duplicate());
      if (first) {
        flush();
      }
    }
    return this;
  }

  /** Whether {@link Part#drained} is called whenever all has left. */
  void wantsMore(boolean wants) {
    wantsMore = wants;
    interest();
  }

  /** Reads on, or lets the kernel's window fill up. */
  void setReading(boolean reads) {
    reading = reads;
    interest();
  }

  /** Sends no more, and still reads. */
  void halfClose() {
    try {
      channel.shutdownOutput();
    } catch (IOException gone) {
      close();
    }
  }

  /** Closes as soon as all has left. */
  void closeWhenEmpty() {
    closesWhenEmpty = true;
    if (outbox.isEmpty()) {
      close();
    }
  }

  void close() {
    if (!closed) {
      closed = true;
      key.cancel();
      try {
        channel.close();
      } catch (IOException gone) {
        // it is gone either way
      }
      reactor.forget(this);
    }
  }

  void reset() {
    try {
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    } catch (IOException gone) {
      // then nobody is there to be reset
    }
    close();
  }

  /** What the selector found. */
  void ready(ByteBuffer inbox) {
    try {
      if (key.isConnectable() && channel.finishConnect()) {
        opened();
      }
      if (!closed && key.isReadable()) {
        read(inbox);
      }
      if (!closed && key.isWritable()) {
        flush();
        if (!closed && wantsMore && outbox.isEmpty()) {
          part.drained(this);
        }
      }
    } catch (IOException gone) {
      end();
      close();
    }
  }

  void connect(int port) {
    try {
      if (closed) {
        return;
      }
      if (channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
        opened();
      } else {
        key.interestOps(SelectionKey.OP_CONNECT);
      }
    } catch (IOException refused) {
      end();
      close();
    }
  }

  void opened() {
    interest();
    part.opened(this);
  }

  private void read(ByteBuffer inbox) throws IOException {
    inbox.clear();
    int count = channel.read(inbox);
    if (count < 0) {
      reading = false;
      interest();
      end();
    } else if (count > 0) {
      part.received(this, inbox.flip());
    }
  }

  private void end() {
    if (!ended) {
      ended = true;
      part.ended(this);
    }
  }

  private void flush() {
    try {
      while (!outbox.isEmpty()) {
        ByteBuffer next = outbox.peek();
        int limit = next.limit();
        next.limit(Math.min(limit, next.position() + PIECE));
        int count = channel.write(next);
        next.limit(limit);
        sentBytes += count;
        if (next.hasRemaining()) {
          if (count == 0) {
            break;
          }
        } else {
          outbox.remove();
        }
      }
      interest();
      if (closesWhenEmpty && outbox.isEmpty()) {
        close();
      }
    } catch (IOException gone) {
      end();
      close();
    }
  }

  private void interest() {
    if (key.isValid() && channel.isConnected()) {
      int read = reading ? SelectionKey.OP_READ : 0;
      int write = wantsMore || !outbox.isEmpty() ? SelectionKey.OP_WRITE : 0;
      key.interestOps(read | write);
    }
  }
}

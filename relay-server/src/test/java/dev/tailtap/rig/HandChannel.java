package dev.tailtap.rig;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * A TCP connection without a kernel: a test plays its other end, and says how much that takes, what
 * comes from it in which cuts, and how it ends. Behaves as Netty's own channels do: reads while it
 * is asked to, keeps what is not taken, tells a reset once it reads or writes.
 */
public final class HandChannel extends AbstractChannel implements DuplexChannel {
  private static final ChannelMetadata METADATA = new ChannelMetadata(false);

  private final Config config;
  private final boolean halfCloses;
  private final InetSocketAddress peer;
  private final ArrayDeque<byte[]> arriving = new ArrayDeque<>();
  private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
  private ChannelPromise connecting;
  private SocketAddress dialled;
  private boolean open = true;
  private boolean active;
  private boolean reading;
  private boolean peerEnded; // its output
  private boolean peerGone; // it takes nothing any more, and answers with a reset
  private boolean resetByPeer;
  private boolean inputDown;
  private boolean outputDown;
  private boolean resetByUs;
  private long room;

  /**
   * One that is not connected.
   *
   * @param halfCloses whether the end of the other side's output is an event, and not the end
   */
  public HandChannel(ByteBufAllocator alloc, InetSocketAddress peer, boolean halfCloses) {
    super(null);
    this.halfCloses = halfCloses;
    this.peer = peer;
    config = new Config();
    config.setAllocator(alloc);
  }

  // ---- the other end ----

  /** Becomes connected as an accepted channel is: when it is registered. */
  public HandChannel accepted() {
    active = true;
    return this;
  }

  /** Whether a connection is asked for and not yet made or refused. */
  public boolean dialling() {
    return connecting != null && open;
  }

  /** Where it was to lead; null: it was accepted, or nobody has dialled yet. */
  public SocketAddress dialled() {
    return dialled;
  }

  /** The connection is made. */
  public void connect() {
    active = true;
    ChannelPromise made = connecting;
    connecting = null;
    made.trySuccess();
    pipeline().fireChannelActive();
  }

  /** It is refused. */
  public void refuse(IOException why) {
    ChannelPromise made = connecting;
    connecting = null;
    made.tryFailure(why);
    unsafe().close(unsafe().voidPromise());
  }

  /** The other side sends. */
  public void arrive(byte[] bytes) {
    if (bytes.length > 0 && !peerEnded) {
      arriving.add(bytes);
    }
  }

  /** The other side ends its output. */
  public void end() {
    peerEnded = true;
  }

  /** The other side is gone: what it sent before is still read, but for a reset. */
  public void vanish(boolean byReset) {
    peerEnded = true;
    peerGone = true;
    if (byReset) {
      arriving.clear();
    }
    resetByPeer = byReset;
  }

  /** The other side takes so many bytes more. */
  public void take(long bytes) {
    room += bytes;
    if (active) {
      ((Unsafe) unsafe()).push();
    }
  }

  /** The other side takes nothing from now on. */
  public void untake() {
    room = 0;
  }

  /** Whether something could be read. */
  public boolean readable() {
    return active && reading && !inputDown && (!arriving.isEmpty() || peerEnded);
  }

  /**
   * One read loop.
   *
   * @param reads how many it may bring
   * @param most bytes of each
   */
  public void read(int reads, int most) {
    boolean any = false;
    for (int left = reads; left > 0 && reading && active && !arriving.isEmpty(); left--) {
      any = true;
      pipeline().fireChannelRead(next(most));
    }
    if (any) {
      pipeline().fireChannelReadComplete();
    }
    if (reading && active && arriving.isEmpty() && peerEnded && !inputDown) {
      end(any);
    }
  }

  private ByteBuf next(int most) {
    byte[] bytes = arriving.poll();
    int length = Math.min(most, bytes.length);
    ByteBuf buf = alloc().buffer(Math.max(length, 512));
    buf.writeBytes(bytes, 0, length);
    if (length < bytes.length) {
      arriving.addFirst(Arrays.copyOfRange(bytes, length, bytes.length));
    }
    return buf;
  }

  private void end(boolean completed) {
    if (resetByPeer) {
      pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));
      unsafe().close(unsafe().voidPromise());
      return;
    }
    inputDown = true;
    if (!completed) {
      pipeline().fireChannelReadComplete();
    }
    if (halfCloses) {
      pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    } else {
      unsafe().close(unsafe().voidPromise());
    }
  }

  /** All that the other side has taken, and not thrown away. */
  public byte[] taken() {
    return taken.toByteArray();
  }

  public void throwAway() {
    taken.reset();
  }

  public int takenBytes() {
    return taken.size();
  }

  /** Whether the other side sees an end of what it is sent, and not a reset. */
  public boolean endedInOrder() {
    return outputDown || (!open && !resetByUs);
  }

  /** Whether nothing waits for the other side. */
  public boolean drained() {
    ChannelOutboundBuffer buffer = unsafe().outboundBuffer();
    return buffer == null || buffer.totalPendingWriteBytes() == 0;
  }

  /** Whether something was written that nobody has flushed. */
  public boolean unflushed() {
    ChannelOutboundBuffer buffer = unsafe().outboundBuffer();
    return buffer != null && buffer.isEmpty() && buffer.totalPendingWriteBytes() > 0;
  }

  /** Whether the other side has sent what was not read yet. */
  public boolean unread() {
    return !arriving.isEmpty();
  }

  // ---- the channel ----

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new Unsafe();
  }

  @Override
  protected boolean isCompatible(EventLoop loop) {
    return true;
  }

  @Override
  protected SocketAddress localAddress0() {
    return null;
  }

  @Override
  protected SocketAddress remoteAddress0() {
    return peer;
  }

  @Override
  protected void doBind(SocketAddress localAddress) {}

  @Override
  protected void doDisconnect() {
    doClose();
  }

  @Override
  protected void doClose() {
    open = false;
    active = false;
    reading = false;
    arriving.clear();
    if (connecting != null) {
      connecting.tryFailure(new ClosedChannelException());
      connecting = null;
    }
  }

  @Override
  protected void doShutdownOutput() {
    outputDown = true;
  }

  @Override
  protected void doBeginRead() {
    reading = true;
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer in) throws IOException {
    for (Object next = in.current(); next != null; next = in.current()) {
      if (peerGone) {
        throw new IOException(resetByPeer ? "Connection reset by peer" : "Broken pipe");
      }
      ByteBuf buf = (ByteBuf) next;
      int length = (int) Math.min(room, buf.readableBytes());
      if (length < buf.readableBytes() && room == 0) {
        return;
      }
      byte[] bytes = new byte[length];
      buf.getBytes(buf.readerIndex(), bytes);
      taken.writeBytes(bytes);
      room -= length;
      in.progress(length);
      if (length == buf.readableBytes()) {
        in.remove();
      } else {
        buf.skipBytes(length);
      }
    }
  }

  @Override
  public ChannelConfig config() {
    return config;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public boolean isActive() {
    return active;
  }

  @Override
  public ChannelMetadata metadata() {
    return METADATA;
  }

  @Override
  public boolean isInputShutdown() {
    return inputDown;
  }

  @Override
  public ChannelFuture shutdownInput() {
    return shutdownInput(newPromise());
  }

  @Override
  public ChannelFuture shutdownInput(ChannelPromise promise) {
    inputDown = true;
    return promise.setSuccess();
  }

  @Override
  public boolean isOutputShutdown() {
    return outputDown;
  }

  @Override
  public ChannelFuture shutdownOutput() {
    return shutdownOutput(newPromise());
  }

  @Override
  public ChannelFuture shutdownOutput(ChannelPromise promise) {
    ((AbstractUnsafe) unsafe()).shutdownOutput(promise);
    return promise;
  }

  @Override
  public boolean isShutdown() {
    return inputDown && outputDown;
  }

  @Override
  public ChannelFuture shutdown() {
    return shutdown(newPromise());
  }

  @Override
  public ChannelFuture shutdown(ChannelPromise promise) {
    shutdownInput();
    return shutdownOutput(promise);
  }

  private final class Unsafe extends AbstractUnsafe {
    @Override
    public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
      connecting = promise;
      dialled = remote;
    }

    /** As when the kernel has room again: of what was flushed. */
    void push() {
      flush0();
    }
  }

  /** Takes every option; notes how it is to close. */
  private final class Config extends DefaultChannelConfig {
    Config() {
      super(HandChannel.this);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
      if (ChannelOption.SO_LINGER.equals(option)) {
        resetByUs = true;
      }
      super.setOption(option, value);
      return true;
    }

    @Override
    protected void autoReadCleared() {
      reading = false;
    }
  }
}

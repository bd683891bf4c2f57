package dev.tailtap.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import java.util.function.Function;

/**
 * Stands before TLS until the first bytes of a client tell what it speaks. Who speaks HTTP is told,
 * in HTTP, that this port wants TLS; everything else is left to TLS. The connection of the one who
 * was told ends with its handshake timeout, or when the client closes it. Event loop only.
 */
final class PlainHttpGuard extends ChannelInboundHandlerAdapter {
  private static final int LONGEST_METHOD = 16;

  private final Function<ByteBufAllocator, ByteBuf> reply;
  private ByteBuf first; // what came as long as it could still be a method; null: nothing
  private boolean told;

  PlainHttpGuard(Function<ByteBufAllocator, ByteBuf> reply) {
    this.reply = reply;
  }

  /** Whether it has answered, so that there never was a handshake that could fail. */
  boolean told() {
    return told;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object msg) {
    ByteBuf bytes = (ByteBuf) msg;
    if (told) {
      bytes.release(); // unread, it would turn the close into a reset
      return;
    }
    ByteBuf all = first == null ? bytes : first.writeBytes(bytes);
    if (first != null) {
      bytes.release();
    }
    first = null;
    int length = methodLength(all);
    if (length > 0) {
      all.release();
      tell(ctx);
    } else if (length == 0) {
      first = ctx.alloc().buffer(LONGEST_METHOD).writeBytes(all);
      all.release();
    } else {
      ctx.pipeline().remove(this);
      ctx.fireChannelRead(all);
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (first != null) {
      first.release();
      first = null;
    }
  }

  private void tell(ChannelHandlerContext ctx) {
    told = true;
    ctx.writeAndFlush(reply.apply(ctx.alloc()))
        .addListener(done -> ((DuplexChannel) ctx.channel()).shutdownOutput());
  }

  /**
   * Length of the method that some bytes begin with, a space behind it: no TLS record begins with a
   * letter (RFC 8446 section 5.1).
   *
   * @return 0 if it may still become one, -1 if not
   */
  private static int methodLength(ByteBuf bytes) {
    int from = bytes.readerIndex();
    int length = Math.min(bytes.readableBytes(), LONGEST_METHOD);
    for (int i = 0; i < length; i++) {
      byte b = bytes.getByte(from + i);
      if (b == ' ' && i > 2) {
        return i;
      }
      if (b < 'A' || b > 'Z') {
        return -1;
      }
    }
    return length < LONGEST_METHOD ? 0 : -1;
  }
}

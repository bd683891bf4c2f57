package dev.tailtap.client;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.exchange.Generation;
import dev.tailtap.http1.RequestDecoder;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import java.util.function.Supplier;

/**
 * The place of the request decoder in a client's pipeline: a quiet stream is not to keep one, so
 * each request is given a decoder when it begins to come. Event loop only.
 */
final class DecoderSlot {
  private final Supplier<Generation> generation;
  private RequestDecoder decoder; // null while no part of a request has come

  DecoderSlot(Supplier<Generation> generation) {
    this.generation = generation;
  }

  boolean isEmpty() {
    return decoder == null;
  }

  /** Bytes of a head that has not come to its end. */
  long heldBytes() {
    return decoder == null ? 0 : decoder.heldBytes();
  }

  /** Puts one in front of a handler and gives it the first bytes. */
  void fill(ChannelHandlerContext before, Object bytes) throws Exception {
    LimitsConfig limits = generation.get().config().limits();
    decoder = new RequestDecoder(limits.requestHead(), limits.requestFields());
    ChannelPipeline pipeline = before.pipeline().addBefore(before.name(), "request", decoder);
    decoder.channelRead(pipeline.context(decoder), bytes);
  }

  /** The read loop is over: it goes if it holds nothing. */
  void readComplete(ChannelHandlerContext before) {
    if (decoder != null && decoder.atRest()) {
      before.pipeline().remove(decoder);
      decoder = null;
    }
  }
}

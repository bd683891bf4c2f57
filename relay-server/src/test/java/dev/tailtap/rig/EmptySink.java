package dev.tailtap.rig;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.upstream.ResponseSink;
import dev.tailtap.upstream.UpstreamFailure;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponse;

/** Takes a response and makes nothing of it: for tests that want to hear of a part of it. */
public class EmptySink implements ResponseSink {
  @Override
  public void interim(HttpResponse head) {}

  @Override
  public void head(HttpResponse head, BodyFraming framing) {}

  @Override
  public void payload(ByteBuf buf, int index, int length) {}

  @Override
  public void hole(ByteBuf buf, int index, int length) {}

  @Override
  public void bytes(ByteBuf buf, int forwardable, boolean last) {
    buf.release();
  }

  @Override
  public void readComplete() {}

  @Override
  public void end(boolean bareTerminator) {}

  @Override
  public void failed(UpstreamFailure why) {}

  @Override
  public void upstreamWritable(boolean writable) {}
}

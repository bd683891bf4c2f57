package dev.tailtap.exchange;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.upstream.Lessee;
import dev.tailtap.upstream.ResponseSink;
import dev.tailtap.upstream.UpstreamFailure;
import dev.tailtap.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;

/** Notes what becomes of a connection, and lets go of what comes. */
final class NotingSink implements Lessee, ResponseSink {
  Attempt attempt; // that leases; null: the test itself does
  UpstreamStream connection; // null: none was leased
  boolean sent; // the attempt's request, with the lease
  UpstreamFailure failure; // null: none
  int status; // 0: no head came
  boolean ended;

  @Override
  public void leased(UpstreamStream leased) {
    connection = leased;
    if (attempt == null) {
      leased.begin(HttpMethod.POST, this);
    } else {
      sent = attempt.leased(leased);
    }
  }

  @Override
  public void unreachable(UpstreamFailure why) {
    failure = why;
  }

  @Override
  public void interim(HttpResponse head) {}

  @Override
  public void head(HttpResponse head, BodyFraming framing) {
    status = head.status().code();
  }

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
  public void end(boolean bareTerminator) {
    ended = true;
  }

  @Override
  public void failed(UpstreamFailure why) {
    failure = why;
  }

  @Override
  public void upstreamWritable(boolean writable) {}
}

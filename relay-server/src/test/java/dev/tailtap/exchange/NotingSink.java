package dev.tailtap.exchange;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.rig.EmptySink;
import dev.tailtap.upstream.Lessee;
import dev.tailtap.upstream.UpstreamFailure;
import dev.tailtap.upstream.UpstreamStream;
import io.netty.handler.codec.http.HttpResponse;

/** Notes what becomes of a connection, and lets go of what comes. */
final class NotingSink extends EmptySink implements Lessee {
  UpstreamStream stream; // null: this did not lease any
  UpstreamFailure failure; // null: none
  int status; // 0: no head came
  boolean ended;

  @Override
  public void leased(UpstreamStream leased) {
    stream = leased;
    leased.begin(this);
  }

  @Override
  public void unreachable(UpstreamFailure why) {
    failure = why;
  }

  @Override
  public void head(HttpResponse head, BodyFraming framing) {
    status = head.status().code();
  }

  @Override
  public void end(boolean bareTerminator) {
    ended = true;
  }

  @Override
  public void failed(UpstreamFailure why) {
    failure = why;
  }
}

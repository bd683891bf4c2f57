package dev.tailtap.doctor;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.upstream.ResponseSink;
import dev.tailtap.upstream.UpstreamConnection;
import dev.tailtap.upstream.UpstreamFailure;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponse;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Hears whether a connection came about, and closes it. On its event loop; any thread may wait. */
final class FirstWord implements ResponseSink {
  private final CompletableFuture<Optional<String>> said = new CompletableFuture<>();

  /** Empty: it came about; else why not. */
  CompletableFuture<Optional<String>> said() {
    return said;
  }

  @Override
  public void leased(UpstreamConnection connection) {
    said.complete(Optional.empty());
    connection.abandon();
  }

  @Override
  public void unreachable(UpstreamFailure why) {
    String what =
        switch (why.kind()) {
          case TLS_HANDSHAKE, TLS_UNTRUSTED -> "no TLS";
          default -> "no connection";
        };
    String cause = why.cause();
    said.complete(Optional.of(cause.startsWith(what) ? cause : what + ": " + cause));
  }

  @Override
  public void bytes(ByteBuf buf, int forwardable, boolean last) {
    buf.release();
  }

  @Override
  public void interim(HttpResponse head) {}

  @Override
  public void head(HttpResponse head, BodyFraming framing) {}

  @Override
  public void payload(ByteBuf buf, int index, int length) {}

  @Override
  public void hole(ByteBuf buf, int index, int length) {}

  @Override
  public void readComplete() {}

  @Override
  public void end(boolean bareTerminator) {}

  @Override
  public void failed(UpstreamFailure why) {}

  @Override
  public void upstreamWritable(boolean writable) {}
}

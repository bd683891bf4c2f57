package dev.tailtap.doctor;

import dev.tailtap.upstream.Lessee;
import dev.tailtap.upstream.UpstreamFailure;
import dev.tailtap.upstream.UpstreamStream;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Hears whether a connection came about, and closes it. On its event loop; any thread may wait. */
final class FirstWord implements Lessee {
  private final CompletableFuture<Optional<String>> said = new CompletableFuture<>();

  /** Empty: it came about; else why not. */
  CompletableFuture<Optional<String>> said() {
    return said;
  }

  @Override
  public void leased(UpstreamStream stream) {
    said.complete(Optional.empty());
    stream.abandon();
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
}

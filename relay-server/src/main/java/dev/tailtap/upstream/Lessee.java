package dev.tailtap.upstream;

/**
 * Whoever asks a pool for a connection: told once, on the event loop of both, that it is there or
 * why not; and nothing once it has cancelled its {@link Dial}.
 */
public interface Lessee {
  /** Yours until its end; to be begun or abandoned before this returns. */
  void leased(UpstreamStream stream);

  void unreachable(UpstreamFailure why);
}

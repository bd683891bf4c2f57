package dev.tailtap.exchange;

import dev.tailtap.config.ReuseConfig;
import dev.tailtap.upstream.Dial;
import dev.tailtap.upstream.Lessee;
import dev.tailtap.upstream.LoopPool;
import dev.tailtap.upstream.ResponseSink;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamFailure;
import dev.tailtap.upstream.UpstreamStream;

/**
 * One try of a request at one upstream, up to the head of the response: a connection is leased, and
 * the request sent once the journal has its beginning. Event loop only.
 */
final class Attempt implements Lessee {
  private final Upstream upstream;
  private final RequestBody body;
  private final ResponseSink sink;
  private final Runnable left; // told once the request has left
  private ClientRequest request; // null once its head is sent: a stream has no use for it
  private boolean journaled;
  private Dial dial; // null: not dialling
  private UpstreamStream stream; // null: not leased, or given back
  private boolean reused; // a connection that has served before

  /**
   * Begins nothing yet.
   *
   * @param journaled whether the journal has the call's beginning
   * @param sink told of the response, and of a failure wherever it happens
   * @param left run once the request has left, as far as it has come
   */
  Attempt(
      Upstream upstream,
      ClientRequest request,
      RequestBody body,
      boolean journaled,
      ResponseSink sink,
      Runnable left) {
    this.upstream = upstream;
    this.request = request;
    this.body = body;
    this.journaled = journaled;
    this.sink = sink;
    this.left = left;
  }

  /**
   * Asks for a connection.
   *
   * @param fresh whether only a new one will do
   */
  void begin(LoopPool pool, boolean fresh) {
    dial = pool.lease(upstream, this, fresh);
  }

  @Override
  public void leased(UpstreamStream leased) {
    dial = null;
    stream = leased;
    reused = leased.reused();
    leased.begin(sink);
    if (journaled) {
      send();
    }
  }

  @Override
  public void unreachable(UpstreamFailure why) {
    dial = null;
    sink.failed(why);
  }

  /** The journal has the call's beginning: the request leaves once there is a connection. */
  void onJournaled() {
    journaled = true;
    if (stream != null) {
      send();
    }
  }

  /** Null if there is none, or no longer. */
  UpstreamStream stream() {
    return stream;
  }

  /** Whether the request left, as far as it has come. */
  boolean sent() {
    return request == null;
  }

  /** Whether its connection had served another request before. */
  boolean reused() {
    return reused;
  }

  /** Lets the upstream go: it sees its connection close, and nothing more is told of it. */
  void abandon() {
    if (dial != null) {
      dial.cancel();
      dial = null;
    }
    if (stream != null) {
      stream.abandon();
      stream = null;
    }
  }

  private void send() {
    stream.head(request.head(upstream, upstream.keys().get(0), "", body.framing()));
    request = null;
    ReuseConfig reuse = upstream.config().reuse();
    body.attach(stream, reuse.retry() && reused ? reuse.retryBody() : -1);
    stream.flush();
    left.run();
  }
}

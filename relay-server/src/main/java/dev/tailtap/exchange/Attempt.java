package dev.tailtap.exchange;

import dev.tailtap.config.ReuseConfig;
import dev.tailtap.route.Target;
import dev.tailtap.upstream.Dial;
import dev.tailtap.upstream.Lessee;
import dev.tailtap.upstream.LoopPool;
import dev.tailtap.upstream.ResponseSink;
import dev.tailtap.upstream.UpstreamFailure;
import dev.tailtap.upstream.UpstreamStream;

/**
 * One try of a request at one target, up to the head of the response: a connection is leased, and
 * the request sent once the journal has its beginning. Event loop only.
 */
final class Attempt implements Lessee {
  private final Target target;
  private final String strip;
  private final CallRows rows;
  private final RequestBody body;
  private final long keep;
  private final ResponseSink sink;
  private final Runnable left; // told once the request has left
  private ClientRequest request; // null once its head is sent
  private boolean journaled;
  private Dial dial; // null: not dialling
  private UpstreamStream stream; // null: not leased, or given back
  private boolean reused; // a connection that has served before

  /**
   * Begins nothing yet.
   *
   * @param strip a leading path that the target is not told
   * @param keep how many bytes of the body are kept to go elsewhere; -1: none
   * @param sink told of the response, and of a failure wherever it happens
   * @param left run once the request has left, as far as it has come
   */
  Attempt(
      Target target,
      String strip,
      ClientRequest request,
      CallRows rows,
      RequestBody body,
      long keep,
      ResponseSink sink,
      Runnable left) {
    this.target = target;
    this.strip = strip;
    this.request = request;
    this.rows = rows;
    this.body = body;
    this.keep = keep;
    this.sink = sink;
    this.left = left;
  }

  /**
   * Asks for a connection.
   *
   * @param fresh whether only a new one will do
   */
  void begin(LoopPool pool, boolean fresh) {
    dial = pool.lease(target.upstream(), this, fresh);
  }

  @Override
  public void leased(UpstreamStream leased) {
    dial = null;
    rows.beginNext(target, body.edits().sentModel()); // which may be journaled at once
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
    stream.head(rows.head(request, target, strip));
    request = null;
    ReuseConfig reuse = target.upstream().config().reuse();
    long again = reuse.retry() && reused ? reuse.retryBody() : -1;
    body.attach(stream, Math.max(keep, again));
    stream.flush();
    left.run();
  }
}

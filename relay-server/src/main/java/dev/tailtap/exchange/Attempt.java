package dev.tailtap.exchange;

import dev.tailtap.config.ReuseConfig;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.upstream.Dial;
import dev.tailtap.upstream.Lessee;
import dev.tailtap.upstream.ResponseSink;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamFailure;
import dev.tailtap.upstream.UpstreamStream;

/**
 * The way of one request to its upstream, up to the head of the response: a connection is leased,
 * and the request sent once the journal has its beginning. It starts again where no byte of the
 * request can have left (RFC 9110 section 9.2.2), where the upstream did not take our question,
 * and, only if so configured, where a kept connection was lost before any response. Event loop
 * only.
 */
final class Attempt {
  private final LoopResources loop;
  private final Upstream upstream;
  private final RequestBody body;
  private final Lessee lessee;
  private final ResponseSink sink;
  private UpstreamRequest request; // null once it was taken: a stream has no use for it
  private Dial dial; // null: not dialling
  private UpstreamStream connection; // null: not leased, or given back
  private boolean opened; // the journal has the call's beginning
  private boolean sent;
  private boolean repeated; // after its connection was lost
  private boolean unasked; // sent once more, without our question for usage

  Attempt(
      LoopResources loop,
      UpstreamRequest request,
      RequestBody body,
      Lessee lessee,
      ResponseSink sink) {
    this.loop = loop;
    this.request = request;
    this.body = body;
    this.lessee = lessee;
    this.sink = sink;
    upstream = request.upstream();
  }

  /** Asks for a connection. */
  void begin() {
    sent = false;
    Dial begun = loop.pool().lease(upstream, lessee, repeated);
    if (connection == null) {
      dial = begun;
    }
  }

  /** The connection is there; whether the request now left. */
  boolean leased(UpstreamStream leased) {
    dial = null;
    connection = leased;
    leased.begin(request.method(), sink);
    return opened && send();
  }

  /** The journal has the call's beginning; whether the request now left. */
  boolean opened() {
    opened = true;
    return connection != null && !sent && send();
  }

  /** Whether it waits for a connection. */
  boolean connecting() {
    return connection == null;
  }

  /** Whether the request left, as far as it has come. */
  boolean sent() {
    return sent;
  }

  /** Null if there is none, or no longer. */
  UpstreamStream connection() {
    return connection;
  }

  /** The connection failed; whether to begin again. Which kept one it was, and how, decides. */
  boolean repeats(UpstreamFailure why) {
    boolean kept = connection.reused();
    over();
    if (!why.beforeAnyByte() || !kept) {
      return false;
    }
    if (!sent) { // no limit: each try uses up a connection of the pool
      loop.stats().count(Label.RETRY_UNSENT);
      return true;
    }
    if (!body.repeatable()) {
      return false;
    }
    repeated = true;
    body.repeat();
    loop.stats().count(Label.RETRY_LOST);
    return true;
  }

  /** Some providers answer 400 or 422 to a question that they do not know (Mistral, for one). */
  boolean takesTheQuestionBack(int status) {
    boolean refused = status == 400 || status == 422;
    if (refused && body.mayUnask()) {
      unasked = true;
      body.unask();
      letGo();
      return true;
    }
    if (unasked && status / 100 == 2) { // it was our question, then, that the upstream did not take
      upstream.health().refusesQuestions(body.reading().model());
      loop.stats().add(Metric.ASKING_REFUSED, upstream.name(), 1);
    }
    return false;
  }

  /** Whether the upstream was asked for usage and took it ill. */
  boolean unasked() {
    return unasked;
  }

  /** The upstream answers: nothing has to be sent again, and to one that closes nothing more. */
  void taken() {
    request = null;
    body.taken();
    if (connection.closing()) {
      body.stop();
    }
  }

  /** The connection is no longer ours. */
  void over() {
    connection = null;
    dial = null;
  }

  /** Lets the upstream go: it sees its connection close. */
  void letGo() {
    if (dial != null) {
      dial.cancel();
    }
    if (connection != null) {
      connection.abandon();
    }
    over();
  }

  private boolean send() {
    sent = true;
    connection.write(request.head(connection.channel().alloc(), body));
    ReuseConfig reuse = upstream.config().reuse();
    boolean mayRepeat = reuse.retry() && connection.reused();
    body.attach(connection, mayRepeat ? reuse.retryBody() : -1);
    connection.flush();
    return true;
  }
}

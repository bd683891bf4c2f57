package dev.tailtap.exchange;

import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import dev.tailtap.upstream.LoopPool;
import dev.tailtap.upstream.ResponseSink;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamFailure;
import dev.tailtap.upstream.UpstreamStream;
import java.util.Iterator;

/**
 * The tries of one request, one after the other, up to a response that is taken. It is tried again
 * where no byte of it can have left (RFC 9110 section 9.2.2): at the next candidate where the first
 * cannot be reached, and as often as a kept connection turns out to be dead; once more without the
 * option that asks for usage, where the upstream did not take that; and once, only if so
 * configured, where a kept connection was lost before any byte of a response. Event loop only.
 */
final class Attempts {
  private final LoopPool pool;
  private final Stats stats;
  private final RequestBody body;
  private final ResponseSink sink;
  private Runnable left; // null once a response was taken
  private Iterator<Upstream> others; // likewise
  private Upstream upstream; // of the present try
  private ClientRequest request; // likewise: a stream has no use for it
  private Attempt current; // null: none is under way, or its response was taken
  private UpstreamStream stream; // of the response that was taken; null: there is none
  private boolean journaled; // the call's beginning
  private boolean resent; // after a connection was lost that may have brought it

  /**
   * Begins nothing yet.
   *
   * @param sink told of each response, and of each failure
   * @param left run each time the request has left, as far as it has come
   */
  Attempts(
      LoopResources loop,
      AdmittedRequest admitted,
      RequestBody body,
      ResponseSink sink,
      Runnable left) {
    pool = loop.pool();
    stats = loop.stats();
    request = admitted.request();
    upstream = admitted.upstream();
    others = admitted.others();
    this.body = body;
    this.sink = sink;
    this.left = left;
  }

  /** The next try. */
  void begin() {
    current = new Attempt(upstream, request, body, journaled, sink, left);
    current.begin(pool, resent);
  }

  /** The journal has the call's beginning. */
  void onJournaled() {
    journaled = true;
    if (current != null) {
      current.onJournaled();
    }
  }

  /** The upstream that is tried, or is to be. */
  Upstream upstream() {
    return upstream;
  }

  /** The way to it; null if there is none, or no longer. */
  UpstreamStream stream() {
    return current == null ? stream : current.stream();
  }

  /** Whether the request left, as far as it has come, in the present try. */
  boolean sent() {
    return current == null ? stream != null : current.sent();
  }

  /** The present try has failed; whether to begin another. */
  boolean again(UpstreamFailure why) {
    Attempt failed = current;
    current = null;
    return switch (why.retry()) {
      case UNSENT -> !resent && nextCandidate();
      case UNANSWERED -> failed.reused() && (failed.sent() ? resend() : unsent());
      case NEVER -> false;
    };
  }

  /**
   * The head of a response has come; whether to begin again without the option that asks for usage,
   * which some providers answer with 400 or 422 (Mistral, for one). Then the response is let go.
   */
  boolean again(int status) {
    boolean refused = status == 400 || status == 422;
    if (!refused || !body.mayDropUsageOption()) {
      return false;
    }
    body.dropUsageOption();
    abandon();
    return true;
  }

  /** The response is taken: nothing has to be sent again, and to one that closes nothing more. */
  void taken(int status) {
    boolean without = body.usageOption() == RequestBody.UsageOption.TAKEN_BACK;
    if (without && status / 100 == 2) { // it was the option, then
      upstream.health().noteUsageOptionRefused(body.reading().model());
      stats.add(Metric.ASKING_REFUSED, upstream.name(), 1);
    }
    left = null;
    others = null;
    request = null;
    stream = current.stream();
    current = null;
    body.taken();
    if (stream.closing()) {
      body.stop();
    }
  }

  /** The response is whole, and its connection no longer ours. */
  void over() {
    current = null;
    stream = null;
  }

  /** Lets the upstream go: it sees its connection close. */
  void abandon() {
    if (current != null) {
      current.abandon();
    } else if (stream != null) {
      stream.abandon();
    }
    over();
  }

  private boolean nextCandidate() {
    if (!others.hasNext()) {
      return false;
    }
    upstream = others.next();
    return true;
  }

  /** Any number of times: each uses up a connection of the pool. */
  private boolean unsent() {
    stats.count(Label.RETRY_UNSENT);
    return true;
  }

  private boolean resend() {
    if (!body.repeatable()) {
      return false;
    }
    resent = true;
    body.repeat();
    stats.count(Label.RETRY_LOST);
    return true;
  }
}

package dev.tailtap.exchange;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.RetryOn;
import dev.tailtap.limits.Permit;
import dev.tailtap.route.Selection;
import dev.tailtap.route.Target;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.upstream.ResponseSink;
import dev.tailtap.upstream.UpstreamFailure;
import dev.tailtap.upstream.UpstreamStream;
import io.netty.handler.codec.http.HttpResponse;

/**
 * The tries of one request, one after the other, up to a response that is taken, and the row of
 * each of which a byte left. At the same target it is tried again as often as a kept connection
 * turns out to be dead before a byte of it can have left (RFC 9110 section 9.2.2); once more
 * without the option that asks for usage, where the upstream did not take that; and once, only if
 * so configured, where a kept connection was lost before any byte of a response. At the next target
 * of its route it is tried by the rules of that route ({@link RetryRules}). Event loop only.
 */
final class Attempts {
  /** Beside the words of {@link RetryOn}: the client got the answer. */
  private static final String DELIVERED = "delivered";

  private final LoopResources loop;
  private final RequestBody body;
  private final Permit permit;
  private final CallRows rows;
  private ClientRequest request; // null once a response was taken: a stream has no use for it
  private Elsewhere elsewhere; // null while there is no selection
  private Selection selection; // null until the route is known, and once a response was taken
  private Target target; // of the present try; null: none has begun
  private Attempt current; // null: none is under way, or its response was taken
  private UpstreamStream stream; // of the response that was taken; null: there is none
  private HeldAnswer spent; // what the client gets if nobody answers better; null: nothing
  private boolean journaled; // the beginning of the present row
  private boolean resent; // after a connection was lost that may have brought it
  private Ending failure; // of the try before the one that waits for its place
  private boolean several; // its route has more than one target

  /** Begins nothing yet. */
  Attempts(LoopResources loop, ClientStream client, AdmittedRequest admitted, RequestBody body) {
    this.loop = loop;
    this.body = body;
    request = admitted.request();
    permit = admitted.permit();
    rows = new CallRows(loop, client, admitted, body, this::onJournaled);
  }

  /** The route is known, and the first target chosen: from now on there is a row. */
  void route(Selection chosen, CallRecorder.Subject subject) {
    selection = chosen;
    several = chosen.route().several();
    elsewhere = new Elsewhere(loop, body, permit, chosen, request.sealed());
    target = chosen.current();
    rows.begin(subject, target);
  }

  /**
   * The present try, or the next.
   *
   * @param sink told of its response, and of its failure
   * @param left run once the request has left, as far as it has come
   */
  void begin(ResponseSink sink, Runnable left) {
    body.aim(target.upstream());
    if (rows.aim(target, body.edits().sentModel())) {
      journaled = false;
    }
    elsewhere.begun();
    String strip = selection.route().policy().strip();
    current = new Attempt(target, strip, request, rows, body, elsewhere.keep(), sink, left);
    if (journaled) {
      current.onJournaled();
    }
    current.begin(loop.pool(), resent);
  }

  /** The target that is tried, or is to be; null: it is not known yet. */
  Target target() {
    return target;
  }

  /** Tells a client of its limits. */
  void tellLimits(HttpResponse head) {
    LimitCheck.tell(permit.reservation(), head.headers());
  }

  /** Its rows. */
  CallRows rows() {
    return rows;
  }

  /** The way to the upstream; null if there is none, or no longer. */
  UpstreamStream stream() {
    return current == null ? stream : current.stream();
  }

  /** Whether the request left, as far as it has come, in the present try. */
  boolean sent() {
    return current == null ? stream != null : current.sent();
  }

  /**
   * The present try has failed; whether to begin another.
   *
   * @param response what has come of one; null: nothing
   */
  boolean again(UpstreamFailure why, Response response) {
    Attempt failed = current;
    over();
    boolean dead = failed.reused() && why.retry() == UpstreamFailure.Retry.UNANSWERED;
    if (dead && !failed.sent()) { // any number of times: each uses up a connection of the pool
      loop.stats().count(Label.RETRY_UNSENT);
      return true;
    }
    boolean once = target.upstream().config().reuse().retry() && !resent;
    if (dead && once && body.repeatable()) {
      resent = true;
      body.repeat();
      loop.stats().count(Label.RETRY_LOST);
      return true;
    }
    if (rows.present() != null) {
      rows.present().failedBy(why);
    }
    boolean sent = failed.sent();
    if (sent && !body.complete()) {
      selection.neutral(); // it may be the client's slowness that it did not wait for
    } else {
      selection.failed();
    }
    return elsewhere(RetryRules.of(why, sent), sent, Ending.of(why), response);
  }

  /** The same of one that is given up by the relay. */
  boolean again(Ending why, Response response) {
    RetryOn word = RetryRules.of(why);
    if (word == null || selection == null) {
      return false;
    }
    boolean sent = sent();
    abandon();
    if (sent || word == RetryOn.UNSENT) {
      selection.failed();
    } else {
      selection.neutral(); // it was the journal that was waited for
    }
    return elsewhere(word, sent, why, response);
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

  /**
   * A response that is not to be the client's is over; whether to begin again elsewhere.
   *
   * @param cut how it broke off, so that nobody gets a part of it; null: it is whole
   */
  boolean again(HeldAnswer answer, Ending cut) {
    if (answer.why() == RetryOn.ERROR_EVENT) {
      selection.failed();
    } else {
      Verdict.tell(selection, answer.head(), answer.response().heldPayload(), body.complete());
    }
    Ending how = cut == null ? answer.whole() : cut;
    if (!mayGoElsewhere(answer.why(), true) || !choose(answer.why(), true, how)) {
      return false;
    }
    abandon();
    answer.row().over();
    rows.over();
    if (cut == null) {
      discardSpent();
      spent = answer;
    } else {
      rows.discard(answer, cut);
    }
    nextBody();
    return true;
  }

  /** Whether the next try waits for a place in the budget of retries; its target is not known. */
  boolean waits() {
    return elsewhere != null && elsewhere.waits();
  }

  /** Whether there is a place now; if not, it is waited for on, or no longer. */
  boolean placed() {
    boolean found = elsewhere.choose();
    if (found) {
      turn();
    }
    return found;
  }

  /** How the try before the one that waits, or waited, has ended. */
  Ending failure() {
    return failure;
  }

  /** Why another target is to be tried instead of a response of this status; null: none is. */
  RetryOn insteadOf(int status) {
    RetryOn why = RetryOn.ofStatus(status);
    return mayGoElsewhere(why) ? why : null;
  }

  /** Whether another target may be tried in the place of a response. */
  boolean mayGoElsewhere(RetryOn why) {
    return mayGoElsewhere(why, true);
  }

  /** Whether a response is the client's only with its first event. */
  boolean awaitsEvent() {
    return selection.route().policy().commit() == RouteConfig.Commit.EVENT;
  }

  /** The response is taken: nothing has to be sent again, and to one that closes nothing more. */
  void taken(HttpResponse head) {
    int status = head.status().code();
    boolean without = body.edits().usageOption() == BodyEdits.UsageOption.TAKEN_BACK;
    if (without && status / 100 == 2) { // it was the option, then
      target.upstream().health().noteUsageOptionRefused(body.said().model());
      loop.stats().add(Metric.ASKING_REFUSED, target.upstream().name(), 1);
    }
    Verdict.tell(selection, head, null, body.complete());
    settled();
    if (stream != null && stream.closing()) {
      body.stop();
    }
  }

  /** What the client gets where nobody answers; null: no upstream did. Once. */
  HeldAnswer lastAnswer() {
    HeldAnswer last = spent;
    spent = null;
    return last;
  }

  /** The client gets the answer of a try that was over already, in the place of the present one. */
  void taken(HeldAnswer last, Ending how, Response present) {
    rows.close(how, present);
    rows.back(last.row());
    settled();
  }

  /**
   * The response that was taken broke off.
   *
   * @param heldUp whether it was not read at some time, since the client took no more: what ended
   *     may be the patience of the upstream's own server
   */
  void brokeOff(UpstreamFailure why, boolean heldUp) {
    over();
    rows.present().failedBy(why);
    if (several && !heldUp) {
      target.upstream().health().availability().failed(false);
    }
  }

  /**
   * Time has passed: whose request comes slowly lets others probe a target that is on probation,
   * and retry.
   */
  void sweep() {
    if (elsewhere != null) {
      elsewhere.sweep();
    }
  }

  /** What is held of an answer that is not the client's. */
  long heldBytes() {
    return spent == null ? 0 : spent.response().heldBytes();
  }

  /** The response that was taken is whole. */
  void whole() {
    over();
    if (several && rows.present().status() < 400) {
      target.upstream().health().availability().succeeded(false);
    }
  }

  /** The response is whole, and its connection no longer ours. */
  void over() {
    current = null;
    stream = null;
  }

  /** Lets the upstream go: it sees its connection close. */
  void abandon() {
    UpstreamStream open = stream();
    if (current != null) {
      current.abandon();
    } else if (open != null) {
      open.abandon();
    }
    over();
  }

  /** The call has ended, in whatever way; its last row is the caller's. */
  void close() {
    abandon();
    settle();
  }

  private void settled() {
    rows.present().delivered();
    if (several) {
      loop.stats().count(Metric.ATTEMPTS, rows.present().upstream(), DELIVERED);
    }
    settle();
  }

  /** Nothing is tried any more. */
  void settle() {
    UpstreamStream open = stream();
    discardSpent();
    body.taken();
    if (selection != null) {
      elsewhere.close();
      loop.selections().over(selection);
    }
    selection = null;
    elsewhere = null;
    request = null;
    current = null;
    stream = open;
  }

  private boolean elsewhere(RetryOn why, boolean sent, Ending ending, Response response) {
    if (!mayGoElsewhere(why, sent) || !choose(why, sent, ending)) {
      return false;
    }
    if (sent) {
      rows.close(ending, response);
      nextBody();
    }
    return true;
  }

  private boolean mayGoElsewhere(RetryOn why, boolean sent) {
    return elsewhere != null && several && elsewhere.allows(why, sent);
  }

  /**
   * Chooses another target.
   *
   * @param how the try before has ended; one whose answer stalls may go on, and waits for no place
   */
  private boolean choose(RetryOn why, boolean needsRow, Ending how) {
    if (!elsewhere.go(why, target.upstream().name(), needsRow, how != Ending.ANSWER_STALLED)) {
      return false;
    }
    failure = how;
    turn();
    return true;
  }

  private void turn() {
    if (!elsewhere.waits()) {
      target = selection.current();
      resent = false;
    }
  }

  /** All that was sent goes to another, under a row of its own. */
  private void nextBody() {
    journaled = false;
    body.repeat();
  }

  private void onJournaled() {
    journaled = true;
    if (current != null) {
      current.onJournaled();
    }
  }

  private void discardSpent() {
    if (spent != null) {
      rows.discard(spent, spent.whole());
      spent = null;
    }
  }
}

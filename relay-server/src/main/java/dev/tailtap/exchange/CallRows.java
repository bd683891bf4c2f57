package dev.tailtap.exchange;

import dev.tailtap.http1.OwnError;
import dev.tailtap.limits.Permit;
import dev.tailtap.limits.Refusal;
import dev.tailtap.record.Outcome;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.route.Target;
import dev.tailtap.trace.CallEnd;
import dev.tailtap.trace.CallTrace;
import dev.tailtap.trace.TraceParent;
import dev.tailtap.upstream.RequestHead;

/**
 * The rows of one call: each try of which a byte leaves has one, whose beginning is in the journal
 * before that byte. The first is opened as soon as the call has a target, so that the journal, if
 * it has to be waited for, and the connection are at the same time; further ones when there is a
 * connection, so that a try that reaches nobody is none. Event loop only.
 */
final class CallRows {
  private final LoopResources loop;
  private final ClientStream client;
  private final RequestBody body;
  private final Permit permit;
  private final Runnable journaled;
  private final CallTrace trace; // null: it is not traced
  private CallRecorder row; // the present one, or the one before it
  private boolean open;
  private int said; // to the journal, of which the last counts
  private int unsettled; // rows handed in here that the journal does not have yet
  private Runnable settled = () -> {}; // told once there are none

  /**
   * Begins none yet.
   *
   * @param journaled run each time the journal has what was said to it last
   */
  CallRows(
      LoopResources loop,
      ClientStream client,
      AdmittedRequest admitted,
      RequestBody body,
      Runnable journaled) {
    this.loop = loop;
    this.client = client;
    this.body = body;
    permit = admitted.permit();
    this.journaled = journaled;
    row = CallRecorder.first(loop.ids());
    ClientRequest request = admitted.request();
    TraceParent from = request.traceParent();
    trace =
        loop.tracing()
            .begin(
                admitted.generation().config(),
                from,
                row.open(),
                request.method().name(),
                request.path());
    if (trace != null) {
      row.inTrace(trace.id());
    } else if (from != null) {
      row.inTrace(from.traceId());
    }
  }

  /** The present one; null: no byte of the present try has left, and those before have theirs. */
  CallRecorder present() {
    return open ? row : null;
  }

  /**
   * The field of an answer that names the present row, or the one before it.
   *
   * @param field its name; empty: rows are not named
   * @return null if there is none, or it is not named
   */
  OwnError.Field name(String field) {
    return field.isEmpty() || said == 0 ? null : new OwnError.Field(field, row.id().toString());
  }

  /** The first begins. */
  void begin(CallRecorder.Subject subject, Target target) {
    row.about(subject);
    row.aim(target, null);
    begin();
  }

  /** The next one begins, if the one before is over. */
  void beginNext(Target target, String sentModel) {
    if (!open) {
      row = row.next(loop.ids());
      row.aim(target, sentModel);
      begin();
    }
  }

  /**
   * The present one goes to this target, and nothing has left for another.
   *
   * @return whether that has to be written first
   */
  boolean aim(Target target, String sentModel) {
    boolean news = open && row.aim(target, sentModel);
    if (news) {
      loop.ledger().reopen(row.open(), later());
    }
    return news;
  }

  /** The present one is over; what becomes of it is the caller's. */
  CallRecorder over() {
    open = false;
    return row;
  }

  /**
   * The present one is over, if there is one.
   *
   * @param response what has come of one; null: nothing
   */
  void close(Ending how, Response response) {
    if (!open) {
      return;
    }
    CallRecorder of = over();
    if (response == null) {
      close(of, how, UsageReading.NONE);
    } else {
      response.over(of);
      close(of, how, response.read(loop.stats()));
    }
  }

  /** Hands in the row of an answer that nobody gets. */
  void discard(HeldAnswer answer, Ending how) {
    Response response = answer.response();
    response.stopDelivery();
    response.over(answer.row());
    close(answer.row(), how, response.read(loop.stats()));
  }

  /** Hands in a row that is over. */
  void close(CallRecorder of, Ending how, UsageReading usage) {
    unsettled++;
    loop.ledger().close(end(of, how, usage), () -> client.onLoop(this::onSettled));
  }

  /** Whether the journal has all that was handed in here; if not, somebody is told once it has. */
  boolean settled(Runnable told) {
    settled = told;
    return unsettled == 0;
  }

  private void onSettled() {
    if (--unsettled == 0) {
      settled.run();
    }
  }

  /** The present row is the one of a try that was over. */
  void back(CallRecorder of) {
    row = of;
    open = true;
  }

  /** The record of a row. */
  UsageRecord end(CallRecorder of, Ending how, UsageReading usage) {
    of.requestOver(body.bytes(), body.said().reading());
    UsageAskedBy asked = UsageAskedBy.of(of.dialect(), body);
    UsageRecord record = of.end(how, usage.noted(asked.token()), loop.stats(), loop.log());
    permit.charge(record, of.isSent());
    if (trace != null) {
      trace.over(record);
    }
    return record;
  }

  /** The head of the present try, for its target, to which it leaves now. */
  RequestHead head(ClientRequest request, Target target, String strip) {
    row.sent();
    return request.head(target, strip, body.framing(), trace, row.id());
  }

  /**
   * The call is over, its rows included.
   *
   * @param headSent whether its client got the head of an answer from upstream
   */
  void callOver(Ending how, boolean headSent) {
    if (trace != null) {
      boolean ofClient = how.outcome() == Outcome.CLIENT_GONE;
      CallEnd end = new CallEnd(how.outcome().column(), how.code(), ofClient);
      trace.over(row.open().route(), headSent ? row.status() : how.status(), end);
    }
  }

  /** The same of one that goes to no upstream. */
  void callOver(Refusal why) {
    if (trace != null) {
      CallEnd end = new CallEnd(Outcome.REFUSED.column(), why.code(), false);
      trace.over(null, why.status(), end);
    }
  }

  private void begin() {
    open = true;
    permit.begin();
    if (loop.ledger().open(row.open(), later())) {
      journaled.run();
    }
  }

  private Runnable later() {
    int last = ++said;
    return () -> client.onLoop(() -> onJournaled(last));
  }

  private void onJournaled(int what) {
    if (open && what == said) {
      journaled.run();
    }
  }
}

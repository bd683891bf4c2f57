package dev.tailtap.exchange;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.RouteConfig.RetryOn;
import dev.tailtap.http1.BodyFraming;
import dev.tailtap.http1.OwnError;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Metric;
import dev.tailtap.upstream.ResponseSink;
import dev.tailtap.upstream.UpstreamFailure;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponse;

/**
 * The side of an exchange that faces upstreams: it has them tried, and takes what they answer to
 * the client, once it is known that it is the client's. Event loop only.
 */
final class ResponseFlow implements ResponseSink {
  /** More interim responses than any server sends; each costs memory and wakes the client. */
  private static final int MOST_INTERIMS = 32;

  /** The exchange, whose phases are one for both sides. */
  interface Stage {
    ExchangePhase phase();

    /** The one mover of the phase. */
    void enter(ExchangePhase next);

    /** The one exit. */
    void finish(Ending how);
  }

  private final LoopResources loop;
  private final RelayConfig config;
  private final ClientStream client;
  private final RequestBody body;
  private final Attempts attempts;
  private final ExchangeTimeouts timeouts;
  private final Stage stage;
  private Response response; // null until its head
  private HeldAnswer held; // null unless the response is not the client's yet
  private int interims;
  private boolean readingPaused;
  private boolean heldUp; // by its client, once at least: reading was paused

  ResponseFlow(
      LoopResources loop,
      RelayConfig config,
      ClientStream client,
      RequestBody body,
      Attempts attempts,
      ExchangeTimeouts timeouts,
      Stage stage) {
    this.loop = loop;
    this.config = config;
    this.client = client;
    this.body = body;
    this.attempts = attempts;
    this.timeouts = timeouts;
    this.stage = stage;
  }

  /** Begins the next try, once it has a place. */
  void call() {
    stage.enter(ExchangePhase.CALLING);
    readingPaused = false; // that was another stream
    heldUp = false;
    timeouts.attempt(attempts.target().upstream().config());
    interims = 0;
    if (!body.complete()) {
      client.setReading(false); // until there is somebody to take the body
    }
    if (!attempts.waits()) {
      attempts.begin(this, this::onSent);
    }
  }

  /** Time has passed: whether a try that waits has a place now, or waits no longer. */
  void awaitPlace() {
    if (!attempts.waits()) {
      return;
    }
    if (attempts.placed()) {
      call();
    } else if (!attempts.waits()) {
      giveUp(attempts.failure());
    }
  }

  private void onSent() {
    timeouts.moved();
    client.setReading(body.takesMore());
  }

  /** It is no progress: else an upstream could go on so for ever. */
  @Override
  public void interim(HttpResponse head) {
    if (++interims > MOST_INTERIMS) {
      overdue(Ending.TOO_MANY_INTERIMS);
    } else if (stage.phase() != ExchangePhase.DRAINING && head.status().code() != 100) {
      client.interim(head);
      clientWritable(client.writable());
    }
  }

  @Override
  public void head(HttpResponse head, BodyFraming framing) {
    int status = head.status().code();
    if (attempts.again(status)) {
      client.flush(); // interim responses may have come before it
      call();
      return;
    }
    timeouts.answered();
    CallRecorder row = attempts.rows().present();
    response = Response.begin(row, head, client.alloc(), config.usage().window(), loop.stats());
    boolean open = stage.phase() == ExchangePhase.CALLING;
    RetryOn why = open && HeldBody.mayHold(framing) ? attempts.insteadOf(status) : null;
    if (why != null || (open && attempts.awaitsEvent() && response.streams())) {
      held = new HeldAnswer(why, attempts.rows().present(), head, framing, response);
      response.hold(framing, client.alloc());
      timeouts.held(why == null);
      stage.enter(ExchangePhase.HOLDING);
    } else {
      take(head, framing);
    }
  }

  /** The response is the client's. */
  private void take(HttpResponse head, BodyFraming framing) {
    held = null;
    if (stage.phase() != ExchangePhase.DRAINING) {
      attempts.taken(head);
      stream(head, framing);
    }
  }

  private void stream(HttpResponse head, BodyFraming framing) {
    stage.enter(ExchangePhase.STREAMING);
    boolean asked = body.edits().usageOption() == BodyEdits.UsageOption.ADDED;
    OwnError.Field row = attempts.rows().name(config.row().idHeader());
    if (row != null) {
      head.headers().set(row.name(), row.value());
    }
    attempts.tellLimits(head);
    response.deliver(asked, attempts.target().upstream().config(), client, head, framing);
    clientWritable(client.writable());
    if (body.stopped()) {
      client.setReading(true); // so that it can finish, and read the response
    }
  }

  @Override
  public void payload(ByteBuf buf, int index, int length) {
    response.payload(buf, index, length);
  }

  @Override
  public void hole(ByteBuf buf, int index, int length) {
    response.hole(buf, index, length);
  }

  @Override
  public void bytes(ByteBuf buf, int forwardable, boolean last) {
    timeouts.moved();
    response.bytes(buf, forwardable, last);
    if (held != null) {
      decide(last);
    } else if (response.drainedBytes() > config.usage().drainBytes()) {
      stage.finish(Ending.CLIENT_GONE);
    }
  }

  /** More has come of a response that is not the client's yet: now it may be known whose it is. */
  private void decide(boolean whole) {
    boolean came = response.firstEventCame();
    boolean event = held.why() == null && (whole || came);
    if (event && response.firstEventFailed() && attempts.mayGoElsewhere(RetryOn.ERROR_EVENT)) {
      held = held.because(RetryOn.ERROR_EVENT);
      timeouts.held(false);
    } else if (event || response.holdsTooMuch()) {
      take(held.head(), held.framing());
    }
  }

  @Override
  public void readComplete() {
    if (response != null) {
      response.readComplete();
    }
    if (stage.phase() != ExchangePhase.DRAINING) {
      client.flush();
    }
  }

  @Override
  public void end(boolean bareTerminator) {
    response.complete(bareTerminator);
    if (held != null) {
      attempts.over();
      if (passOver(null)) {
        return;
      }
      take(held.head(), held.framing()); // there was another to go to, and is not any more
    } else {
      attempts.whole();
    }
    boolean drained = stage.phase() == ExchangePhase.DRAINING;
    boolean failed = attempts.rows().present().status() >= 400;
    Ending whole = response.sawError() ? Ending.ERROR_IN_STREAM : Ending.COMPLETED;
    stage.finish(drained ? Ending.CLIENT_GONE : failed ? Ending.UPSTREAM_ERROR : whole);
  }

  /**
   * A response that is not the client's is over; whether it goes on elsewhere.
   *
   * @param cut how it ended before it was whole; null: it is whole
   */
  private boolean passOver(Ending cut) {
    if (held.why() == null || !attempts.again(held, cut)) {
      return false;
    }
    held = null;
    response = null;
    client.flush(); // interim responses may have come before it
    call();
    return true;
  }

  @Override
  public void failed(UpstreamFailure why) {
    if (!open()) {
      attempts.brokeOff(why, heldUp);
      boolean drained = stage.phase() == ExchangePhase.DRAINING;
      stage.finish(drained ? Ending.CLIENT_GONE : Ending.of(why));
    } else if (held != null && held.why() != null) { // what it says counts, not how it ended
      attempts.over();
      if (!passOver(Ending.of(why))) {
        fail(Ending.BROKE_OFF);
      }
    } else if (attempts.again(why, response)) {
      again();
    } else {
      giveUp(Ending.of(why));
    }
  }

  /** Something has taken too long, or is too much. */
  void overdue(Ending why) {
    if (held != null && why == Ending.ANSWER_STALLED) {
      if (!passOver(why)) {
        take(held.head(), held.framing());
        readComplete();
      }
    } else if (open() && attempts.again(why, response)) {
      again();
    } else if (open() && RetryRules.of(why) != null) {
      fail(why);
    } else {
      stage.finish(why);
    }
  }

  /** Whether no answer is the client's yet. */
  private boolean open() {
    ExchangePhase phase = stage.phase();
    return phase == ExchangePhase.CALLING || phase == ExchangePhase.HOLDING;
  }

  /** The present try has come to nothing, and is followed by another. */
  private void again() {
    drop();
    client.flush(); // interim responses may have come before it
    call();
  }

  private void giveUp(Ending how) {
    fail(how.status() == 0 ? Ending.BROKE_OFF : how);
  }

  /** None is tried any more: the client gets what the last upstream answered, if one did. */
  private void fail(Ending how) {
    HeldAnswer last = attempts.lastAnswer();
    if (last == null) {
      stage.finish(how);
      return;
    }
    attempts.taken(last, how, response);
    drop();
    response = last.response();
    stream(last.head(), last.framing());
    stage.finish(last.whole());
  }

  /** Lets a response go that is not the client's. */
  private void drop() {
    if (held != null) {
      response.stopDelivery();
      held = null;
    }
    response = null;
  }

  @Override
  public void upstreamWritable(boolean writable) {
    if (writable) {
      if (stage.phase() == ExchangePhase.CALLING) {
        timeouts.moved();
      }
      body.pump();
      attempts.stream().flush();
    }
    if (stage.phase() != ExchangePhase.DRAINING) {
      client.setReading(body.takesMore());
    }
  }

  /** Whether the client takes more of the response at present. */
  void clientWritable(boolean writable) {
    ExchangePhase phase = stage.phase();
    boolean reads = phase != ExchangePhase.DRAINING && phase.open();
    if (reads && attempts.stream() != null && readingPaused == writable) {
      readingPaused = !writable;
      heldUp |= readingPaused;
      timeouts.moved();
      attempts.stream().setReading(writable);
    }
  }

  /** Whether the upstream is not read, since the client takes no more. */
  boolean readingPaused() {
    return readingPaused;
  }

  /** Finds out whether the client of a response is still there; false: it cannot be found out. */
  boolean probe() {
    return attempts.stream() != null && response.probe(attempts.stream().betweenChunks());
  }

  /** Tells a client that waits for the next event that the stream lives. */
  void beat(long now) {
    if (timeouts.beatDue(now) && response.beat()) {
      loop.stats().count(Metric.HEARTBEATS);
      client.flush();
    }
  }

  /** What is held of the response. */
  long heldBytes() {
    return attempts.heldBytes() + (response == null ? 0 : response.heldBytes());
  }

  /** From now on the response is read for its record alone. */
  void drain() {
    held = null;
    stopDelivery();
    attempts.stream().setReading(true);
  }

  /** The record of the last row; null: there is none. */
  UsageRecord record(Ending how) {
    CallRows rows = attempts.rows();
    CallRecorder row = rows.present();
    if (row == null) {
      return null;
    }
    if (response == null) {
      return rows.end(row, how, UsageReading.NONE);
    }
    response.over(row);
    return rows.end(row, how, response.read(loop.stats()));
  }

  /** Gives the client its proper end. */
  void end() {
    response.end();
  }

  /** The client gets no more of it. */
  void stopDelivery() {
    if (response != null && response.stopDelivery()) {
      loop.stats().count(Metric.HIDDEN_FRAMES);
    }
  }
}

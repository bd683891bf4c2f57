package dev.tailtap.exchange;

import dev.tailtap.config.UsageConfig;
import dev.tailtap.http1.BodyFraming;
import dev.tailtap.limits.Permit;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Metric;
import dev.tailtap.upstream.Lessee;
import dev.tailtap.upstream.ResponseSink;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamFailure;
import dev.tailtap.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponse;

/**
 * The life of one admitted request, on the event loop of its client: an {@link Attempt} takes the
 * upload to the upstream, the answer comes back past the tap, and every path meets in {@link
 * #finish}, which makes exactly one record. {@link ExchangePhase} is the diagram.
 *
 * <p>The request's first byte waits until the journal has its beginning; with {@code
 * usage.settle=before-end} the proper end of the answer waits until the record is on the disk.
 */
final class Exchange implements Lessee, ResponseSink, LoopSweep.Swept {
  /** More interim answers than any server sends; each costs memory and wakes the client. */
  private static final int MOST_INTERIMS = 32;

  private final LoopShare share;
  private final ClientStream client;
  private final Upstream upstream;
  private final Upload upload;
  private final Attempt attempt;
  private final Call call;
  private final Permit permit;
  private final Deadlines deadlines;

  private ExchangePhase phase = ExchangePhase.UPLOADING;
  private Answer answer; // null until its head
  private int interims;
  private boolean readingPaused;
  private Ending ending; // null until the end
  private boolean headSent;

  Exchange(
      LoopShare share,
      ClientStream client,
      UpstreamRequest request,
      Upload upload,
      Call call,
      Permit permit) {
    this.share = share;
    this.client = client;
    this.upload = upload;
    this.call = call;
    this.permit = permit;
    upstream = request.upstream();
    attempt = new Attempt(share, request, upload, this, this);
    deadlines = new Deadlines(share, upstream.config());
  }

  /** Sets out; the parts of the body follow. */
  void begin() {
    share.sweep().add(this);
    permit.begin();
    share.ledger().opened(call.open(), () -> client.onLoop(this::opened));
    if (upload.ready()) {
      connect();
    }
  }

  /** The next part of the request body; ownership passes. */
  void upload(ByteBuf part, boolean last) {
    if (phase != ExchangePhase.STREAMING) {
      deadlines.moved();
    }
    if (!upload.accept(part, last)) {
      finish(Ending.BODY_GREW_TOO_LARGE);
    } else if (phase == ExchangePhase.UPLOADING && upload.ready()) {
      connect();
    }
  }

  /** The client's read loop is over. */
  void uploadReadComplete() {
    if (attempt.connection() != null) {
      attempt.connection().flush();
    }
  }

  /** Whether the whole request has come. */
  boolean uploaded() {
    return upload.complete();
  }

  /** What is held for it, apart from what waits for its client. */
  long heldBytes() {
    return upload.heldBytes() + (answer == null ? 0 : answer.heldBytes());
  }

  /** Whether the client takes more of the answer at present. */
  void clientWritable(boolean writable) {
    boolean reads = phase == ExchangePhase.STREAMING || phase == ExchangePhase.CALLING;
    if (reads && attempt.connection() != null && readingPaused == writable) {
      readingPaused = !writable;
      deadlines.moved();
      attempt.connection().setReading(writable);
    }
  }

  /**
   * The client ended its side, as one does that leaves, and as one may that only has no more to
   * send; that shows once something is written to it.
   *
   * @return false: it is to be taken for gone
   */
  boolean clientHalfClosed() {
    if (!upload.complete()) {
      return false;
    }
    return switch (phase) {
      case UPLOADING, CALLING -> client.probe();
      case STREAMING ->
          attempt.connection() != null && answer.probe(attempt.connection().betweenChunks());
      case DRAINING, SETTLING, OVER -> true;
    };
  }

  /** The client closed its connection. */
  void clientGone() {
    boolean drain =
        share.config().usage().onClientAbort() == UsageConfig.OnClientAbort.DRAIN
            && attempt.sent()
            && upload.complete();
    if (phase == ExchangePhase.SETTLING) {
      over(true, false);
    } else if (drain) {
      drain();
    } else {
      finish(Ending.CLIENT_GONE);
    }
  }

  private void drain() {
    enter(ExchangePhase.DRAINING);
    deadlines.clientGone();
    upload.taken(); // nothing is sent again for nobody
    stopDelivery();
    attempt.connection().setReading(true);
  }

  /** The client's connection does not want it any longer. */
  void turnOut(Ending why) {
    finish(why);
  }

  @Override
  public void leased(UpstreamStream stream) {
    if (attempt.leased(stream)) {
      sent();
    }
  }

  private void opened() {
    if (phase.open() && attempt.opened()) {
      sent();
    }
  }

  private void sent() {
    deadlines.moved();
    client.setReading(upload.takesMore());
  }

  @Override
  public void unreachable(UpstreamFailure why) {
    attempt.over();
    call.failedBy(why);
    finish(Ending.of(why));
  }

  /** It is no progress: else an upstream could go on so for ever. */
  @Override
  public void interim(HttpResponse head) {
    if (++interims > MOST_INTERIMS) {
      finish(Ending.TOO_MANY_INTERIMS);
    } else if (phase != ExchangePhase.DRAINING && head.status().code() != 100) {
      client.interim(head);
      clientWritable(client.writable());
    }
  }

  @Override
  public void head(HttpResponse head, BodyFraming framing) {
    if (attempt.takesTheQuestionBack(head.status().code())) {
      client.flush(); // interim answers may have come before it
      connect();
      return;
    }
    attempt.taken();
    deadlines.moved();
    answer = Answer.begin(share, call, head, attempt.connection().channel().alloc());
    if (phase != ExchangePhase.DRAINING) {
      stream(head, framing);
    }
  }

  private void stream(HttpResponse head, BodyFraming framing) {
    enter(ExchangePhase.STREAMING);
    answer.deliver(upload.asked(), upstream.config(), client, head, framing);
    clientWritable(client.writable());
    if (upload.stopped()) {
      client.setReading(true); // so that it can finish, and read the answer
    }
  }

  @Override
  public void payload(ByteBuf buf, int index, int length) {
    answer.payload(buf, index, length);
  }

  @Override
  public void hole(ByteBuf buf, int index, int length) {
    answer.hole(buf, index, length);
  }

  @Override
  public void bytes(ByteBuf buf, int forwardable, boolean last) {
    deadlines.moved();
    answer.bytes(buf, forwardable, last);
    if (answer.drainedBytes() > share.config().usage().drainBytes()) {
      finish(Ending.CLIENT_GONE);
    }
  }

  @Override
  public void readComplete() {
    if (answer != null) {
      answer.readComplete();
    }
    client.flush();
  }

  @Override
  public void end(boolean bareTerminator) {
    attempt.over();
    answer.complete(bareTerminator);
    if (phase == ExchangePhase.DRAINING) {
      finish(Ending.CLIENT_GONE);
    } else if (call.status() >= 400) {
      finish(Ending.UPSTREAM_ERROR);
    } else {
      finish(answer.sawError() ? Ending.ERROR_IN_STREAM : Ending.COMPLETED);
    }
  }

  @Override
  public void failed(UpstreamFailure why) {
    if (phase == ExchangePhase.CALLING && attempt.repeats(why)) {
      connect();
      return;
    }
    attempt.over();
    call.failedBy(why);
    finish(phase == ExchangePhase.DRAINING ? Ending.CLIENT_GONE : Ending.of(why));
  }

  @Override
  public void upstreamWritable(boolean writable) {
    if (writable) {
      if (phase == ExchangePhase.CALLING) {
        deadlines.moved();
      }
      upload.pump();
      attempt.connection().flush();
    }
    if (phase != ExchangePhase.DRAINING) {
      client.setReading(upload.takesMore());
    }
  }

  @Override
  public boolean sweep(long now) {
    if (phase == ExchangePhase.SETTLING) {
      settlingFor(now);
    } else if (phase.open()) {
      boolean listening = client.reading();
      Ending overdue = deadlines.overdue(phase, readingPaused, upload, attempt, listening, now);
      if (overdue != null) {
        finish(overdue);
      } else if (phase == ExchangePhase.STREAMING && !readingPaused) {
        beat(now);
      }
    }
    return phase != ExchangePhase.OVER;
  }

  @Override
  public void shutdown(boolean now) {
    if (now) {
      finish(Ending.STOPPED);
      over(true, true);
    }
  }

  /** Tells a client that waits for the next event that the stream lives. */
  private void beat(long now) {
    if (deadlines.beatDue(now) && answer.beat()) {
      share.stats().count(Metric.HEARTBEATS);
      client.flush();
    }
  }

  private void connect() {
    enter(ExchangePhase.CALLING);
    deadlines.moved();
    if (!upload.complete()) {
      client.setReading(false); // until there is somebody to take the body
    }
    attempt.begin();
  }

  /** The one exit: the upstream is let go, the record made, and then the client told. */
  private void finish(Ending how) {
    if (ending != null) {
      return;
    }
    ending = how;
    headSent = phase == ExchangePhase.STREAMING;
    boolean listens = phase != ExchangePhase.DRAINING;
    enter(ExchangePhase.SETTLING);
    deadlines.moved();
    attempt.letGo();
    call.requestOver(upload.bytes(), upload.reading());
    if (answer != null) {
      call.answerOver(answer.receivedBytes(), answer.firstByteNanos());
    }
    UsageRecord record = call.end(how, usage(), share.stats(), share.log());
    if (listens && waitsForItsRecord()) {
      client.flush(); // data never waits
      share.ledger().settle(record, () -> client.onLoop(() -> over(true, true)));
    } else {
      share.ledger().settle(record, () -> {});
      over(true, listens);
    }
  }

  /** Whether the client is about to see a proper end, which it may take as a receipt. */
  private boolean waitsForItsRecord() {
    boolean wanted = share.config().usage().settle() == UsageConfig.Settle.BEFORE_END;
    return wanted && (ending.whole() || (!headSent && ending.status() != 0));
  }

  /** A slow disk keeps nobody from the end of an answer; one that is known to fail does. */
  private void settlingFor(long now) {
    if (deadlines.settled(now)) {
      share.stats().count(Metric.SETTLE_TIMEOUTS);
      over(share.ledger().safe(), true);
    }
  }

  /**
   * All is let go, and the client told.
   *
   * @param properly false: it must not take the end for a receipt, and is cut
   * @param listens whether it is still there
   */
  private void over(boolean properly, boolean listens) {
    if (phase != ExchangePhase.SETTLING) {
      return;
    }
    enter(ExchangePhase.OVER);
    if (ending.whole() && properly) {
      answer.end();
    }
    stopDelivery();
    upload.close();
    permit.close();
    if (listens) {
      client.exchangeOver(properly ? ending : Ending.CUT, headSent);
    }
  }

  /** The one mover of the phase. */
  private void enter(ExchangePhase next) {
    assert phase.leadsTo(next) : phase + " does not lead to " + next;
    phase = next;
  }

  private UsageReading usage() {
    UsageReading usage = answer == null ? UsageReading.NONE : answer.read(share.stats());
    return usage.noted(Asking.of(call.dialect(), upload, attempt).token());
  }

  private void stopDelivery() {
    if (answer != null && answer.stopDelivery()) {
      share.stats().count(Metric.HIDDEN_FRAMES);
    }
  }
}

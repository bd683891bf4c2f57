package dev.tailtap.exchange;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.UsageConfig;
import dev.tailtap.http1.BodyFraming;
import dev.tailtap.limits.Permit;
import dev.tailtap.loop.Sweepable;
import dev.tailtap.record.UsageReading;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Metric;
import dev.tailtap.upstream.ResponseSink;
import dev.tailtap.upstream.UpstreamFailure;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponse;
import java.time.Instant;

/**
 * The life of one admitted request, on the event loop of its client: {@link Attempts} take its body
 * to an upstream, the response comes back past the tap, and every path meets in {@link #finish},
 * which makes exactly one record. {@link ExchangePhase} is the diagram.
 *
 * <p>The request's first byte waits until the journal has its beginning; with {@code
 * usage.settle=before-end} the proper end of the response waits until the record is on the disk.
 */
public final class Exchange implements ResponseSink, Sweepable {
  /** More interim responses than any server sends; each costs memory and wakes the client. */
  private static final int MOST_INTERIMS = 32;

  private final LoopResources loop;
  private final RelayConfig config;
  private final ClientStream client;
  private final RequestBody body;
  private final Attempts attempts;
  private final CallRecorder recorder;
  private final Permit permit;
  private final ExchangeTimeouts timeouts;

  private ExchangePhase phase = ExchangePhase.UPLOADING;
  private Response response; // null until its head
  private int interims;
  private boolean readingPaused;
  private Ending ending; // null until the end
  private boolean headSent;

  /** Of a request whose body follows, for its client. */
  public Exchange(LoopResources loop, ClientStream client, AdmittedRequest admitted) {
    this.loop = loop;
    this.client = client;
    config = admitted.generation().config();
    permit = admitted.permit();
    recorder = CallRecorder.of(loop, admitted, Instant.now(), System.nanoTime());
    body = RequestBody.of(client.alloc(), admitted, recorder.dialect(), loop.memory());
    attempts = new Attempts(loop, admitted, body, this, this::onSent);
    timeouts = new ExchangeTimeouts(loop, config, admitted.upstream().config());
  }

  /** Sets out; the parts of the body follow. */
  public void begin() {
    loop.sweep().add(this);
    permit.begin();
    loop.ledger().open(recorder.open(), () -> client.onLoop(this::onJournaled));
    if (body.ready()) {
      connect();
    }
  }

  /** The next part of the request body; ownership passes. */
  public void requestBody(ByteBuf part, boolean last) {
    if (phase != ExchangePhase.STREAMING) {
      timeouts.moved();
    }
    if (!body.accept(part, last)) {
      finish(Ending.BODY_GREW_TOO_LARGE);
    } else if (phase == ExchangePhase.UPLOADING && body.ready()) {
      connect();
    }
  }

  /** The client's read loop is over. */
  public void requestReadComplete() {
    if (attempts.stream() != null) {
      attempts.stream().flush();
    }
  }

  /** Whether the whole request has come. */
  public boolean requestComplete() {
    return body.complete();
  }

  /** What is held for it, apart from what waits for its client. */
  public long heldBytes() {
    return body.heldBytes() + (response == null ? 0 : response.heldBytes());
  }

  /** Whether the client takes more of the response at present. */
  public void clientWritable(boolean writable) {
    boolean reads = phase == ExchangePhase.STREAMING || phase == ExchangePhase.CALLING;
    if (reads && attempts.stream() != null && readingPaused == writable) {
      readingPaused = !writable;
      timeouts.moved();
      attempts.stream().setReading(writable);
    }
  }

  /**
   * The client ended its side, as one does that leaves, and as one may that only has no more to
   * send; that shows once something is written to it.
   *
   * @return false: it is to be taken for gone
   */
  public boolean clientHalfClosed() {
    if (!body.complete()) {
      return false;
    }
    return switch (phase) {
      case UPLOADING, CALLING -> client.probe();
      case STREAMING ->
          attempts.stream() != null && response.probe(attempts.stream().betweenChunks());
      case DRAINING, SETTLING, OVER -> true;
    };
  }

  /** The client closed its connection. */
  public void clientGone() {
    boolean drain =
        config.usage().onClientAbort() == UsageConfig.OnClientAbort.DRAIN
            && attempts.sent()
            && body.complete();
    if (phase == ExchangePhase.SETTLING) {
      conclude(true, false);
    } else if (drain) {
      drain();
    } else {
      finish(Ending.CLIENT_GONE);
    }
  }

  private void drain() {
    enter(ExchangePhase.DRAINING);
    timeouts.clientGone();
    body.taken(); // nothing is sent again for nobody
    stopDelivery();
    attempts.stream().setReading(true);
  }

  /** Ends it for a reason of the client's side. */
  public void abort(Ending why) {
    finish(why);
  }

  private void onJournaled() {
    if (phase.open()) {
      attempts.onJournaled();
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
      finish(Ending.TOO_MANY_INTERIMS);
    } else if (phase != ExchangePhase.DRAINING && head.status().code() != 100) {
      client.interim(head);
      clientWritable(client.writable());
    }
  }

  @Override
  public void head(HttpResponse head, BodyFraming framing) {
    int status = head.status().code();
    if (attempts.again(status)) {
      client.flush(); // interim responses may have come before it
      connect();
      return;
    }
    attempts.taken(status);
    timeouts.moved();
    response = Response.begin(recorder, head, client.alloc(), config.usage().window());
    if (phase != ExchangePhase.DRAINING) {
      stream(head, framing);
    }
  }

  private void stream(HttpResponse head, BodyFraming framing) {
    enter(ExchangePhase.STREAMING);
    response.deliver(
        body.usageOption() == RequestBody.UsageOption.ADDED,
        attempts.upstream().config(),
        client,
        head,
        framing);
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
    if (response.drainedBytes() > config.usage().drainBytes()) {
      finish(Ending.CLIENT_GONE);
    }
  }

  @Override
  public void readComplete() {
    if (response != null) {
      response.readComplete();
    }
    if (phase != ExchangePhase.DRAINING) {
      client.flush();
    }
  }

  @Override
  public void end(boolean bareTerminator) {
    attempts.over();
    response.complete(bareTerminator);
    if (phase == ExchangePhase.DRAINING) {
      finish(Ending.CLIENT_GONE);
    } else if (recorder.status() >= 400) {
      finish(Ending.UPSTREAM_ERROR);
    } else {
      finish(response.sawError() ? Ending.ERROR_IN_STREAM : Ending.COMPLETED);
    }
  }

  @Override
  public void failed(UpstreamFailure why) {
    if (phase == ExchangePhase.CALLING && attempts.again(why)) {
      connect();
      return;
    }
    attempts.over();
    recorder.failedBy(why);
    finish(phase == ExchangePhase.DRAINING ? Ending.CLIENT_GONE : Ending.of(why));
  }

  @Override
  public void upstreamWritable(boolean writable) {
    if (writable) {
      if (phase == ExchangePhase.CALLING) {
        timeouts.moved();
      }
      body.pump();
      attempts.stream().flush();
    }
    if (phase != ExchangePhase.DRAINING) {
      client.setReading(body.takesMore());
    }
  }

  @Override
  public boolean sweep(long now) {
    if (phase == ExchangePhase.SETTLING) {
      settlingFor(now);
    } else if (phase.open()) {
      boolean listening = client.reading();
      Ending overdue = timeouts.overdue(phase, readingPaused, body, attempts, listening, now);
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
      conclude(true, true);
    }
  }

  /** Tells a client that waits for the next event that the stream lives. */
  private void beat(long now) {
    if (timeouts.beatDue(now) && response.beat()) {
      loop.stats().count(Metric.HEARTBEATS);
      client.flush();
    }
  }

  private void connect() {
    enter(ExchangePhase.CALLING);
    timeouts.attempt(attempts.upstream().config());
    if (!body.complete()) {
      client.setReading(false); // until there is somebody to take the body
    }
    attempts.begin();
  }

  /** The one exit: the upstream is let go, the record made, and then the client told. */
  private void finish(Ending how) {
    if (ending != null) {
      return;
    }
    ending = how;
    headSent = phase == ExchangePhase.STREAMING;
    boolean listens = phase != ExchangePhase.DRAINING && how != Ending.CLIENT_GONE;
    enter(ExchangePhase.SETTLING);
    timeouts.moved();
    attempts.abandon();
    body.close();
    recorder.requestOver(body.bytes(), body.reading());
    if (response != null) {
      recorder.responseOver(response.receivedBytes(), response.firstByteNanos());
    }
    UsageRecord record = recorder.end(how, usage(), loop.stats(), loop.log());
    if (listens && waitsForItsRecord()) {
      client.flush(); // data never waits
      loop.ledger().close(record, () -> client.onLoop(() -> conclude(true, true)));
    } else {
      loop.ledger().close(record, () -> {});
      conclude(true, listens);
    }
  }

  /** Whether the client is about to see a proper end, which it may take as a receipt. */
  private boolean waitsForItsRecord() {
    boolean wanted = config.usage().settle() == UsageConfig.Settle.BEFORE_END;
    return wanted && (ending.whole() || (!headSent && ending.status() != 0));
  }

  /** A slow disk keeps nobody from the end of a response; one that is known to fail does. */
  private void settlingFor(long now) {
    if (timeouts.settled(now)) {
      loop.stats().count(Metric.SETTLE_TIMEOUTS);
      conclude(loop.ledger().safe(), true);
    }
  }

  /**
   * All is let go, and the client told.
   *
   * @param properly false: it must not take the end for a receipt, and is cut
   * @param listens whether it is still there
   */
  private void conclude(boolean properly, boolean listens) {
    if (phase != ExchangePhase.SETTLING) {
      return;
    }
    enter(ExchangePhase.OVER);
    if (ending.whole() && properly) {
      response.end();
    }
    stopDelivery();
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
    UsageReading usage = response == null ? UsageReading.NONE : response.read(loop.stats());
    return usage.noted(UsageAskedBy.of(recorder.dialect(), body).token());
  }

  private void stopDelivery() {
    if (response != null && response.stopDelivery()) {
      loop.stats().count(Metric.HIDDEN_FRAMES);
    }
  }
}

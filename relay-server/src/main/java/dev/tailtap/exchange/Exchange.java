package dev.tailtap.exchange;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.UsageConfig;
import dev.tailtap.http1.ErrorShape;
import dev.tailtap.http1.OwnError;
import dev.tailtap.limits.Denial;
import dev.tailtap.limits.Permit;
import dev.tailtap.loop.Sweepable;
import dev.tailtap.record.UsageRecord;
import dev.tailtap.stats.Metric;
import io.netty.buffer.ByteBuf;

/**
 * The life of one admitted request, on the event loop of its client: its route is found, {@link
 * Attempts} take its body to an upstream, the response comes back past the tap, and every path
 * meets in {@link #finish}, after which each try of which a byte left has exactly one record.
 * {@link ExchangePhase} is the diagram; {@link ResponseFlow} is the side that faces upstreams.
 *
 * <p>The request's first byte waits until the journal has its beginning; with {@code
 * usage.settle=before-end} the proper end of the response waits until the record is on the disk.
 */
public final class Exchange implements ResponseFlow.Stage, Sweepable {
  private final LoopResources loop;
  private final RelayConfig config;
  private final ClientStream client;
  private final RequestBody body;
  private final Attempts attempts;
  private final ResponseFlow flow;
  private final Permit permit;
  private final ExchangeTimeouts timeouts;

  private ExchangePhase phase = ExchangePhase.UPLOADING;
  private Routing routing; // null once it is said where the request goes
  private Ending ending; // null until the end
  private boolean headSent;
  private ErrorShape errorShape; // null until it is said where the request goes

  /** Of a request whose body follows, for its client. */
  public Exchange(LoopResources loop, ClientStream client, AdmittedRequest admitted) {
    this.loop = loop;
    this.client = client;
    config = admitted.generation().config();
    permit = admitted.permit();
    body = RequestBody.of(client.alloc(), admitted, loop);
    routing = new Routing(loop, admitted, body, this::advance);
    attempts = new Attempts(loop, client, admitted, body);
    timeouts = new ExchangeTimeouts(loop, config);
    flow = new ResponseFlow(loop, config, client, body, attempts, timeouts, this);
  }

  /** Sets out; the parts of the body follow. */
  public void begin() {
    loop.sweep().add(this);
    advance();
  }

  /** The next part of the request body; ownership passes. */
  public void requestBody(ByteBuf part, boolean last) {
    if (phase != ExchangePhase.STREAMING) {
      timeouts.moved();
    }
    if (!body.accept(part, last)) {
      finish(
          body.said().namesTwoModels()
              ? Ending.TWO_MODELS
              : body.said().isDoubtful() ? Ending.MODEL_UNREADABLE : Ending.BODY_GREW_TOO_LARGE);
    } else {
      advance();
    }
  }

  /** Goes on once so much of the request is there as has to be. */
  private void advance() {
    if (phase != ExchangePhase.UPLOADING) {
      return;
    }
    if (routing != null) {
      route();
    }
    if (routing == null && phase == ExchangePhase.UPLOADING && body.ready()) {
      flow.call();
    }
  }

  /** Finds out where the request goes, as soon as that can be said. */
  private void route() {
    Denial denial = routing.choose();
    if (denial != null) {
      enter(ExchangePhase.OVER);
      attempts.rows().callOver(denial.why());
      body.close();
      permit.close();
      client.refused(denial);
    } else if (routing.selection() != null) {
      attempts.route(routing.selection(), routing.subject());
      timeouts.attempt(attempts.target().upstream().config());
      errorShape = routing.errorShape();
      routing = null;
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

  /** In which shape its client reads errors; for who answers in its place, once it is over. */
  public ErrorShape errorShape() {
    return errorShape == null ? routing.errorShape() : errorShape;
  }

  /** The field of an answer that names its row; null: it has none, or is not told. */
  public OwnError.Field row() {
    return attempts.rows().name(config.row().idHeader());
  }

  /** What is held for it, apart from what waits for its client. */
  public long heldBytes() {
    return body.heldBytes() + flow.heldBytes();
  }

  /** Whether the client takes more of the response at present. */
  public void clientWritable(boolean writable) {
    flow.clientWritable(writable);
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
      case UPLOADING, CALLING, HOLDING -> client.probe();
      case STREAMING -> flow.probe();
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
    attempts.settle(); // nothing is sent again for nobody
    flow.drain();
  }

  /** Ends it for a reason of the client's side. */
  public void abort(Ending why) {
    finish(why);
  }

  @Override
  public boolean sweep(long now) {
    attempts.sweep();
    if (phase == ExchangePhase.SETTLING) {
      settlingFor(now);
    } else if (phase.open()) {
      boolean listening = client.reading();
      boolean paused = flow.readingPaused();
      Ending overdue = timeouts.overdue(phase, paused, body, attempts, listening, now);
      if (overdue != null) {
        flow.overdue(overdue);
      } else if (phase == ExchangePhase.CALLING) {
        flow.awaitPlace();
      } else if (phase == ExchangePhase.STREAMING && !paused) {
        flow.beat(now);
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

  /** The one exit: the record is made, the upstream let go, and then the client told. */
  @Override
  public void finish(Ending how) {
    if (ending != null || phase == ExchangePhase.OVER) {
      return;
    }
    ending = how;
    if (routing != null) {
      routing.close();
    }
    headSent = phase == ExchangePhase.STREAMING;
    boolean listens = phase != ExchangePhase.DRAINING && how != Ending.CLIENT_GONE;
    enter(ExchangePhase.SETTLING);
    timeouts.moved();
    UsageRecord record = flow.record(how);
    attempts.close();
    body.close();
    if (record == null) { // nothing has left, or only what has its record
      boolean waits = listens && waitsForItsRecord();
      if (!waits || attempts.rows().settled(() -> conclude(true, true))) {
        conclude(true, listens);
      }
    } else if (listens && waitsForItsRecord()) {
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
      flow.end();
    }
    flow.stopDelivery();
    permit.close();
    attempts.rows().callOver(ending, headSent);
    if (listens) {
      client.exchangeOver(properly ? ending : Ending.CUT, headSent);
    }
  }

  @Override
  public ExchangePhase phase() {
    return phase;
  }

  @Override
  public void enter(ExchangePhase next) {
    assert phase.leadsTo(next) : phase + " does not lead to " + next;
    phase = next;
  }
}

package dev.tailtap.exchange;

import dev.tailtap.config.UsageConfig;
import dev.tailtap.stats.Metric;
import dev.tailtap.upstream.ResponseSink;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamConnection;
import dev.tailtap.upstream.UpstreamFailure;
import dev.tailtap.usage.BodyKind;
import dev.tailtap.usage.HeaderUsage;
import dev.tailtap.usage.Tap;
import dev.tailtap.usage.UsageReading;
import dev.tailtap.usage.UsageRecord;
import dev.tailtap.wire.BodyFraming;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;

/**
 * The life of one admitted request, on the event loop of its client: an {@link Attempt} takes the
 * upload to the upstream, the answer comes back past the tap, and every path meets in {@link
 * #finish}, which makes exactly one record.
 *
 * <pre>
 * UPLOADING ─► CALLING ─head─► STREAMING ─► SETTLING ─► OVER
 *     └───────────┴────────────────┴─ any ending ─┘
 * </pre>
 *
 * <p>The request's first byte waits until the journal has its beginning; with {@code
 * usage.settle=before-end} the proper end of the answer waits until the record is on the disk.
 */
final class Exchange implements ResponseSink, LoopSweep.Swept {
  private enum Phase {
    UPLOADING,
    CALLING,
    STREAMING,
    SETTLING,
    OVER
  }

  private final LoopShare share;
  private final ClientConnection client;
  private final Upstream upstream;
  private final Upload upload;
  private final Attempt attempt;
  private final Call call;
  private final Deadlines deadlines;

  private Phase phase = Phase.UPLOADING;
  private Answer answer; // null until its head
  private boolean readingPaused;
  private boolean clientGone; // only the upstream is left, and is being drained
  private Ending ending; // null until the end
  private boolean headSent;

  Exchange(
      LoopShare share, ClientConnection client, UpstreamRequest request, Upload upload, Call call) {
    this.share = share;
    this.client = client;
    this.upload = upload;
    this.call = call;
    upstream = request.upstream();
    attempt = new Attempt(share, request, upload, this);
    deadlines = new Deadlines(share, upstream.config());
  }

  /** Sets out; the parts of the body follow. */
  void begin() {
    share.sweep().add(this);
    share.ledger().opened(call.open(), () -> client.onLoop(this::opened));
    if (upload.ready()) {
      connect();
    }
  }

  /** The next part of the request body; ownership passes. */
  void upload(ByteBuf part, boolean last) {
    if (phase != Phase.STREAMING) {
      deadlines.moved();
    }
    if (!upload.accept(part, last)) {
      finish(Ending.BODY_GREW_TOO_LARGE);
    } else if (phase == Phase.UPLOADING && upload.ready()) {
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

  /** Whether the client takes more of the answer at present. */
  void clientWritable(boolean writable) {
    if (phase == Phase.STREAMING && attempt.connection() != null && readingPaused == writable) {
      readingPaused = !writable;
      deadlines.moved();
      attempt.connection().setReading(writable);
    }
  }

  /** The client closed its connection. */
  void clientGone() {
    if (phase == Phase.SETTLING) {
      clientGone = true;
      over();
      return;
    }
    boolean drain =
        share.config().usage().onClientAbort() == UsageConfig.OnClientAbort.DRAIN
            && attempt.sent()
            && upload.complete();
    if (!drain) {
      finish(Ending.CLIENT_GONE);
      return;
    }
    clientGone = true;
    deadlines.clientGone();
    stopDelivery();
    attempt.connection().setReading(true);
  }

  /** The client takes nothing of its answer. */
  void clientStalled() {
    finish(Ending.CLIENT_STALLED);
  }

  void badBody() {
    finish(Ending.BAD_REQUEST_BODY);
  }

  @Override
  public void leased(UpstreamConnection connection) {
    if (attempt.leased(connection)) {
      sent();
    }
  }

  private void opened() {
    if (phase.compareTo(Phase.SETTLING) < 0 && attempt.opened()) {
      sent();
    }
  }

  private void sent() {
    deadlines.moved();
    client.setReading(attempt.takesMore());
  }

  @Override
  public void unreachable(UpstreamFailure why) {
    attempt.over();
    finish(Ending.of(why));
  }

  @Override
  public void interim(HttpResponse head) {
    deadlines.moved();
    if (!clientGone && head.status().code() != 100) {
      client.interim(head);
    }
  }

  @Override
  public void head(HttpResponse head, BodyFraming framing) {
    if (attempt.takesTheQuestionBack(head.status().code())) {
      connect();
      return;
    }
    attempt.taken();
    phase = Phase.STREAMING;
    deadlines.moved();
    answer = answer(head, framing);
    clientWritable(clientGone || client.writable());
    if (upload.stopped()) {
      client.setReading(true); // so that it can finish, and read the answer
    }
  }

  private Answer answer(HttpResponse head, BodyFraming framing) {
    HttpHeaders headers = head.headers();
    String encoding = headers.get(HttpHeaderNames.CONTENT_ENCODING);
    BodyKind kind = BodyKind.of(headers.get(HttpHeaderNames.CONTENT_TYPE));
    int window = share.config().usage().window();
    Tap tap =
        new Tap(call.dialect(), kind, encoding, attempt.connection().channel().alloc(), window);
    String headCounts = HeaderUsage.of(headers);
    call.answered(head.status().code(), kind.streamed());
    boolean plainStream = kind == BodyKind.EVENT_STREAM && encoding == null;
    boolean hide = upload.asked() && plainStream;
    boolean beats = !upstream.config().heartbeat().isZero() && plainStream;
    Delivery delivery = clientGone ? null : client.deliver(head, framing, hide ? window : 0, beats);
    return new Answer(tap, headCounts, delivery);
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
      client.flush();
    }
  }

  @Override
  public void end(boolean bareTerminator) {
    attempt.over();
    answer.complete(bareTerminator);
    if (clientGone) {
      finish(Ending.CLIENT_GONE);
    } else if (call.status() >= 400) {
      finish(Ending.UPSTREAM_ERROR);
    } else {
      finish(answer.sawError() ? Ending.ERROR_IN_STREAM : Ending.COMPLETED);
    }
  }

  @Override
  public void failed(UpstreamFailure why) {
    if (phase == Phase.CALLING && !clientGone && attempt.repeats(why)) {
      connect();
      return;
    }
    attempt.over();
    finish(clientGone ? Ending.CLIENT_GONE : Ending.of(why));
  }

  @Override
  public void upstreamWritable(boolean writable) {
    if (!clientGone) {
      client.setReading(writable);
    }
  }

  @Override
  public boolean sweep(long now) {
    if (phase == Phase.SETTLING) {
      settlingFor(now);
    } else if (phase != Phase.OVER) {
      Ending overdue = overdue(now);
      if (overdue != null) {
        finish(overdue);
      } else if (phase == Phase.STREAMING && !readingPaused) {
        beat(now);
      }
    }
    return phase != Phase.OVER;
  }

  @Override
  public void shutdown(boolean now) {
    if (now) {
      finish(Ending.STOPPED);
      over();
    }
  }

  /** Tells a client that waits for the next event that the stream lives. */
  private void beat(long now) {
    if (deadlines.beatDue(now) && answer.beat()) {
      share.stats().count(Metric.HEARTBEATS);
      client.flush();
    }
  }

  private Ending overdue(long now) {
    if (clientGone) {
      return deadlines.draining(now);
    }
    Ending total = deadlines.total(now);
    if (total != null) {
      return total;
    }
    return switch (phase) {
      case SETTLING, OVER -> null;
      case UPLOADING -> deadlines.beforeHead(upload.complete(), now);
      case CALLING -> calling(now);
      case STREAMING -> readingPaused ? null : deadlines.streaming(now);
    };
  }

  private Ending calling(long now) {
    if (attempt.connecting()) {
      return deadlines.connecting(now);
    }
    return deadlines.beforeHead(!attempt.sent() || upload.waitsForUpstream(), now);
  }

  private void connect() {
    phase = Phase.CALLING;
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
    headSent = phase == Phase.STREAMING;
    phase = Phase.SETTLING;
    deadlines.moved();
    attempt.letGo();
    call.requestOver(upload.bytes(), upload.reading());
    if (answer != null) {
      call.answerOver(answer.receivedBytes(), answer.firstByteNanos());
    }
    UsageRecord record = call.end(how, usage(), share.stats());
    if (waitsForItsRecord()) {
      client.flush(); // data never waits
      share.ledger().settle(record, () -> client.onLoop(this::over));
    } else {
      share.ledger().settle(record, Exchange::nobodyWaits);
      over();
    }
  }

  /** Whether the client is about to see a proper end, which it may take as a receipt. */
  private boolean waitsForItsRecord() {
    boolean wanted = share.config().usage().settle() == UsageConfig.Settle.BEFORE_END;
    return wanted && !clientGone && (ending.whole() || (!headSent && ending.status() != 0));
  }

  private static void nobodyWaits() {}

  private void settlingFor(long now) {
    if (deadlines.settled(now)) {
      share.stats().count(Metric.SETTLE_TIMEOUTS);
      over();
    }
  }

  private void over() {
    if (phase != Phase.SETTLING) {
      return;
    }
    phase = Phase.OVER;
    if (ending.whole()) {
      answer.end();
    }
    stopDelivery();
    upload.close();
    share.admission().leave(upstream, client.network());
    if (!clientGone) {
      client.exchangeOver(ending, headSent);
    }
  }

  private UsageReading usage() {
    Asking asking =
        attempt.unasked() ? Asking.REFUSED : Asking.of(call.dialect(), upstream, upload);
    UsageReading usage = answer == null ? UsageReading.NONE : answer.read(share.stats());
    return usage.noted(asking.token());
  }

  private void stopDelivery() {
    if (answer != null && answer.stopDelivery()) {
      share.stats().count(Metric.HIDDEN_FRAMES);
    }
  }
}

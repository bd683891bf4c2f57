package dev.tailtap.exchange;

import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.config.UsageConfig;
import dev.tailtap.stats.Metric;
import dev.tailtap.upstream.ConnectAttempt;
import dev.tailtap.upstream.ResponseSink;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamConnection;
import dev.tailtap.upstream.UpstreamFailure;
import dev.tailtap.usage.BodyKind;
import dev.tailtap.usage.HeaderUsage;
import dev.tailtap.usage.Tap;
import dev.tailtap.usage.UsageReading;
import dev.tailtap.wire.BodyFraming;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.time.Duration;

/**
 * The life of one admitted request, on the event loop of its client: the upload goes to a leased
 * upstream connection, the answer comes back past the tap, and every path meets in {@link #finish},
 * which makes exactly one record.
 *
 * <pre>
 * UPLOADING ─► CONNECTING ─► AWAITING_HEAD ─► STREAMING ─► OVER
 *     └────────────┴───────────────┴──────────────┴─ any ending ─┘
 * </pre>
 */
final class Exchange implements ResponseSink, LoopSweep.Swept {
  private enum Phase {
    UPLOADING,
    CONNECTING,
    AWAITING_HEAD,
    STREAMING,
    OVER
  }

  private final LoopShare share;
  private final ClientConnection client;
  private final Upstream upstream;
  private final Upload upload;
  private final Call call;
  private final long startedNanos; // coarse

  private Phase phase = Phase.UPLOADING;
  private UpstreamRequest request; // null once it was taken: a stream has no use for it
  private boolean unasked; // sent once more, without our question for usage
  private ConnectAttempt attempt; // null: not connecting
  private UpstreamConnection connection; // null: not leased, or given back
  private Tap tap; // null until the head of the answer
  private String headCounts; // null: the head of the answer has none
  private Delivery delivery; // null until then, and once the client is gone
  private boolean readingPaused;
  private boolean bodyWhole; // the upstream has sent all of it
  private boolean bareTerminator; // of that body, see ResponseSink
  private long lastMoveNanos; // coarse: when the side that we wait for last did something
  private boolean clientGone; // only the upstream is left, and is being drained
  private long goneNanos; // coarse
  private long bytesSinceGone;

  Exchange(
      LoopShare share, ClientConnection client, UpstreamRequest request, Upload upload, Call call) {
    this.share = share;
    this.client = client;
    this.request = request;
    this.upload = upload;
    this.call = call;
    upstream = request.upstream();
    startedNanos = share.sweep().nowNanos();
    lastMoveNanos = startedNanos;
  }

  /** Sets out; the parts of the body follow. */
  void begin() {
    share.sweep().add(this);
    if (upload.ready()) {
      connect();
    }
  }

  /** The next part of the request body; ownership passes. */
  void upload(ByteBuf part, boolean last) {
    if (phase != Phase.STREAMING) {
      lastMoveNanos = share.sweep().nowNanos();
    }
    if (!upload.accept(part, last)) {
      finish(Ending.BODY_GREW_TOO_LARGE);
    } else if (phase == Phase.UPLOADING && upload.ready()) {
      connect();
    }
  }

  /** The client's read loop is over. */
  void uploadReadComplete() {
    if (connection != null) {
      connection.flush();
    }
  }

  /** Whether the whole request has come. */
  boolean uploaded() {
    return upload.complete();
  }

  /** Whether the client takes more of the answer at present. */
  void clientWritable(boolean writable) {
    if (connection != null && phase == Phase.STREAMING && readingPaused == writable) {
      readingPaused = !writable;
      lastMoveNanos = share.sweep().nowNanos();
      connection.setReading(writable);
    }
  }

  /** The client closed its connection. */
  void clientGone() {
    boolean drain =
        share.config().usage().onClientAbort() == UsageConfig.OnClientAbort.DRAIN
            && (phase == Phase.AWAITING_HEAD || phase == Phase.STREAMING)
            && upload.complete();
    if (!drain) {
      finish(Ending.CLIENT_GONE);
      return;
    }
    clientGone = true;
    goneNanos = share.sweep().nowNanos();
    dropDelivery();
    connection.setReading(true);
  }

  void badBody() {
    finish(Ending.BAD_REQUEST_BODY);
  }

  @Override
  public void leased(UpstreamConnection leased) {
    attempt = null;
    connection = leased;
    phase = Phase.AWAITING_HEAD;
    lastMoveNanos = share.sweep().nowNanos();
    leased.write(request.head(leased.channel().alloc(), upload));
    upload.attach(leased);
    leased.flush();
    client.setReading(leased.isWritable());
  }

  @Override
  public void unreachable(UpstreamFailure why) {
    attempt = null;
    finish(Ending.of(why));
  }

  @Override
  public void interim(HttpResponse head) {
    lastMoveNanos = share.sweep().nowNanos();
    if (!clientGone && head.status().code() != 100) {
      client.interim(head);
    }
  }

  @Override
  public void head(HttpResponse head, BodyFraming framing) {
    boolean refused = head.status().code() == 400 || head.status().code() == 422;
    if (refused && upload.asked()) {
      askNoMore();
      return;
    }
    if (unasked && !refused) {
      // So it was our question that it did not take.
      upstream.refusesQuestions();
      share.stats().add(Metric.ASKING_REFUSED, upstream.name(), 1);
    }
    request = null;
    upload.taken();
    phase = Phase.STREAMING;
    lastMoveNanos = share.sweep().nowNanos();
    HttpHeaders headers = head.headers();
    String contentType = headers.get(HttpHeaderNames.CONTENT_TYPE);
    String encoding = headers.get(HttpHeaderNames.CONTENT_ENCODING);
    BodyKind kind = BodyKind.of(contentType);
    int window = share.config().usage().window();
    tap = new Tap(call.dialect(), kind, encoding, connection.channel().alloc(), window);
    headCounts = HeaderUsage.of(headers);
    call.answered(head.status().code(), kind.streamed());
    if (!clientGone) {
      boolean hide = upload.asked() && kind == BodyKind.EVENT_STREAM && encoding == null;
      delivery = client.deliver(head, framing, hide ? window : 0);
    }
  }

  @Override
  public void payload(ByteBuf buf, int index, int length) {
    tap.payload(buf, index, length);
    if (delivery != null) {
      delivery.payload(buf, index, length);
    }
  }

  @Override
  public void hole(ByteBuf buf, int index, int length) {
    if (delivery != null) {
      delivery.hole(buf, index, length);
    }
  }

  @Override
  public void bytes(ByteBuf buf, int forwardable) {
    lastMoveNanos = share.sweep().nowNanos();
    int length = buf.readableBytes();
    call.received(length);
    if (delivery != null) {
      delivery.bytes(buf, forwardable);
      return;
    }
    buf.release();
    bytesSinceGone += length;
    if (bytesSinceGone > share.config().usage().drainBytes()) {
      finish(Ending.CLIENT_GONE);
    }
  }

  @Override
  public void readComplete() {
    if (tap != null) {
      tap.readComplete();
    }
    if (delivery != null) {
      client.flush();
    }
  }

  @Override
  public void end(boolean bareTerminator) {
    connection = null;
    bodyWhole = true;
    this.bareTerminator = bareTerminator;
    if (clientGone) {
      finish(Ending.CLIENT_GONE);
    } else if (call.status() >= 400) {
      finish(Ending.UPSTREAM_ERROR);
    } else {
      finish(tap.sawError() ? Ending.ERROR_IN_STREAM : Ending.COMPLETED);
    }
  }

  @Override
  public void failed(UpstreamFailure why) {
    connection = null;
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
    if (phase == Phase.OVER) {
      return false;
    }
    Ending overdue = clientGone ? overdueDrain(now) : overdue(now);
    if (overdue != null) {
      finish(overdue);
    }
    return phase != Phase.OVER;
  }

  @Override
  public void shutdown(boolean now) {
    if (now) {
      finish(Ending.STOPPED);
    }
  }

  private Ending overdueDrain(long now) {
    return passed(share.config().usage().drainTime(), goneNanos, now) ? Ending.CLIENT_GONE : null;
  }

  private Ending overdue(long now) {
    UpstreamConfig config = upstream.config();
    if (passed(config.totalTimeout(), startedNanos, now)) {
      return Ending.TOTAL_TIMEOUT;
    }
    return switch (phase) {
      case CONNECTING, OVER -> null; // connecting has a time limit of its own
      case UPLOADING, AWAITING_HEAD -> overdueBeforeHead(config, now);
      case STREAMING ->
          !passed(config.idleTimeout(), lastMoveNanos, now)
              ? null
              : readingPaused ? Ending.CLIENT_STALLED : Ending.IDLE_TIMEOUT;
    };
  }

  private Ending overdueBeforeHead(UpstreamConfig config, long now) {
    boolean upstreamsTurn = upload.complete() || (connection != null && !connection.isWritable());
    if (upstreamsTurn) {
      return passed(config.headTimeout(), lastMoveNanos, now) ? Ending.HEAD_TIMEOUT : null;
    }
    Duration limit = share.config().limits().requestStall();
    return passed(limit, lastMoveNanos, now) ? Ending.REQUEST_STALLED : null;
  }

  private static boolean passed(Duration limit, long since, long now) {
    return !limit.isZero() && now - since > limit.toNanos();
  }

  private void connect() {
    phase = Phase.CONNECTING;
    if (!upload.complete()) {
      client.setReading(false); // until there is somebody to take the body
    }
    ConnectAttempt connecting = share.pool().lease(upstream, request.method(), this);
    if (phase == Phase.CONNECTING) {
      attempt = connecting;
    }
  }

  /** The one exit: the record is made, the upstream let go, the client told, in this order. */
  private void finish(Ending ending) {
    if (phase == Phase.OVER) {
      return;
    }
    boolean headSent = phase == Phase.STREAMING;
    phase = Phase.OVER;
    letUpstreamGo();
    call.requestOver(upload.bytes(), upload.reading());
    share.ledger().settle(call.end(ending, usage(), share.stats()));
    share.admission().leave(upstream);
    if (ending.whole() && delivery != null) {
      delivery.end(bareTerminator);
    }
    dropDelivery();
    upload.close();
    if (!clientGone) {
      client.exchangeOver(ending, headSent);
    }
  }

  private UsageReading usage() {
    UsageReading body = tap == null ? UsageReading.NONE : tap.finish(bodyWhole);
    boolean outside = tap != null && tap.exceededWindow();
    if (outside || (delivery instanceof ReframedDelivery reframed && reframed.exceededWindow())) {
      share.stats().count(Metric.OUTSIDE_WINDOW);
    }
    UsageReading usage = HeaderUsage.complete(body, headCounts, bodyWhole);
    Asking asking = unasked ? Asking.REFUSED : Asking.of(call.dialect(), upstream, upload);
    return usage.noted(asking.token());
  }

  /** Some providers answer 400 or 422 to a question that they do not know (Mistral, for one). */
  private void askNoMore() {
    unasked = true;
    upload.unask();
    letUpstreamGo();
    connect();
  }

  private void letUpstreamGo() {
    if (attempt != null) {
      attempt.cancel();
    }
    if (connection != null) {
      connection.abandon();
      connection = null;
    }
  }

  private void dropDelivery() {
    if (delivery instanceof ReframedDelivery reframed && reframed.hidAFrame()) {
      share.stats().count(Metric.HIDDEN_FRAMES);
    }
    if (delivery != null) {
      delivery.close();
      delivery = null;
    }
  }
}

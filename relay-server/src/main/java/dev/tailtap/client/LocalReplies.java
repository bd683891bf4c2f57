package dev.tailtap.client;

import dev.tailtap.config.Networks;
import dev.tailtap.exchange.Ending;
import dev.tailtap.exchange.ErrorShapes;
import dev.tailtap.exchange.LoopResources;
import dev.tailtap.http1.BadRequest;
import dev.tailtap.http1.ErrorShape;
import dev.tailtap.http1.LocalReply;
import dev.tailtap.http1.OwnError;
import dev.tailtap.http1.RequestFault;
import dev.tailtap.limits.ClientNetwork;
import dev.tailtap.limits.Denial;
import dev.tailtap.limits.ErrorType;
import dev.tailtap.limits.LimitFields;
import dev.tailtap.limits.Refusal;
import dev.tailtap.stats.Metric;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import java.util.List;

/**
 * What the relay itself answers on a client's connection: each refusal is counted and written, to
 * be flushed by the caller; those of requests that came together leave together. Event loop only.
 */
final class LocalReplies {
  /** A refused body up to this size is read and dropped, so that the connection can be kept. */
  private static final long SMALL_BODY = 64 * 1024;

  /** Of a client that sends many requests ahead. */
  private static final int MOST_AT_ONCE = 2;

  /** In seconds: what is short now may be there at once. */
  private static final long SOON = 1;

  private final LoopResources loop;
  private final Channel channel;
  private final ClientNetwork peer;
  private final boolean ofBalancer;
  private ClientNetwork client; // of the present request
  private boolean taking; // what came: more may be refused at once
  private int unflushed; // refusals

  /**
   * On a connection.
   *
   * @param peer its other end
   * @param ofBalancer whether its requests say whose they are
   */
  LocalReplies(LoopResources loop, Channel channel, ClientNetwork peer, boolean ofBalancer) {
    this.loop = loop;
    this.channel = channel;
    this.peer = peer;
    this.ofBalancer = ofBalancer;
    client = peer;
  }

  /** Whether a refused request leaves its connection in doubt, or too much to read away. */
  static boolean endsConnection(HttpRequest head) {
    boolean chunked = head.headers().contains(HttpHeaderNames.TRANSFER_ENCODING);
    // Who waits for an invitation may send no body now, and we could not tell (RFC 9110 10.1.1).
    return chunked
        || HttpUtil.getContentLength(head, 0L) > SMALL_BODY
        || HttpUtil.is100ContinueExpected(head);
  }

  /** Whom it answers from now on: whose this request is. */
  ClientNetwork client(HttpRequest head) {
    if (ofBalancer) {
      Networks trusted = loop.generation().get().config().server().trust();
      client = ForwardedFor.client(head.headers(), trusted, peer);
    }
    return client;
  }

  /** Something that came is taken: {@link #end} follows. */
  void begin() {
    taking = true;
  }

  /** All is taken that came together, or as much of it as in one turn. */
  void end() {
    taking = false;
    if (unflushed > 0) {
      unflushed = 0;
      channel.flush();
    }
  }

  /** Whether so many were refused at once that others are to have their turn. */
  boolean many() {
    return unflushed >= MOST_AT_ONCE;
  }

  /** Flushes, once all is taken that came together. */
  void flush() {
    unflushed++;
    if (!taking) {
      end();
    }
  }

  /**
   * Answers with a refusal, to who said nothing of the shape that it reads.
   *
   * @param method of the request: a response to HEAD has no body
   * @param close whether the connection ends with it
   */
  void refuse(HttpMethod method, Refusal why, boolean close) {
    client = peer; // a request that says whose it is has not come
    refuse(method, new RequestFilter.Refused(why, ErrorShape.OPENAI), close);
  }

  /** Answers with a refusal. */
  void refuse(HttpMethod method, RequestFilter.Refused refused, boolean close) {
    Denial denial = refused.why();
    Refusal why = denial.why();
    if (why == Refusal.OWN_OPTIONS) {
      loop.stats().add(Metric.REFUSED, why.code(), 1);
      channel.write(LocalReply.options(channel.alloc(), close), channel.voidPromise());
    } else {
      loop.log().refused(why, client, refused.detail());
      write(method, refused.shape(), error(denial), denial.retryAfterSeconds(), close);
    }
  }

  /** Answers a call that has a record, and with it its line in the log. */
  void answer(HttpMethod method, ErrorShape shape, OwnError.Field row, Ending why, boolean close) {
    OwnError error = error(why.status(), why.type(), why.code(), why.message(), row);
    write(method, shape, error, SOON, close);
  }

  /** Answers to what is no request: the connection ends with it. */
  void refuse(BadRequest bad) {
    Refusal why = of(bad.fault());
    boolean plain = why == Refusal.BAD_REQUEST;
    loop.log().refused(why, peer, bad.fault().text()); // its fields are not to be believed
    String detail = "The request breaks HTTP/1.1: " + bad.fault().text() + ".";
    ErrorShape shape = ErrorShapes.of(bad.path(), bad.headers());
    write(bad.method(), shape, error(why, plain ? detail : why.message()), SOON, true);
  }

  private static Refusal of(RequestFault fault) {
    return switch (fault) {
      case METHOD -> Refusal.METHOD_NOT_SERVED;
      case UNKNOWN_VERSION -> Refusal.UNKNOWN_VERSION;
      case LINE_TOO_LONG -> Refusal.TARGET_TOO_LONG;
      case FIELDS_TOO_LARGE -> Refusal.HEAD_TOO_LARGE;
      case TOO_MANY_FIELDS -> Refusal.TOO_MANY_FIELDS;
      case EMPTY_LINES,
          REQUEST_LINE,
          VERSION,
          LINE_END,
          TARGET_BYTE,
          TARGET_FORM,
          DOT_SEGMENT,
          ESCAPE,
          FIELD_NAME,
          FIELD_VALUE,
          FOLDED,
          HOST,
          OTHER_HOST,
          CODING,
          LENGTH,
          LOOKALIKE,
          CONNECTION,
          MAX_FORWARDS,
          CHUNK,
          UNDECODABLE ->
          Refusal.BAD_REQUEST;
    };
  }

  private static OwnError error(Denial denial) {
    OwnError plain = error(denial.why(), denial.why().message());
    LimitFields fields = denial.fields();
    List<OwnError.Field> told =
        fields == null
            ? List.of()
            : List.of(
                new OwnError.Field(LimitFields.POLICY, fields.policy()),
                new OwnError.Field(LimitFields.STATE, fields.state()));
    return plain.with(denial.lasting(), told);
  }

  private static OwnError error(Refusal why, String message) {
    return error(why.status(), why.type(), why.code(), message, null);
  }

  /** A mistake in the request stays one; what only came too late may come in time. */
  private static OwnError error(
      int status, ErrorType type, String code, String message, OwnError.Field row) {
    boolean late = status == HttpResponseStatus.REQUEST_TIMEOUT.code();
    return new OwnError(
        status, type.text(), code, message, type == ErrorType.REQUEST && !late, row);
  }

  private void write(
      HttpMethod method, ErrorShape shape, OwnError error, long retryAfterSeconds, boolean close) {
    loop.stats().add(Metric.REFUSED, error.code(), 1);
    channel.write(
        LocalReply.error(channel.alloc(), method, shape, error, retryAfterSeconds, close),
        channel.voidPromise());
  }
}

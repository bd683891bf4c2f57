package dev.tailtap.exchange;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.http1.BodyFraming;
import dev.tailtap.limits.MemoryAccount;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamStream;
import dev.tailtap.usage.Dialect;
import dev.tailtap.usage.RequestReading;
import dev.tailtap.usage.RequestScanner;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpMethod;

/**
 * A request body on its way to the upstream. It is collected whole, so that the option that asks
 * for usage can be added to it, as long as it is small enough for the memory that is left; else it
 * streams, held only until the connection is there and takes it. It is read along as it passes.
 * Event loop only.
 */
final class RequestBody {
  private final ByteBufAllocator alloc;
  private final Upstream target;
  private final LimitsConfig limits;
  private final MemoryAccount memory;
  private final BodyQueue held; // what came and is not sent yet

  private BodyFraming asItCame; // null once the upstream has taken the request
  private RequestScanner scan; // null: it is not to be read, or no more
  private RequestReading reading; // null until nothing more is to be read
  private boolean collected;
  private UpstreamStream upstream; // null until leased
  private BodyQueue sent; // what would be sent again; null: it is not, or is too much
  private long sentLimit;
  private boolean stopped; // the upstream takes no more: what comes is dropped
  private long bytes;
  private BodyQueue original; // without the option added, until the upstream has taken it
  private boolean complete;
  private boolean finished; // its end was sent
  private UsageOption usageOption = UsageOption.LEFT;

  /** What became of the option by which a body asks for usage. */
  enum UsageOption {
    /** It is as the client wrote it. */
    LEFT,
    /** It was added. */
    ADDED,
    /** It was not added, because the upstream lately refused it. */
    REFUSED_LATELY,
    /** It was not added, because the body was too large to be held for it. */
    TOO_LARGE,
    /** It was added and taken away again, because the upstream refused it. */
    TAKEN_BACK
  }

  /** How a body comes and is to go on. */
  record Plan(
      /** Whether to hold it until it is whole. */
      boolean collected,
      /** How it ends where it goes on as it came. */
      BodyFraming asItCame,
      /** Whether it may be JSON that names a model. */
      boolean readable) {}

  /** Expects the body of a request, to be sent to an upstream first of all. */
  static RequestBody of(
      ByteBufAllocator alloc, AdmittedRequest admitted, Dialect dialect, MemoryAccount memory) {
    ClientRequest request = admitted.request();
    Upstream upstream = admitted.upstream();
    boolean hasBody =
        request.body().kind() == BodyFraming.Kind.CHUNKED || request.body().length() > 0;
    boolean readable = hasBody && request.plain();
    boolean collected =
        readable
            && dialect.takesStreamOptions()
            && upstream.config().askForUsage()
            && HttpMethod.POST.equals(request.method());
    return new RequestBody(
        alloc,
        upstream,
        admitted.generation().config().limits(),
        memory,
        new Plan(collected, request.body(), readable));
  }

  /** Expects a body. */
  RequestBody(
      ByteBufAllocator alloc,
      Upstream target,
      LimitsConfig limits,
      MemoryAccount memory,
      Plan plan) {
    this.alloc = alloc;
    this.target = target;
    this.limits = limits;
    this.memory = memory;
    collected = plan.collected();
    asItCame = plan.asItCame();
    scan = plan.readable() ? new RequestScanner() : null;
    held = new BodyQueue(alloc);
  }

  /**
   * Takes the next part; ownership passes.
   *
   * @return false if the body is now larger than it may be
   */
  boolean accept(ByteBuf part, boolean last) {
    bytes += part.readableBytes();
    if (limits.requestBody() > 0 && bytes > limits.requestBody()) {
      part.release();
      return false;
    }
    complete = last;
    if (scan != null) {
      scan.feed(part);
    }
    if (stopped) {
      part.release();
      return true;
    }
    if (upstream != null && held.isEmpty()) {
      send(part);
    } else {
      held.add(part);
    }
    if (collected) {
      collect();
    }
    pump();
    return true;
  }

  /** Whether a connection is of use already. */
  boolean ready() {
    return !collected || complete;
  }

  boolean complete() {
    return complete;
  }

  /** Whether it is the upstream that does not go on: it has all, or takes no more at present. */
  boolean waitsForUpstream() {
    return complete || (upstream != null && !upstream.isWritable());
  }

  /** Whether more of it can be passed on at present. */
  boolean takesMore() {
    return stopped || (upstream != null && held.isEmpty() && upstream.isWritable());
  }

  /** Bytes of the body as the client sent it, so far. */
  long bytes() {
    return bytes;
  }

  UsageOption usageOption() {
    return usageOption;
  }

  /** What the body says; null if it says nothing readable, or not yet. */
  RequestReading reading() {
    return scan == null ? reading : scan.reading();
  }

  /** How it goes on: one that is collected has the length that it became. */
  BodyFraming framing() {
    return collected ? new BodyFraming(BodyFraming.Kind.LENGTH, held.bytes()) : asItCame;
  }

  /** What it takes of the relay's memory, what waits for the upstream included. */
  long heldBytes() {
    long waiting = upstream == null ? 0 : upstream.pendingBytes();
    long again = sent == null ? 0 : sent.heldBytes();
    return waiting + again + (original == null ? held : original).heldBytes();
  }

  /**
   * The connection is there and has the head: sends what is held, and from now on what comes.
   *
   * @param repeatable how many bytes of it are kept so that it can be sent again; -1: not at all
   */
  void attach(UpstreamStream connection, long repeatable) {
    upstream = connection;
    sentLimit = repeatable;
    sent = repeatable < 0 ? null : new BodyQueue(alloc);
    pump();
  }

  /** Sends what is held, as far as the upstream takes it; to be flushed. */
  void pump() {
    while (upstream != null && !held.isEmpty() && upstream.isWritable()) {
      send(held.poll());
    }
    if (upstream != null && complete && held.isEmpty() && !finished && !stopped) {
      finished = true;
      upstream.end();
    }
  }

  /** Whether all that was sent is still there. */
  boolean repeatable() {
    return sent != null;
  }

  /** Holds what was sent, and after it what was not yet, for another connection. */
  void repeat() {
    for (ByteBuf rest = held.poll(); rest != null; rest = held.poll()) {
      sent.add(rest);
    }
    for (ByteBuf part = sent.poll(); part != null; part = sent.poll()) {
      held.add(part);
    }
    detach();
  }

  /** The upstream wants no more of it (RFC 9112 section 9.5). */
  void stop() {
    stopped = true;
    held.release();
  }

  boolean stopped() {
    return stopped;
  }

  /** Whether the body is still there as the client made it. */
  boolean mayDropUsageOption() {
    return original != null;
  }

  /** Takes the option away again, so that the body can be sent as the client made it. */
  void dropUsageOption() {
    held.release();
    for (ByteBuf part = original.poll(); part != null; part = original.poll()) {
      held.add(part);
    }
    original = null;
    become(UsageOption.TAKEN_BACK);
    detach();
  }

  /** The upstream has taken the request: what was kept for another try is let go. */
  void taken() {
    asItCame = null;
    dropSent();
    if (scan != null && complete) {
      reading = scan.reading();
      scan = null;
    }
    if (original != null) {
      original.release();
      original = null;
    }
  }

  /** Its upstream is let go: what is held is released, and what still comes of it is dropped. */
  void close() {
    stop();
    taken();
    upstream = null;
  }

  private void detach() {
    dropSent();
    upstream = null;
    finished = false;
  }

  private void send(ByteBuf part) {
    keep(part);
    upstream.body(part);
  }

  private void keep(ByteBuf part) {
    if (sent == null) {
      return;
    }
    if (part.readableBytes() > sentLimit - sent.bytes()) {
      dropSent();
    } else if (part.isReadable()) {
      sent.add(part.retainedSlice());
    }
  }

  private void become(UsageOption next) {
    boolean arrow = usageOption == UsageOption.LEFT || next == UsageOption.TAKEN_BACK;
    assert arrow : usageOption + " does not lead to " + next;
    usageOption = next;
  }

  private void dropSent() {
    if (sent != null) {
      sent.release();
      sent = null;
    }
  }

  private void collect() {
    if (complete) {
      ask();
    } else if (held.bytes() > Math.min(limits.heldBody(), memory.perBody())) {
      collected = false;
      become(UsageOption.TOO_LARGE);
    }
  }

  private void ask() {
    RequestScanner.Splice splice = scan == null ? null : scan.splice();
    if (splice == null) {
      return;
    }
    if (!target.health().acceptsUsageOption(scan.reading().model())) {
      become(UsageOption.REFUSED_LATELY);
      return;
    }
    original = held.duplicate();
    held.splice(splice.at(), splice.replaced(), ByteBufUtil.writeAscii(alloc, splice.text()));
    become(UsageOption.ADDED);
  }
}

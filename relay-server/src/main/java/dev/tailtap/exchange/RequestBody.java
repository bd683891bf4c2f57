package dev.tailtap.exchange;

import dev.tailtap.config.LimitsConfig;
import dev.tailtap.exchange.BodyEdits.UsageOption;
import dev.tailtap.http1.BodyFraming;
import dev.tailtap.limits.MemoryAccount;
import dev.tailtap.limits.ReplayMemory;
import dev.tailtap.stats.Label;
import dev.tailtap.upstream.Upstream;
import dev.tailtap.upstream.UpstreamStream;
import dev.tailtap.usage.RequestTap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * A request body on its way to an upstream. It is held where something has to be known of it before
 * it is sent, the model that it names or all of it, as long as it is small enough for the memory
 * that is left; else it streams, held only until the connection is there and takes it. What was
 * sent is kept on as far as it may have to be sent again. It is read along as it passes. Event loop
 * only.
 */
final class RequestBody {
  private final ByteBufAllocator alloc;
  private final LimitsConfig limits;
  private final MemoryAccount memory;
  private final ReplayMemory replays;
  private BodyFraming asItCame; // null once the upstream has taken the request
  private final BodyEdits edits;

  private final BodyReading said;
  private Hold hold = Hold.NOT;
  private boolean tooLarge; // to be held
  private boolean memoryShort; // so that it was too large
  private BodyQueue held; // what came and is not sent yet; of one held whole, what is to be sent
  private BodyQueue original; // of one held whole, as it came; null: it is not kept (any longer)
  private UpstreamStream upstream; // null until leased
  private BodyQueue sent; // of one that streams, what was, to be sent again; null: it is not kept
  private ReplayRoom room; // for what is kept to be sent again; null: nothing need be
  private boolean kept; // one held whole is, to be sent again
  private boolean stopped; // the upstream takes no more: what comes is dropped
  private long bytes;
  private boolean complete;
  private boolean finished; // its end was sent

  /** Until when it is held. */
  enum Hold {
    /** It goes on as it comes. */
    NOT,
    /** Until it has named its model, or cannot any more. */
    MODEL,
    WHOLE
  }

  /** Expects the body of a request, which is held until something says for how long. */
  static RequestBody of(ByteBufAllocator alloc, AdmittedRequest admitted, LoopResources loop) {
    ClientRequest request = admitted.request();
    return new RequestBody(
        alloc,
        admitted.generation().config().limits(),
        loop.memory(),
        loop.admission().replays(),
        request.body(),
        request.hasBody() ? request.tap(admitted.selection() == null, alloc) : null);
  }

  /**
   * Expects a body.
   *
   * @param asItCame how it ends where it goes on as it came
   * @param tap reads it along, and is closed with it; null: there is nothing to be read
   */
  RequestBody(
      ByteBufAllocator alloc,
      LimitsConfig limits,
      MemoryAccount memory,
      ReplayMemory replays,
      BodyFraming asItCame,
      RequestTap tap) {
    this.alloc = alloc;
    this.limits = limits;
    this.memory = memory;
    this.replays = replays;
    this.asItCame = asItCame;
    said = new BodyReading(tap);
    edits = new BodyEdits(alloc, tap);
    held = new BodyQueue(alloc);
  }

  /** Until when it is held, or was. */
  Hold hold() {
    return hold;
  }

  /** Holds it for longer, if it is held still: more has to be known of it. */
  void hold(Hold longer) {
    if (said.isOpen() && !tooLarge && longer.compareTo(hold) > 0) {
      become(longer);
    }
  }

  private void become(Hold next) {
    hold = next;
  }

  /**
   * Takes the next part; ownership passes.
   *
   * @return false if the body is now larger than it may be, or names a second model, or may for
   *     some reader, where the first has said where it goes
   */
  boolean accept(ByteBuf part, boolean last) {
    bytes += part.readableBytes();
    if (limits.requestBody() > 0 && bytes > limits.requestBody()) {
      part.release();
      return false;
    }
    complete = last;
    if (!said.accepts(part, last)) {
      part.release();
      return false;
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
    if (hold != Hold.NOT && !ready() && held.bytes() > mostHeld()) {
      become(Hold.NOT);
      tooLarge = true;
      memoryShort = held.bytes() <= limits.heldBody();
    }
    pump();
    return true;
  }

  private long mostHeld() {
    return Math.min(limits.heldBody(), memory.perBody());
  }

  /** Whether a connection is of use already. */
  boolean ready() {
    return switch (hold) {
      case NOT -> true;
      case MODEL -> complete || said.modelKnown();
      case WHOLE -> complete;
    };
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

  /** What was changed in it. */
  BodyEdits edits() {
    return edits;
  }

  /** What it says. */
  BodyReading said() {
    return said;
  }

  /** Whether it is larger than may be held, so that nobody knows all that it says. */
  boolean tooLarge() {
    return tooLarge;
  }

  /** Whether it was let go for want of memory, and not since it is larger than may be held. */
  boolean memoryShort() {
    return memoryShort;
  }

  /**
   * Whether it can be made what an upstream is to get.
   *
   * @param sealed whether a field of the head vouches for it
   */
  boolean suits(Upstream target, boolean sealed) {
    return edits.suits(target, hold == Hold.WHOLE && !sealed);
  }

  /** What there was too little of to be able to send it again; null: of nothing. */
  Label unkept() {
    return room == null ? null : room.missed();
  }

  /** How it goes on: one that is held whole has the length that it became. */
  BodyFraming framing() {
    return hold == Hold.WHOLE ? new BodyFraming(BodyFraming.Kind.LENGTH, held.bytes()) : asItCame;
  }

  /** What it takes of the relay's memory, what waits for the upstream included. */
  long heldBytes() {
    long waiting = upstream == null ? 0 : upstream.pendingBytes();
    long again = sent == null ? 0 : sent.heldBytes();
    return said.heldBytes() + waiting + again + (original == null ? held : original).heldBytes();
  }

  /** Makes it what an upstream is to get, before its head is sent there; anew for each try. */
  void aim(Upstream target) {
    if (hold != Hold.WHOLE) {
      edits.leave(target, tooLarge);
      return;
    }
    if (original == null) {
      original = held;
    } else {
      held.release();
    }
    held = original.duplicate();
    edits.apply(held, target);
  }

  /**
   * The connection is there and has the head: sends what is held, and from now on what comes.
   *
   * @param most how many bytes are kept so that it can be sent again; -1: not at all
   */
  void attach(UpstreamStream connection, long most) {
    upstream = connection;
    if (room != null) {
      room.release();
    }
    room = most < 0 ? null : new ReplayRoom(replays, most);
    kept = room != null && original != null && room.reserve(original.bytes());
    if (original == null) {
      sent = room == null ? null : new BodyQueue(alloc);
    } else if (!kept && edits.usageOption() != UsageOption.ADDED) {
      original.release();
      original = null;
    }
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

  /** Whether all that was sent is still there, or nothing was. */
  boolean repeatable() {
    return upstream == null || sent != null || (original != null && kept);
  }

  /** Holds what was sent, and after it what was not yet, for another connection. */
  void repeat() {
    if (sent != null) {
      for (ByteBuf rest = held.poll(); rest != null; rest = held.poll()) {
        sent.add(rest);
      }
      for (ByteBuf part = sent.poll(); part != null; part = sent.poll()) {
        held.add(part);
      }
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

  /** Whether the option was added, and the body is still there as the client made it. */
  boolean mayDropUsageOption() {
    return edits.usageOption() == UsageOption.ADDED && original != null;
  }

  /** Takes the option away again, so that the body can be sent as the client made it. */
  void dropUsageOption() {
    edits.takeBack();
    detach();
  }

  /** The upstream has taken the request: what was kept for another try is let go. */
  void taken() {
    asItCame = null;
    if (complete) {
      closeTap();
    }
    dropSent();
    if (original != null) {
      original.release();
      original = null;
    }
  }

  /** Its upstream is let go: what is held is released, and what still comes of it is dropped. */
  void close() {
    stop();
    taken();
    closeTap();
    upstream = null;
  }

  private void closeTap() {
    if (said.isOpen()) {
      edits.close();
      said.close();
    }
  }

  /** What is held to be sent again keeps its room until it is, or is not any more. */
  private void detach() {
    releaseSent();
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
    if (!room.reserve(part.readableBytes())) {
      dropSent();
    } else {
      sent.copy(part);
    }
  }

  private void dropSent() {
    if (room != null) {
      room.release();
    }
    releaseSent();
  }

  private void releaseSent() {
    if (sent != null) {
      sent.release();
      sent = null;
    }
  }
}

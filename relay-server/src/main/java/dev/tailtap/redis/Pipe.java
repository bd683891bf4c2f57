package dev.tailtap.redis;

import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import dev.tailtap.stats.Stats;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One connection to the server as a pipe: questions go in, answers come out in the same order.
 * Those asked while others are under way leave together at the end of the loop's round. One timer
 * looks after all: who is not answered in time is told, and after three such moments in a row, or
 * errors, the connection is cut. What has reached the server's system by then may still be done.
 * Event loop only.
 */
final class Pipe extends ByteToMessageDecoder {
  private static final int MOST_PENDING = 4096;
  private static final int FAILURES_IN_A_ROW = 3;
  private static final int USUAL_COMMAND = 512;

  /** A question of this patience is somebody else's to time; no others are asked meanwhile. */
  static final long UNTIMED_NANOS = TimeUnit.DAYS.toNanos(1);

  private final Owner owner;
  private final Stats stats;
  private final Reply reply = new Reply();
  private final ArrayDeque<Question> pending = new ArrayDeque<>();
  private Channel channel; // null before it is there
  private ByteBuf out; // what was asked and has not left; null: nothing
  private boolean flushDue;
  private boolean timerDue;
  private int failures; // in a row
  private long failedNanos; // when the last one was seen
  private String trouble = "connection closed";

  /** Whose connection it is. */
  interface Owner {
    /** The server does not know the functions any more. */
    void forgotten();

    /**
     * The connection is gone, and with it all that was asked.
     *
     * @param why a word or two
     */
    void closed(Pipe pipe, String why);
  }

  Pipe(Owner owner, Stats stats) {
    this.owner = owner;
    this.stats = stats;
  }

  /** Whether it takes no more questions for now. */
  boolean full() {
    return pending.size() >= MOST_PENDING;
  }

  /** Where the next question is written, as a whole, before {@link #ask}. */
  ByteBuf out() {
    if (out == null) {
      out = channel.alloc().directBuffer(USUAL_COMMAND);
    }
    return out;
  }

  /** What {@link #out} has got is this question. */
  void ask(Question question, long patienceNanos) {
    question.asked(nanos(), patienceNanos);
    boolean first = pending.isEmpty();
    pending.add(question);
    if (first) {
      flush();
    } else if (!flushDue) {
      flushDue = true;
      channel.eventLoop().execute(this::flush);
    }
    if (!timerDue && patienceNanos < UNTIMED_NANOS) {
      startTimer(patienceNanos);
    }
  }

  /**
   * Cuts the connection; by a reset, so that what has not reached the server's system never does.
   */
  void cut(String why) {
    if (channel.isOpen()) { // else what broke it is known, and this comes of it
      trouble = why;
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
      ChannelHandlerContext tls = channel.pipeline().context(SslHandler.class);
      if (tls == null) {
        channel.close();
      } else {
        tls.close(); // past the handler, which would wait to say good-bye
      }
    }
  }

  /** Ends the connection once what was asked has left. */
  void close() {
    flush();
    channel.close();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    channel = context.channel();
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> none)
      throws Reply.NotUnderstoodException {
    while (channel.isOpen() && reply.read(in)) {
      Question question = pending.poll();
      if (question == null) {
        throw new Reply.NotUnderstoodException("an answer to nothing");
      }
      answered(question);
    }
    if (!channel.isOpen()) {
      in.skipBytes(in.readableBytes());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    super.channelInactive(context);
    if (out != null) {
      out.release();
      out = null;
    }
    owner.closed(this, trouble);
    for (Question each = pending.poll(); each != null; each = pending.poll()) {
      if (!each.late()) {
        each.failed(Label.SHARED_DOWN, null);
      }
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    boolean strange = cause.getCause() instanceof Reply.NotUnderstoodException;
    cut(
        strange
            ? "it answered " + cause.getCause().getMessage()
            : cause.getClass().getSimpleName());
  }

  private void answered(Question question) {
    String error = reply.error();
    if (error != null) {
      if (Faults.forgotten(error)) {
        owner.forgotten();
      } else {
        fail(Faults.told(error), nanos());
      }
      if (!question.late()) {
        question.failed(Label.SHARED_ERROR, error);
      }
    } else if (question.late()) {
      question.answeredLate(reply);
    } else {
      failures = 0;
      stats.observe(Metric.SHARED_SECONDS, (nanos() - question.askedNanos()) / 1e9);
      question.answered(reply);
    }
  }

  /** By the clock of the loop's own timers. */
  private long nanos() {
    return channel.eventLoop().ticker().nanoTime();
  }

  private void fail(String why, long nowNanos) {
    failedNanos = nowNanos;
    failures++;
    if (failures == FAILURES_IN_A_ROW) {
      cut(why);
    }
  }

  private void flush() {
    flushDue = false;
    if (out != null) {
      ByteBuf whole = out;
      out = null;
      channel.writeAndFlush(whole);
    }
  }

  private void startTimer(long nanos) {
    timerDue = true;
    channel.eventLoop().schedule(this::giveUpTheLate, nanos, TimeUnit.NANOSECONDS);
  }

  private void giveUpTheLate() {
    timerDue = false;
    long now = nanos();
    List<Question> late = new ArrayList<>();
    for (Question each : pending) {
      long rest = each.deadlineNanos() - now;
      if (rest > 0) {
        if (rest < UNTIMED_NANOS / 2) {
          startTimer(rest);
        }
        break;
      }
      if (!each.late()) {
        late.add(each);
      }
    }
    late.forEach(Question::giveUp);
    // Who was asked before the last failure was seen says nothing new.
    if (!late.isEmpty()
        && (failures == 0 || late.get(late.size() - 1).askedNanos() - failedNanos > 0)) {
      fail("no answer in time", now);
    }
  }
}

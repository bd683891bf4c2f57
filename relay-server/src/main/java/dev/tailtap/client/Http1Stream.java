package dev.tailtap.client;

import dev.tailtap.exchange.ClientStream;
import dev.tailtap.exchange.Delivery;
import dev.tailtap.exchange.Ending;
import dev.tailtap.exchange.LoopResources;
import dev.tailtap.http1.BodyFraming;
import dev.tailtap.limits.Denial;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpResponse;
import java.util.concurrent.RejectedExecutionException;

/**
 * The client of the exchange whose turn it is: on a connection of HTTP/1.1 there is one at a time,
 * so one object serves them all. Event loop only, except where its interface says otherwise.
 */
final class Http1Stream implements ClientStream {
  /** The connection, which gives each exchange its turn. */
  interface Turns {
    /** Whether all of the present request has come. */
    boolean requestComplete();

    /** What waits for the client may have changed. */
    void flushed();

    /** See {@link ClientStream#exchangeOver}. */
    void exchangeOver(Ending ending, boolean headSent);

    /** See {@link ClientStream#refused}. */
    void exchangeRefused(Denial why);
  }

  private final LoopResources loop;
  private final ResponseWriter responses;
  private final ReadGate readGate;
  private final Turns turns;
  private ChannelHandlerContext way; // to the client: nothing but TLS is before it

  Http1Stream(LoopResources loop, ResponseWriter responses, ReadGate readGate, Turns turns) {
    this.loop = loop;
    this.responses = responses;
    this.readGate = readGate;
    this.turns = turns;
  }

  /** Where in the pipeline to write; once, before anything is. */
  void attach(ChannelHandlerContext handler) {
    way = handler;
  }

  @Override
  public ByteBufAllocator alloc() {
    return way.alloc();
  }

  @Override
  public void interim(HttpResponse head) {
    responses.interim(head);
  }

  @Override
  public Delivery start(HttpResponse head, BodyFraming framing, int hidingWindow, boolean beats) {
    boolean mayKeep = turns.requestComplete() && !loop.admission().ending();
    return responses.start(way, head, framing, hidingWindow, beats, mayKeep);
  }

  @Override
  public void flush() {
    way.flush();
    turns.flushed();
  }

  @Override
  public boolean writable() {
    return way.channel().isWritable();
  }

  @Override
  public void setReading(boolean reading) {
    readGate.block(!reading);
  }

  @Override
  public boolean reading() {
    return way.channel().config().isAutoRead();
  }

  @Override
  public boolean probe() {
    return responses.probe();
  }

  @Override
  public void onLoop(Runnable task) {
    try {
      way.channel().eventLoop().execute(task);
    } catch (RejectedExecutionException stopped) {
      // The relay has closed, and all exchanges with it.
    }
  }

  @Override
  public void refused(Denial why) {
    turns.exchangeRefused(why);
  }

  @Override
  public void exchangeOver(Ending ending, boolean headSent) {
    turns.exchangeOver(ending, headSent);
  }
}

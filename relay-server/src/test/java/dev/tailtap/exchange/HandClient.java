package dev.tailtap.exchange;

import dev.tailtap.http1.BodyFraming;
import dev.tailtap.limits.Denial;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The client of an exchange, who notes what he is told and takes as much as the test says. */
final class HandClient implements ClientStream {
  final List<String> told = new ArrayList<>();
  final ByteBufAllocator alloc;
  final StringBuilder body = new StringBuilder();
  final List<Runnable> tasks = new ArrayList<>();
  boolean writable = true;
  boolean reading = true;
  boolean probes = true;

  HandClient(ByteBufAllocator alloc) {
    this.alloc = alloc;
  }

  @Override
  public ByteBufAllocator alloc() {
    return alloc;
  }

  @Override
  public void interim(HttpResponse head) {
    told.add("interim " + head.status().code());
  }

  @Override
  public Delivery start(HttpResponse head, BodyFraming framing, int hidingWindow, boolean beats) {
    told.add("head " + head.status().code() + (hidingWindow > 0 ? " hiding" : ""));
    return new Body();
  }

  @Override
  public void flush() {
    if (!told.isEmpty() && told.get(told.size() - 1).startsWith("interim")) {
      told.add("flush");
    }
  }

  @Override
  public boolean writable() {
    return writable;
  }

  @Override
  public void setReading(boolean on) {
    reading = on;
  }

  @Override
  public boolean reading() {
    return reading;
  }

  @Override
  public boolean probe() {
    return probes;
  }

  @Override
  public void onLoop(Runnable task) {
    tasks.add(task);
  }

  @Override
  public void refused(Denial why) {
    told.add("refused " + why.why() + " for " + why.retryAfterSeconds());
  }

  @Override
  public void exchangeOver(Ending ending, boolean headSent) {
    told.add("over " + ending + (headSent ? "" : " without a head"));
  }

  /** Runs what came from other threads. */
  void runTasks() {
    List<Runnable> now = List.copyOf(tasks);
    tasks.clear();
    now.forEach(Runnable::run);
  }

  private final class Body implements Delivery {
    @Override
    public void payload(ByteBuf buf, int index, int length) {
      body.append(buf.toString(index, length, StandardCharsets.ISO_8859_1));
    }

    @Override
    public void hole(ByteBuf buf, int index, int length) {}

    @Override
    public void bytes(ByteBuf buf, int forwardable, boolean last) {
      buf.release();
    }

    @Override
    public void end(boolean bareTerminator) {
      told.add("end");
    }

    @Override
    public boolean probe(boolean betweenChunks) {
      return betweenChunks;
    }

    @Override
    public boolean beat() {
      told.add("beat");
      return true;
    }

    @Override
    public boolean hidAnEvent() {
      return false;
    }

    @Override
    public boolean exceededWindow() {
      return false;
    }

    @Override
    public void readComplete() {}

    @Override
    public long heldBytes() {
      return 0;
    }

    @Override
    public void close() {
      told.add("closed");
    }
  }
}

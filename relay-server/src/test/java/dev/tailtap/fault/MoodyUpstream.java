package dev.tailtap.fault;

import dev.tailtap.rig.FreePort;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A provider that does as its mood is, and keeps what it was asked. A stream that has begun is
 * never broken off by a change of its mood. Any thread.
 */
final class MoodyUpstream implements AutoCloseable {
  /** What it says with each 429. */
  static final int RETRY_AFTER_SECONDS = 1;

  /**
   * A request that came.
   *
   * @param key that it showed; null: none
   * @param mood by which it was answered
   * @param beganNanos once its head was read
   * @param answeredNanos before the first byte of its answer was written
   */
  record Asked(
      String path, String upstream, String key, Mood mood, long beganNanos, long answeredNanos) {}

  /** Where requests are kept, until they are let go. */
  static final class Hold {
    private final AtomicInteger count = new AtomicInteger();
    private final CountDownLatch released = new CountDownLatch(1);

    /** Waits until so many requests are there. */
    void await(int requests) {
      long deadline = System.nanoTime() + Patience.NANOS;
      while (count.get() < requests) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError("only " + count + " requests came there");
        }
        FaultGround.pause(1);
      }
    }

    /** How many requests came there. */
    int count() {
      return count.get();
    }

    void release() {
      released.countDown();
    }
  }

  private static final String HEAD_THAT_BREAKS_OFF =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";

  private final String name;
  private final int gapMillis;
  private final int port = FreePort.choose();
  private final Queue<Asked> asked = new ConcurrentLinkedQueue<>();
  private final Queue<String> strange = new ConcurrentLinkedQueue<>();
  private final Set<Provider.Answer> idle = ConcurrentHashMap.newKeySet();
  private final AtomicInteger streams = new AtomicInteger();
  private ServerSocket listener; // null: nobody listens; by the test's thread
  private volatile Provider provider;
  private volatile Mood mood = Mood.WELL;
  private volatile Hold hold; // null: answers go on

  /**
   * One that is well.
   *
   * @param gapMillis between two events
   */
  MoodyUpstream(String name, int gapMillis) throws IOException {
    this.name = name;
    this.gapMillis = gapMillis;
    listen();
  }

  String name() {
    return name;
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  Mood mood() {
    return mood;
  }

  Queue<Asked> asked() {
    return asked;
  }

  /** Requests that were not as their client sent them. */
  List<String> strange() {
    return List.copyOf(strange);
  }

  /** Streams under way. */
  int streams() {
    return streams.get();
  }

  /** From the next request on. One thread at a time. */
  void be(Mood next) throws IOException {
    mood = next;
    if (next == Mood.REFUSING) {
      refuse();
    } else {
      listen();
    }
  }

  /** Keeps each request from now on where its answer would begin, or end if it is no stream. */
  Hold hold() {
    Hold next = new Hold();
    hold = next;
    return next;
  }

  /** Lets go what is kept. */
  void release() {
    Hold former = hold;
    hold = null;
    if (former != null) {
      former.release();
    }
  }

  private void listen() throws IOException {
    if (listener == null) {
      listener = new ServerSocket(port, 512, InetAddress.getLoopbackAddress());
      provider = new Provider(listener, new Manner(), null, false);
    }
  }

  private void refuse() throws IOException {
    if (listener != null) {
      listener.close();
      listener = null;
    }
    for (Provider.Answer kept : List.copyOf(idle)) {
      if (idle.remove(kept)) {
        kept.close();
      }
    }
  }

  @Override
  public void close() throws IOException {
    release();
    refuse();
    provider.close();
  }

  private final class Manner implements Provider.Script {
    @Override
    public void head(Provider.Request bodyless, Provider.Answer answer) {
      idle.remove(answer);
    }

    @Override
    public void answer(Provider.Request request, Provider.Answer answer)
        throws IOException, InterruptedException {
      long began = System.nanoTime();
      provider.forget();
      String path = request.line().split(" ", 3)[1];
      String shown = request.field("authorization");
      String key = shown == null ? null : shown.substring("Bearer ".length());
      if (!request.text().equals(FailoverClients.body(FailoverClients.numberOf(path)))) {
        strange.add(name + " got " + request.line() + " with " + request.text());
      }
      Mood now = mood;
      if (now == Mood.SLOW) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(3L * gapMillis));
      }
      asked.add(new Asked(path, name, key, now, began, System.nanoTime()));
      switch (now) {
        case WELL, SLOW -> stream(path, now == Mood.SLOW ? 2 * gapMillis : gapMillis, answer);
        case BUSY -> answer.whole(503, "application/json", "{\"error\":\"busy\"}");
        case LIMITED ->
            answer.send(
                "HTTP/1.1 429 Slow\r\nContent-Length: 4\r\nRetry-After: "
                    + RETRY_AFTER_SECONDS
                    + "\r\n\r\nslow");
        case REFUSING -> answer.reset();
        case RESETTING -> breakOff(FailoverClients.numberOf(path), answer);
      }
      if (!now.serves()) {
        keep();
      }
      rest(answer);
    }

    /** Between two requests, unless it has gone. */
    private void rest(Provider.Answer answer) {
      if (!answer.closed()) {
        idle.add(answer);
        if (mood == Mood.REFUSING && idle.remove(answer)) {
          answer.close();
        }
      }
    }

    private void breakOff(int number, Provider.Answer answer) throws IOException {
      answer.send(HEAD_THAT_BREAKS_OFF.substring(0, number % HEAD_THAT_BREAKS_OFF.length()));
      if (number % 2 == 0) {
        answer.close();
      } else {
        answer.reset();
      }
    }

    private void stream(String path, int gap, Provider.Answer answer)
        throws IOException, InterruptedException {
      streams.incrementAndGet();
      try {
        keep();
        answer.chunkedHead("text/event-stream");
        for (String event : FailoverClients.events(FailoverClients.numberOf(path), name)) {
          answer.chunk(event);
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(gap));
        }
        answer.lastChunk();
      } finally {
        streams.decrementAndGet();
      }
    }

    private void keep() throws InterruptedException {
      Hold now = hold;
      if (now != null) {
        now.count.incrementAndGet();
        now.released.await();
      }
    }
  }
}

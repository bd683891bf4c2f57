package dev.tailtap.attack;

import dev.tailtap.attack.MessageReader.Head;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A client that sends a request, reads its answers, and notes how they ended. */
class Caller implements Part, MessageReader.Sink {
  /** What became of many callers; any thread may look. */
  static final class Tally {
    private final Map<String, Integer> ends = Collections.synchronizedMap(new TreeMap<>());
    private final AtomicInteger served = new AtomicInteger();

    /** Whole answers with status 200. */
    int served() {
      return served.get();
    }

    /** All that ended, however. */
    int ended() {
      synchronized (ends) {
        return served() + ends.values().stream().mapToInt(Integer::intValue).sum();
      }
    }

    private void note(String end) {
      if (end.equals("200")) {
        served.incrementAndGet();
      } else {
        ends.merge(end, 1, Integer::sum);
      }
    }

    @Override
    public String toString() {
      return served + " served" + (ends.isEmpty() ? "" : ", others " + ends);
    }
  }

  private final Tally tally;
  private final String request;
  private final boolean keeps;
  private final MessageReader reader = MessageReader.responses(this);
  private Wire wire;
  private boolean answered;

  Caller(Tally tally, String request) {
    this(tally, request, false);
  }

  /** One that may keep its connection after its answer. */
  Caller(Tally tally, String request, boolean keeps) {
    this.tally = tally;
    this.request = request;
    this.keeps = keeps;
  }

  @Override
  public void opened(Wire opened) {
    wire = opened;
    wire.write(request);
  }

  @Override
  public void received(Wire from, ByteBuffer bytes) {
    reader.read(bytes);
  }

  @Override
  public void head(Head head) {}

  @Override
  public void body(ByteBuffer payload) {}

  @Override
  public void whole(Head head) {
    if (head.status() >= 200) {
      note(Integer.toString(head.status()));
      if (!keeps) {
        wire.close();
      }
    }
  }

  @Override
  public void ended(Wire over) {
    reader.close();
    note("cut");
    over.close();
  }

  private void note(String end) {
    if (!answered) {
      answered = true;
      tally.note(end);
    }
  }
}

package dev.tailtap.attack;

import dev.tailtap.attack.MessageReader.Head;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** A client that shows one guessed key after another on its connection, some of them ahead. */
final class Guesser implements Part, MessageReader.Sink {
  private static final int AHEAD = 16;

  /** What many of them were told; any thread may look. */
  static final class Told {
    private final Map<String, Integer> refused = Collections.synchronizedMap(new TreeMap<>());
    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    private final AtomicInteger answers = new AtomicInteger();

    /** Guesses that were refused as they should, by the word that they are counted by. */
    Map<String, Integer> refused() {
      return Map.copyOf(refused);
    }

    int answers() {
      return answers.get();
    }

    /** Whatever else came. */
    List<String> wrong() {
      return List.copyOf(wrong);
    }
  }

  private final Told told;
  private final Supplier<Guess> guesses;
  private final ArrayDeque<Guess> asked = new ArrayDeque<>();
  private final StringBuilder body = new StringBuilder();
  private final MessageReader reader = MessageReader.responses(this);
  private Wire wire;

  /**
   * Makes one.
   *
   * @param guesses the next of all; null: there is none any more
   */
  Guesser(Told told, Supplier<Guess> guesses) {
    this.told = told;
    this.guesses = guesses;
  }

  @Override
  public void opened(Wire opened) {
    wire = opened;
    ask();
  }

  @Override
  public void received(Wire from, ByteBuffer bytes) {
    reader.read(bytes);
  }

  @Override
  public void head(Head head) {
    body.setLength(0);
  }

  @Override
  public void body(ByteBuffer payload) {
    body.append(CanaryCall.text(payload));
  }

  @Override
  public void whole(Head head) {
    Guess guess = asked.remove();
    if (head.status() == 401 && body.indexOf(guess.shape()) > 0) {
      told.refused.merge(guess.why(), 1, Integer::sum);
    } else {
      told.wrong.add(guess.why() + " got " + head.line() + " " + body);
    }
    told.answers.incrementAndGet();
    if (asked.isEmpty()) {
      ask();
    }
  }

  @Override
  public void ended(Wire over) {
    if (!asked.isEmpty()) {
      told.wrong.add("a connection was closed with " + asked.size() + " guesses unanswered");
    }
    over.close();
  }

  private void ask() {
    StringBuilder requests = new StringBuilder();
    while (asked.size() < AHEAD) {
      Guess next = guesses.get();
      if (next == null) {
        break;
      }
      asked.add(next);
      requests.append(next.request());
    }
    if (asked.isEmpty()) {
      wire.close();
    } else {
      wire.write(requests.toString());
    }
  }
}

package dev.tailtap.fault;

import dev.tailtap.rig.Provider;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A provider whose answers cost more or fewer tokens, and that counts by model what it was asked.
 * Streams it holds until they are let go.
 */
final class CountingProvider implements AutoCloseable {
  static final String KEY = "ours";
  static final int LEAST_TOKENS = 20;
  static final int MOST_TOKENS = 200;

  private static final Pattern MODEL = Pattern.compile("\"model\":\"(\\w+)\"");
  private static final String STREAMED = "\"stream\":true";

  private final Provider provider = new Provider(this::answer);
  private final Map<String, Asked> asked = new ConcurrentHashMap<>();
  private final Set<String> strange = ConcurrentHashMap.newKeySet();

  /** What it was asked of one model. */
  static final class Asked {
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicLong tokens = new AtomicLong();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger mostRunning = new AtomicInteger();
    private final CountDownLatch held = new CountDownLatch(1);

    int calls() {
      return calls.get();
    }

    /** Of calls that it has answered. */
    long tokens() {
      return tokens.get();
    }

    int running() {
      return running.get();
    }

    /** At the same time. */
    int mostRunning() {
      return mostRunning.get();
    }

    /** All that is held, and comes later, goes on. */
    void letGo() {
      held.countDown();
    }
  }

  CountingProvider() throws IOException {}

  String url() {
    return provider.url();
  }

  Asked of(String model) {
    return asked.computeIfAbsent(model, fresh -> new Asked());
  }

  /** What nobody should have sent it. */
  Set<String> strange() {
    return strange;
  }

  @Override
  public void close() throws IOException {
    asked.values().forEach(Asked::letGo);
    provider.close();
  }

  private void answer(Provider.Request request, Provider.Answer answer)
      throws IOException, InterruptedException {
    if (!("Bearer " + KEY).equals(request.field("authorization"))) {
      strange.add("a key that is not the relay's own");
    }
    Matcher model = MODEL.matcher(request.text());
    if (!model.find()) {
      strange.add("no model: " + request.text());
      return;
    }
    Asked of = of(model.group(1));
    int number = of.calls.incrementAndGet();
    of.mostRunning.accumulateAndGet(of.running.incrementAndGet(), Math::max);
    int tokens = LEAST_TOKENS + number * 37 % (MOST_TOKENS - LEAST_TOKENS + 1);
    String usage =
        "\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d}}"
            .formatted(LEAST_TOKENS - 1, tokens - LEAST_TOKENS + 1, tokens);
    String said = "{\"id\":\"x\",\"model\":\"" + model.group(1) + "\",\"choices\":[],";
    boolean streamed = request.text().contains(STREAMED);
    if (streamed) {
      answer.chunkedHead("text/event-stream").chunk("data: " + said + "\"usage\":null}\n\n");
      of.held.await();
    }
    of.running.decrementAndGet(); // before the relay can know
    of.tokens.addAndGet(tokens);
    if (streamed) {
      answer.chunk("data: " + said + usage + "\n\n").chunk("data: [DONE]\n\n").lastChunk();
    } else {
      answer.whole(200, "application/json", said + usage);
    }
  }
}

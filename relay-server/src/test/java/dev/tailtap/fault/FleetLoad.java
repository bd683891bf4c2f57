package dev.tailtap.fault;

import dev.tailtap.rig.RawClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** Clients of one tenant at all relays of a fleet, each asking again as soon as it was answered. */
final class FleetLoad implements AutoCloseable {
  private static final int PAUSE_MILLIS = 5; // after a refusal

  private final Fleet fleet;
  private final String tenant;
  private final long beganNanos = System.nanoTime();
  private final Map<String, Integer> said = new ConcurrentSkipListMap<>();
  private final Map<String, Boolean> saidAt = new ConcurrentHashMap<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicIntegerArray served = new AtomicIntegerArray(Fleet.SIZE);
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean over;
  private double seconds;

  /** Begins, with so many clients at each relay. */
  FleetLoad(Fleet fleet, String tenant, int clients) {
    this.fleet = fleet;
    this.tenant = tenant;
    for (int i = 0; i < clients * Fleet.SIZE; i++) {
      int relay = i % Fleet.SIZE;
      Thread thread = new Thread(() -> ask(relay), "fleet-client-" + i);
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
  }

  private void ask(int relay) {
    byte[] request = fleet.request(tenant, "");
    while (!over) {
      try (RawClient client = fleet.client(relay)) {
        String word = "200";
        while (!over && word.equals("200")) {
          word = Fleet.said(client.send(request).answer());
          said.merge(word, 1, Integer::sum);
          saidAt.put(word + " at " + relay, true);
          if (word.equals("200")) {
            served.incrementAndGet(relay);
          }
        }
      } catch (IOException e) {
        failures.add("relay " + relay + ": " + e);
      }
      FaultGround.pause(PAUSE_MILLIS);
    }
  }

  /** Waits until each relay has served so many more calls, or told what else is awaited. */
  void awaitServed(int more) throws Exception {
    for (int relay = 0; relay < Fleet.SIZE; relay++) {
      int at = relay;
      int until = served.get(at) + more;
      Fleet.await(more + " calls at relay " + at, () -> served.get(at) >= until || !sound());
    }
  }

  /** Waits until each relay has said this. */
  void awaitSaid(String word) throws Exception {
    for (int relay = 0; relay < Fleet.SIZE; relay++) {
      String both = word + " at " + relay;
      Fleet.await(both, () -> saidAt.containsKey(both) || !sound());
    }
  }

  /** Whether every call was answered 200 or 429. */
  boolean sound() {
    return failures.isEmpty()
        && said.keySet().stream().allMatch(word -> word.matches("200|429 .*"));
  }

  /** Ends it once what was asked is answered. */
  void end() throws InterruptedException {
    over = true;
    for (Thread thread : threads) {
      thread.join();
    }
    seconds = (System.nanoTime() - beganNanos) / 1e9;
  }

  /** From before the first question to after the last answer. */
  double seconds() {
    return seconds;
  }

  /** How many calls were answered 200. */
  int served() {
    return said.getOrDefault("200", 0);
  }

  @Override
  public void close() {
    over = true;
  }

  @Override
  public String toString() {
    return "in " + seconds + " s: " + said + " " + failures;
  }
}

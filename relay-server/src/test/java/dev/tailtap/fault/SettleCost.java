package dev.tailtap.fault;

import dev.tailtap.rig.RawClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a client sees of {@code usage.settle}: the time to the last byte of data, and from there to
 * the end of the stream. Two relays in turn, call by call, so that both meet the same machine.
 */
final class SettleCost implements AutoCloseable {
  private static final String BODY =
      "{\"model\":\"m-1\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
  private static final int WARM_UP = 200;

  private final List<Double> toData = new ArrayList<>();
  private final List<Double> toEnd = new ArrayList<>();
  private final RawClient client;
  private final String prefix;
  private int calls;

  private SettleCost(int port, String prefix) throws IOException {
    client = new RawClient(port);
    this.prefix = prefix;
  }

  /** Measures and says what was found, for the report. */
  static String compare(FaultTrial before, FaultTrial after, int calls) throws Exception {
    try (SettleCost waits = new SettleCost(before.port(), "/brisk/1");
        SettleCost goes = new SettleCost(after.port(), "/brisk/2")) {
      for (int i = 0; i < WARM_UP; i++) {
        waits.call(false);
        goes.call(false);
      }
      double forces = before.metric("journal_fsync_seconds_count");
      double forcing = before.metric("journal_fsync_seconds_sum");
      for (int i = 0; i < calls; i++) {
        waits.call(true);
        goes.call(true);
      }
      forces = before.metric("journal_fsync_seconds_count") - forces;
      forcing = before.metric("journal_fsync_seconds_sum") - forcing;
      return text(calls, waits, goes, 1e3 * forcing / forces);
    }
  }

  @Override
  public void close() throws IOException {
    client.close();
  }

  private static String text(int calls, SettleCost waits, SettleCost goes, double force) {
    double more = at(waits.toEnd, 0.5) - at(goes.toEnd, 0.5);
    return String.format(
        Locale.ROOT,
        """
        ## What waiting for the disk costs a client

        %d calls each, in turn, one at a time: milliseconds from the request to the last byte of data, and
        from there to the end of the stream. One force of the journal took %.2f ms in the mean, and waiting
        for it added %.2f ms to the end (median), %.1f forces.

        | usage.settle | to the last data, median | p99 | from there to the end, median | p99 |
        |---|---:|---:|---:|---:|
        %s%s| ratio | %.2f | %.2f | %.1f | %.1f |
        """,
        calls,
        force,
        more,
        more / force,
        waits.line("before-end"),
        goes.line("after"),
        at(waits.toData, 0.5) / at(goes.toData, 0.5),
        at(waits.toData, 0.99) / at(goes.toData, 0.99),
        at(waits.toEnd, 0.5) / at(goes.toEnd, 0.5),
        at(waits.toEnd, 0.99) / at(goes.toEnd, 0.99));
  }

  private String line(String setting) {
    return String.format(
        Locale.ROOT,
        "| %s | %.2f | %.2f | %.3f | %.3f |%n",
        setting,
        at(toData, 0.5),
        at(toData, 0.99),
        at(toEnd, 0.5),
        at(toEnd, 0.99));
  }

  private void call(boolean counts) throws IOException {
    long began = System.nanoTime();
    client.post(prefix + "%04d/v1/chat/completions".formatted(calls++), BODY).head();
    String data = client.chunk();
    while (!data.endsWith("data: [DONE]\n\n")) {
      data = client.chunk();
    }
    long last = System.nanoTime();
    if (!client.chunk().isEmpty()) {
      throw new IOException("there is more after the last data");
    }
    if (counts) {
      toData.add((last - began) / 1e6);
      toEnd.add((System.nanoTime() - last) / 1e6);
    }
  }

  private static double at(List<Double> millis, double share) {
    List<Double> sorted = millis.stream().sorted().toList();
    return sorted.get((int) (share * (sorted.size() - 1)));
  }
}

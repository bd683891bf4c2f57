package dev.tailtap.rehearsal;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.file.ConfigException;
import dev.tailtap.limits.Descriptors;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whole calls through the code of the relay before there are any: a client, a {@link PrivateRelay}
 * and a provider on loopback ports, so that what the first real calls run through is compiled. It
 * leaves nothing behind, neither rows nor figures, and whatever it fails by is a line of debug.
 */
public final class Rehearsal {
  private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);

  /** In a hand-over the former relay waits for the next one, but not for ever. */
  private static final long MOST_BEFORE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final long FIRST_CALL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private static final int CALLERS = 4;

  /** With less to spare it would take descriptors from clients. */
  private static final int LEAST_DESCRIPTORS = 128;

  private final RelayConfig config;
  private final BooleanSupplier wanted;

  /**
   * Does nothing yet.
   *
   * @param config of the relay
   * @param wanted whether it is to go on, asked between calls
   */
  public Rehearsal(RelayConfig config, BooleanSupplier wanted) {
    this.config = config;
    this.wanted = wanted;
  }

  /**
   * Rehearses, and returns when its time is over, after five seconds at most, or when it is not
   * wanted any more.
   */
  public void run() {
    begin(Math.min(MOST_BEFORE_NANOS, config.server().rehearsal().toNanos()));
  }

  /**
   * The same on a thread of its own, once whoever waits for the relay has had the time to call. Not
   * where there is one core, which the rest of the start needs.
   */
  public void runBeside() {
    if (Runtime.getRuntime().availableProcessors() == 1) {
      LOG.debug("event=rehearsal_skipped reason=one_core");
      return;
    }
    Threads.daemon(this::runLater).start();
  }

  private void runLater() {
    LockSupport.parkNanos(this, FIRST_CALL_NANOS);
    if (wanted.getAsBoolean()) {
      begin(config.server().rehearsal().toNanos());
    }
  }

  private void begin(long mostNanos) {
    if (mostNanos > 0 && Descriptors.now().perSide() < LEAST_DESCRIPTORS) {
      LOG.debug("event=rehearsal_skipped reason=descriptors");
    } else if (mostNanos > 0) {
      LOG.debug("event=rehearsal_begun");
      rehearse(mostNanos);
    }
  }

  private void rehearse(long mostNanos) {
    long start = System.nanoTime();
    int rounds = 0;
    try {
      List<Take> takes = Take.all();
      try (TakeProvider provider = new TakeProvider(takes);
          PrivateRelay relay = new PrivateRelay(config, provider.port());
          Cast cast = new Cast(relay.port())) {
        while (wanted.getAsBoolean() && System.nanoTime() - start < mostNanos) {
          cast.round(takes, rounds);
          rounds++;
        }
      }
    } catch (IOException | ConfigException | RuntimeException | LinkageError failure) {
      LOG.debug("event=rehearsal_failed reason=\"{}\"", failure.toString());
    }
    LOG.debug(
        "event=rehearsed calls={} millis={}",
        rounds * CALLERS,
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
  }

  /** Callers who ask at the same time, each something else. */
  private static final class Cast implements AutoCloseable {
    private final Caller[] callers = new Caller[CALLERS];

    Cast(int port) {
      for (int i = 0; i < CALLERS; i++) {
        callers[i] = new Caller(port);
      }
    }

    void round(List<Take> takes, int number) throws IOException {
      for (int i = 0; i < CALLERS; i++) {
        callers[i].ask(takes.get((number * CALLERS + i) % takes.size()));
      }
      for (Caller caller : callers) {
        caller.hear();
      }
    }

    @Override
    public void close() throws IOException {
      for (Caller caller : callers) {
        caller.close();
      }
    }
  }
}

package dev.tailtap.doctor;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.StoreConfig;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.store.DatabaseAwayException;
import dev.tailtap.store.StoreStartException;
import dev.tailtap.store.StoreVisit;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Says whether the configured store and upstreams can be reached, and why calls of the last hour
 * have no usage. Changes nothing and calls no model. One examination; blocks.
 */
public final class Doctor {
  private static final Duration SPAN = Duration.ofHours(1);

  private final List<String> lines = new ArrayList<>();
  private boolean reachable = true;

  private Doctor() {}

  /** Examines what is configured. */
  public static Doctor examine(RelayConfig config, Clock clock) throws InterruptedException {
    Doctor doctor = new Doctor();
    doctor.lookAtUpstreams(config);
    doctor.lookAtStore(config.store(), clock);
    return doctor;
  }

  /** Looks at the demo's store too, if a demo runs. */
  public void examineDemo(StoreConfig store, Clock clock) {
    if (StoreVisit.isRunning(store)) {
      lines.add("");
      lines.add("A demo is running (conf/demo.properties):");
      lookAtStore(store, clock);
    }
  }

  /** What was found, for people. */
  public List<String> lines() {
    return lines;
  }

  /** Whether the store and all upstreams could be reached. */
  public boolean allReachable() {
    return reachable;
  }

  private void lookAtUpstreams(RelayConfig config) throws InterruptedException {
    try (UpstreamProbe probe = new UpstreamProbe(config)) {
      for (UpstreamConfig upstream : config.upstreams().values()) {
        tell("upstream " + upstream.name() + " " + upstream.url(), probe.trouble(upstream));
      }
    }
  }

  private void lookAtStore(StoreConfig config, Clock clock) {
    if (StoreVisit.isUnmade(config)) {
      lines.add(
          "store embedded: none yet in " + config.dir() + "; the relay's first start makes it");
      return;
    }
    try (StoreVisit visit = StoreVisit.open(config)) {
      List<String> findings = Findings.of(visit.queries().groups(clock.instant().minus(SPAN)));
      tell("store " + visit.description(), null);
      lines.add("");
      lines.addAll(findings);
    } catch (StoreStartException | DatabaseAwayException away) {
      tell("store " + (config.embedded() ? "embedded" : "external"), away.getMessage());
    }
  }

  private void tell(String what, String trouble) {
    lines.add(what + ": " + (trouble == null ? "reachable" : "NOT reachable: " + trouble));
    reachable &= trouble == null;
  }
}

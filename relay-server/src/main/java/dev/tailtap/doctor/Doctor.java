package dev.tailtap.doctor;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.StoreConfig;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.embedded.EmbeddedDatabase;
import dev.tailtap.embedded.StoreVisit;
import dev.tailtap.store.DatabaseAddress;
import dev.tailtap.store.DatabaseAwayException;
import dev.tailtap.store.StoreInspection;
import dev.tailtap.store.StoreStartException;
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
    if (store.embedded() && EmbeddedDatabase.isRunning(store.dir())) {
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
        tell("upstream " + upstream.name() + " " + upstream.url(), probe.whyUnreachable(upstream));
      }
    }
  }

  private void lookAtStore(StoreConfig config, Clock clock) {
    if (config.embedded() && !EmbeddedDatabase.isMade(config.dir())) {
      lines.add(
          "store embedded: none yet in " + config.dir() + "; the relay's first start makes it");
      return;
    }
    try (StoreVisit store = StoreVisit.to(config)) {
      lookAt(store.address(), clock);
    } catch (StoreStartException | DatabaseAwayException away) {
      tell("store " + (config.embedded() ? "embedded" : "external"), away.getMessage());
    }
  }

  private void lookAt(DatabaseAddress address, Clock clock) throws DatabaseAwayException {
    try (StoreInspection store = new StoreInspection(address)) {
      List<String> findings = Findings.of(store.queries().groups(clock.instant().minus(SPAN)));
      tell("store " + store.description(), null);
      lines.add("");
      lines.addAll(findings);
    }
  }

  private void tell(String what, String failure) {
    lines.add(what + ": " + (failure == null ? "reachable" : "NOT reachable: " + failure));
    reachable &= failure == null;
  }
}

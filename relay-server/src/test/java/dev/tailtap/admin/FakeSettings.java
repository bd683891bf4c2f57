package dev.tailtap.admin;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Settings that a test makes up, and who wanted them reloaded. */
final class FakeSettings implements LiveSettings {
  static final Instant SINCE = Instant.parse("2026-01-02T03:04:05Z");
  static final Difference LOOPS = new Difference("relay.loops", "0", "4", true);

  final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  volatile Reloaded next =
      new Reloaded(
          Result.APPLIED,
          "relay.properties",
          SINCE,
          List.of("limits.streams"),
          List.of(LOOPS),
          List.of(),
          List.of("route.a.upstreams: is odd"));

  @Override
  public Reloaded reload(String by) {
    asked.add(by);
    return next;
  }

  @Override
  public Active active() {
    return new Active(
        "relay.properties",
        SINCE,
        List.of(
            new Value("relay.loops", "0", "default"),
            new Value("admin.token", "***", "relay.properties:3")),
        List.of(LOOPS, new Difference("route.b.path", null, "/b", false)),
        List.of("limits.streams=many: must be a whole number"));
  }
}

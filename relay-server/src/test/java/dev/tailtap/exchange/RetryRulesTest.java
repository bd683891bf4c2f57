package dev.tailtap.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.RouteConfig.RetryOn;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a route lets be tried elsewhere, and how soon it must have failed. */
class RetryRulesTest {
  /** What a provider may have begun to work on. */
  private static final Set<RetryOn> MAY_BE_BILLED =
      EnumSet.of(
          RetryOn.REQUEST_TIMEOUT,
          RetryOn.SERVER_ERROR,
          RetryOn.BAD_GATEWAY,
          RetryOn.GATEWAY_TIMEOUT,
          RetryOn.HEAD_TIMEOUT,
          RetryOn.RESET,
          RetryOn.FIRST_EVENT);

  private static RouteConfig route(String... settings) throws Exception {
    Map<String, String> all =
        settings.length == 0
            ? Map.of()
            : Map.of(settings[0], settings[1], settings[2], settings[3]);
    return HandRelay.config(all).routes().get(0);
  }

  @Test
  void byItselfOnlyWhatCannotBeBilled() throws Exception {
    RouteConfig route = route();
    Set<RetryOn> allowed = EnumSet.noneOf(RetryOn.class);
    for (RetryOn failure : RetryOn.values()) {
      if (RetryRules.allows(route, failure, 0)) {
        allowed.add(failure);
      }
    }
    assertEquals(
        EnumSet.of(
            RetryOn.UNSENT, RetryOn.TOO_MANY_REQUESTS, RetryOn.UNAVAILABLE, RetryOn.OVERLOADED),
        allowed);
  }

  @Test
  void whatMayBeBilledOnlyIfItFailedSoon() throws Exception {
    String every =
        "unsent,429,503,529,401,403,402,404,408,500,502,504,head-timeout,reset,first-event,"
            + "error-event";
    RouteConfig route = route("route.sim.retry-on", every, "route.sim.retry-within", "10s");
    long limit = TimeUnit.SECONDS.toNanos(10);
    for (RetryOn failure : RetryOn.values()) {
      assertTrue(RetryRules.allows(route, failure, limit), failure.word());
      boolean late = RetryRules.allows(route, failure, limit + 1);
      assertEquals(!MAY_BE_BILLED.contains(failure), late, failure.word());
    }
  }

  @Test
  void nothingWhereItsRouteSaysSo() throws Exception {
    RouteConfig route = route("route.sim.retry-on", "none", "route.sim.tries", "9");
    for (RetryOn failure : RetryOn.values()) {
      assertFalse(RetryRules.allows(route, failure, 0), failure.word());
    }
  }
}

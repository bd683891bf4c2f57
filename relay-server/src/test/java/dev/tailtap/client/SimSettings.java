package dev.tailtap.client;

import dev.tailtap.config.RouteConfig.RetryOn;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/** Draws the settings of worlds whose routes have several upstreams. */
final class SimSettings {
  private static final List<String> UPSTREAMS =
      List.of("sim*3 b c", "sim | b | c", "sim b*2 | c", "b | sim c*5", "c sim", "b*7");

  private static final String ALL =
      Arrays.stream(RetryOn.values()).map(RetryOn::word).collect(Collectors.joining(","));

  private static final List<String> RETRY_ON =
      List.of("unsent,429,503,529", ALL, ALL, "none", "unsent,reset,head-timeout,429", "500,401");

  private SimSettings() {}

  /** The same world with three upstreams, of which the second has a pool of two keys. */
  static Map<String, String> several(Map<String, String> alone, Random random) {
    Map<String, String> all = new HashMap<>(alone);
    for (String name : List.of("b", "c")) {
      alone.forEach(
          (key, value) -> {
            if (key.startsWith("upstream.sim.")) {
              all.put(key.replace("upstream.sim.", "upstream." + name + "."), value);
            }
          });
      all.put("upstream." + name + ".url", "http://" + name + ".test:" + (80 + name.charAt(0)));
      all.put("upstream." + name + ".dialect", "openai-chat");
    }
    all.put("upstream.b.key.one", SimRoutes.KEY + "one");
    all.put("upstream.b.key.two", SimRoutes.KEY + "two");
    all.put("upstream.b.keys", random.nextBoolean() ? "fill-first" : "spread");
    if (random.nextInt(3) > 0) {
      all.put("upstream.c.model.m", "real-m");
    }
    if (random.nextInt(4) == 0) {
      all.put("upstream.sim.streams", "1");
    }
    String route = "route.sim.";
    all.put(route + "upstreams", UPSTREAMS.get(random.nextInt(UPSTREAMS.size())));
    policy(all, route, random);
    if (random.nextInt(3) > 0) {
      all.put("route.m.path", "/");
      all.put("route.m.models", "m-*");
      all.put("route.m.upstreams", random.nextBoolean() ? "c" : "b | c");
      policy(all, "route.m.", random);
    }
    all.put("limits.streams", Integer.toString(2 + random.nextInt(6)));
    all.put("limits.replay-memory", random.nextInt(2) == 0 ? "1KiB" : "1MiB");
    all.put("limits.retry-budget", random.nextInt(3) == 0 ? "0%" : "100%");
    return all;
  }

  private static void policy(Map<String, String> all, String route, Random random) {
    int balance = random.nextInt(4);
    all.put(route + "balance", balance == 0 ? "least-pending" : balance == 1 ? "spread" : "sticky");
    if (balance > 1) {
      all.put(route + "sticky", balance == 2 ? "key" : "header:x-caller");
    }
    all.put(route + "tries", List.of("1", "2", "2", "3", "4").get(random.nextInt(5)));
    all.put(route + "retry-on", RETRY_ON.get(random.nextInt(RETRY_ON.size())));
    all.put(route + "retry-within", List.of("1s", "3s", "10s").get(random.nextInt(3)));
    all.put(route + "retry-body", List.of("0", "1KiB", "64KiB", "64KiB").get(random.nextInt(4)));
    if (random.nextBoolean()) {
      all.put(route + "commit", "event");
      for (String name : List.of("sim", "b", "c")) {
        all.put("upstream." + name + ".first-event-timeout", "2s");
      }
    }
  }
}

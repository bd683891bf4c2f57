package dev.tailtap.limits;

import dev.tailtap.config.LimitConfig;
import dev.tailtap.config.LimitConfig.Facet;
import dev.tailtap.config.QuotaConfig;
import dev.tailtap.config.SharedConfig.Away;
import dev.tailtap.config.file.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The limits of a simulated fleet: one of each tenant, and mostly one of all. */
final class SimulatedQuota {
  static final List<String> TENANTS = List.of("t1", "t2");

  final QuotaConfig config;
  final int relays;
  private final List<Bucket> buckets;

  SimulatedQuota(Random random) {
    relays = 2 + random.nextInt(3);
    List<String> all = new ArrayList<>();
    put(all, "limits.shared", "redis://127.0.0.1");
    put(all, "limits.relays", "" + relays);
    put(
        all,
        "limits.shared-away",
        List.of("local", "local", "open", "closed").get(random.nextInt(4)));
    put(all, "budget.refresh", List.of("1s", "3s", "10s").get(random.nextInt(3)));
    put(all, "limit.a.per", "tenant");
    put(all, "limit.a.tokens", "60k/m");
    put(all, "limit.a.streams", "" + (2 + random.nextInt(8)));
    put(
        all,
        "limit.a.reserve",
        List.of("mean", "mean", "none", "max-tokens").get(random.nextInt(4)));
    put(all, "limit.a.budget", random.nextInt(4) == 0 ? "150k tokens/day" : "1G tokens/day");
    if (random.nextBoolean()) {
      put(all, "limit.a.requests", (20 + random.nextInt(100)) + "/m");
    }
    if (random.nextInt(3) > 0) {
      put(all, "limit.b.tokens", "90k/m");
      put(all, "limit.b.streams", "" + (4 + random.nextInt(12)));
      put(all, "limit.b.budget", random.nextInt(4) == 0 ? "250 USD/week" : "1M USD/week");
    }
    config = quota(all);
    buckets = made();
  }

  /** Of settings in pairs. */
  SimulatedQuota(int relays, List<String> settings) {
    this.relays = relays;
    List<String> all = new ArrayList<>(settings);
    put(all, "limits.shared", "redis://127.0.0.1");
    put(all, "limits.relays", "" + relays);
    config = quota(all);
    buckets = made();
  }

  private static void put(List<String> all, String key, String value) {
    all.add(key);
    all.add(value);
  }

  private static QuotaConfig quota(List<String> settings) {
    try {
      return HandLimits.quota(settings.toArray(String[]::new));
    } catch (ConfigException e) {
      throw new IllegalStateException(e);
    }
  }

  Away away() {
    return config.shared().away();
  }

  Map<String, LimitConfig> limits() {
    return config.limits();
  }

  /** Each that a call of these tenants may be in. */
  List<Bucket> buckets() {
    return buckets;
  }

  private List<Bucket> made() {
    List<Bucket> made = new ArrayList<>();
    for (LimitConfig limit : limits().values()) {
      if (limit.per().contains(Facet.TENANT)) {
        TENANTS.forEach(tenant -> made.add(new Bucket(limit, tenant, relays)));
      } else {
        made.add(new Bucket(limit, null, relays));
      }
    }
    return made;
  }

  /** What some calls have in common. */
  static final class Bucket {
    final LimitConfig limit;
    final String tenant; // null: all
    final Terms whole;
    final Terms part; // of one relay by itself
    final String tokens; // what the server calls them
    final String requests;
    final String streams;

    Bucket(LimitConfig limit, String tenant, int relays) {
      this.limit = limit;
      this.tenant = tenant;
      whole = Terms.of(limit, 1);
      part = Terms.of(limit, relays);
      Facets facets = new Facets();
      facets.set(tenant, null, null, null, null, null, -1);
      String text = new BucketKey().set(facets, limit.per()).text();
      String key = "{tailtap}" + limit.name() + "/" + text + "/";
      tokens = key + "total";
      requests = key + "requests";
      streams = key + "streams";
    }

    String name() {
      return limit.name();
    }

    boolean has(SimulatedCall call) {
      return tenant == null || tenant.equals(call.tenant);
    }

    double microsPerToken() {
      return whole.tokenNanos() / 1e3;
    }

    @Override
    public String toString() {
      return tenant == null ? name() : name() + " of " + tenant;
    }
  }
}

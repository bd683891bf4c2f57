package dev.tailtap.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.RawClient;
import dev.tailtap.stats.Label;
import dev.tailtap.stats.Metric;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the admin port says of the limits that are set by name. */
class LimitsPageTest {
  private static RawClient.Answer get(String path) throws Exception {
    try (AdminPort port = new AdminPort("");
        RawClient client = port.client()) {
      port.stats.count(Label.KEY_UNKNOWN);
      port.stats.count(Metric.LIMIT_WARNED, "acme", "streams_limit");
      port.stats.count(Metric.LIMIT_WARNED, "acme", "streams_limit");
      port.stats.count(Metric.LIMIT_WARNED, "acme", "budget");
      port.stats.count(Metric.LIMIT_WARNED, "other", "budget");
      return client.send(AdminPort.request("GET", path)).answer();
    }
  }

  @Test
  void limitsShowWhatTheirFullestBucketsHold() throws Exception {
    assertEquals(
        """
        {"buckets_of":"this relay","shared":"away","limits":[{"name":"acme","mode":"warn","refused":{},"warned":{"budget":1,"streams_limit":2},"buckets":3,"fullest":[{"of":{"tenant":"t-1"},\
        "requests":{"used":1.5,"size":60.0},"streams":{"used":1.0,"size":2.0},\
        "budget":{"used":7.0,"size":1000.0,"unit":"tokens","mode":"refuse","from":"2026-03-01T00:00:00Z","to":"2026-04-01T00:00:00Z","age_seconds":2.5},\
        "mean_cost":12.25,"refused":4}]}],\
        "keys_refused":{"unknown":1}}
        """,
        get("/limits?name=acme&count=1000").text());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/limits?count=0", "/limits?count=1001", "/limits?limit=a"})
  void aBadParameterIsRefused(String path) throws Exception {
    RawClient.Answer answer = get(path);
    assertEquals(400, answer.status());
    assertTrue(answer.text().contains("\"code\":\"bad_parameter\""), answer.text());
  }
}

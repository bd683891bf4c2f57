package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.limits.ClientNetwork;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How many streams and connections there may be, and what happens to one more. */
class LimitsTest {
  private static void oneStreamMore(String key, int status, String code) throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  done.await();
                  answer.whole(200, "text/plain", "ok");
                });
        RelayRig rig = new RelayRig(provider.url(), key, "1");
        RawClient first = rig.client();
        RawClient second = rig.client()) {
      first.get("/v1/a");
      provider.take();
      RawClient.Answer refused = second.get("/v1/b").answer();
      assertEquals(status, refused.status());
      assertEquals("1", refused.fields().get("retry-after"));
      assertTrue(refused.text().contains("\"code\":\"" + code + "\""), refused.text());
      rig.awaitMetric("tailtap_requests_refused_total{reason=\"" + code + "\"} 1.0");
      done.countDown();
      assertEquals("ok", first.answer().text());
      assertEquals("ok", second.get("/v1/b").answer().text());
      assertEquals(2, rig.rows(2).size());
    }
  }

  @Test
  @Rule(
      value = "A stream beyond an upstream's own limit is answered 503 with Retry-After",
      source = "conf upstream.NAME.streams")
  void refusesOneStreamMoreThanTheUpstreamMayHave() throws Exception {
    oneStreamMore("upstream.test.streams", 503, "too_many_streams_upstream");
  }

  @Test
  @Rule(
      value = "A stream beyond a client address's limit is answered 429 with Retry-After",
      source = "RFC 6585 section 4")
  void refusesOneStreamMoreThanTheClientMayHave() throws Exception {
    oneStreamMore("limits.streams-per-address", 429, "too_many_streams_address");
  }

  @ParameterizedTest
  @ValueSource(strings = {"limits.connections", "limits.connections-per-address"})
  @Rule(
      value = "A connection beyond the limit is closed at once, and counted by the limit's name",
      source = "conf limits.connections")
  void closesOneConnectionMoreThanThereMayBe(String key) throws Exception {
    String reason = key.substring("limits.".length());
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
        RelayRig rig = new RelayRig(provider.url(), key, "1")) {
      try (RawClient first = rig.client()) {
        assertEquals("ok", first.get("/v1/a").answer().text());
        try (RawClient second = rig.client()) {
          assertTrue(second.awaitClose());
        }
        rig.awaitMetric("tailtap_client_connections_refused_total{reason=\"" + reason + "\"} 1.0");
      }
      rig.awaitMetric("tailtap_client_connections 0.0");
      try (RawClient third = rig.client()) {
        assertEquals("ok", third.get("/v1/a").answer().text());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.1, 10.0.0.1, true",
    "10.0.0.1, 10.0.0.2, false",
    "2001:db8:1:2::1, 2001:db8:1:2:ffff::2, true",
    "2001:db8:1:2::1, 2001:db8:1:3::1, false",
    "::1, 0.0.0.0, false",
    "::ffff:10.0.0.1, 10.0.0.1, true"
  })
  @Rule(
      value = "Clients of one IPv6 network (/64) count as one address",
      source = "conf limits.streams-per-address")
  void countsByAddressOrNetwork(String one, String other, boolean same) throws Exception {
    ClientNetwork first = ClientNetwork.of(new InetSocketAddress(InetAddress.getByName(one), 1));
    ClientNetwork second = ClientNetwork.of(new InetSocketAddress(InetAddress.getByName(other), 2));
    assertEquals(same, first.equals(second));
  }
}

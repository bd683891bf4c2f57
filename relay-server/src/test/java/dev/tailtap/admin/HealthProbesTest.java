package dev.tailtap.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.Rule;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What balancers and orchestrators send to learn whether a relay is to be sent requests. */
class HealthProbesTest {
  static List<String> once() {
    return List.of(
        "GET PATH HTTP/1.0\r\n\r\n", // HAProxy, and what most send that know no host
        "HEAD PATH HTTP/1.0\r\n\r\n",
        "GET PATH HTTP/1.0\r\nHost: relay.example\r\nConnection: close\r\n\r\n", // nginx
        "GET PATH HTTP/1.1\r\nHost: 10.0.0.5:9090\r\nConnection: close\r\n"
            + "User-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip, compressed\r\n\r\n",
        "GET PATH HTTP/1.1\r\nHost: 10.0.0.5:9090\r\nUser-Agent: kube-probe/1.32\r\n"
            + "Accept: */*\r\nConnection: close\r\n\r\n",
        "HEAD PATH HTTP/1.1\r\nHost: relay.example\r\nConnection: close\r\n\r\n");
  }

  private static void answers(RawClient client, String probe, int status, String text)
      throws Exception {
    RawClient.Answer head = client.send(probe).head();
    assertEquals(status, head.status(), probe);
    assertEquals(Integer.toString(text.length()), head.fields().get("content-length"), probe);
    if (!probe.startsWith("HEAD")) {
      assertEquals(text, client.rest(head).text(), probe);
    }
  }

  @ParameterizedTest
  @MethodSource("once")
  @Rule(
      value = "Each probe is answered without a token, and its connection ends",
      source = "docs/OPERATIONS.md")
  void answersEachProbe(String probe) throws Exception {
    try (AdminPort port = new AdminPort("a-token")) {
      for (Readiness now : Readiness.values()) {
        port.readiness = now;
        boolean ready = now == Readiness.READY;
        try (RawClient client = port.client()) {
          String text = ready ? "ready\n" : "not ready: " + now.reason() + "\n";
          answers(client, probe.replace("PATH", "/readyz"), ready ? 200 : 503, text);
          assertTrue(client.awaitClose());
        }
        try (RawClient client = port.client()) {
          answers(client, probe.replace("PATH", "/healthz"), 200, "ok\n");
          assertTrue(client.awaitClose());
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /readyz HTTP/1.1\r\nHost: relay.example\r\n\r\n",
        "HEAD /readyz HTTP/1.1\r\nHost: relay.example\r\n\r\n",
        "GET /readyz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
      })
  @Rule(
      value = "A probe may keep its connection, and hears of a change on it",
      source = "docs/OPERATIONS.md")
  void aProbeMayKeepItsConnection(String probe) throws Exception {
    try (AdminPort port = new AdminPort("");
        RawClient client = port.client()) {
      answers(client, probe, 200, "ready\n");
      answers(client, probe, 200, "ready\n");
      port.readiness = Readiness.DRAINING;
      answers(client, probe, 503, "not ready: draining\n");
      port.readiness = Readiness.READY;
      answers(client, probe, 200, "ready\n");
    }
  }

  @Test
  @Rule(
      value = "OPTIONS, which HAProxy sends if nothing else is said, is no probe",
      source = "docs/OPERATIONS.md")
  void optionsIsNoProbe() throws Exception {
    try (AdminPort port = new AdminPort("");
        RawClient client = port.client()) {
      assertEquals(405, client.send("OPTIONS / HTTP/1.0\r\n\r\n").answer().status());
      assertFalse(client.socket().isClosed());
    }
  }
}

package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Answers before the answer: at once, few, and no progress. */
class InterimAnswersTest {
  private static final String HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";

  @Test
  @Rule(value = "An interim answer goes on as soon as it comes", source = "RFC 9110 section 15.2")
  void reachTheirClientBeforeTheFinalHead() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  answer.send(HINTS);
                  seen.await();
                  answer.whole(200, "text/plain", "ok");
                });
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      assertEquals(103, client.get("/v1/x").head().status());
      seen.countDown();
      assertEquals("ok", client.answer().text());
    }
  }

  @Test
  @Rule(
      value = "An upstream that sends one interim answer after the other is given up with 502",
      source = "RFC 9110 section 15.2")
  void areNotEndless() throws Exception {
    try (Provider provider =
            new Provider((request, answer) -> answer.send(HINTS.repeat(10_000)).awaitClose());
        RelayRig rig = new RelayRig(provider.url());
        RawClient client = rig.client()) {
      client.get("/v1/x");
      int interims = 0;
      RawClient.Answer head = client.head();
      while (head.status() == 103) {
        interims++;
        head = client.head();
      }
      RawClient.Answer answer = client.rest(head);
      assertEquals(502, answer.status());
      assertTrue(answer.text().contains("upstream_too_many_interims"), answer.text());
      assertEquals(32, interims);
      assertEquals("upstream_invalid", rig.row().get("outcome"));
    }
  }

  @Test
  @Rule(
      value = "An interim answer does not renew the time in which the head must come",
      source = "conf upstream.NAME.head-timeout")
  void areNoProgress() throws Exception {
    try (Provider provider =
            new Provider(
                (request, answer) -> {
                  for (int i = 0; i < 20; i++) {
                    answer.send(HINTS);
                    assertTrue(!new CountDownLatch(1).await(200, TimeUnit.MILLISECONDS));
                  }
                });
        RelayRig rig = new RelayRig(provider.url(), "upstream.test.head-timeout", "1s");
        RawClient client = rig.client()) {
      client.get("/v1/x");
      RawClient.Answer head = client.head();
      while (head.status() == 103) {
        head = client.head();
      }
      assertEquals(504, head.status());
      assertEquals("upstream_head_timeout", rig.row().get("error"));
    }
  }
}

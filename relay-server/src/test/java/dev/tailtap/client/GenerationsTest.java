package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.record.Outcome;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Other settings take the place of those that streams have begun under. */
class GenerationsTest {
  @Test
  void letsAStreamEndWhereItBeganAndSendsTheNextToTheNewPlace() throws Exception {
    CountDownLatch swapped = new CountDownLatch(1);
    try (Provider before =
            new Provider(
                (request, answer) -> {
                  answer.chunkedHead(ChatStream.SSE).chunk("data: 1\n\n");
                  swapped.await();
                  answer.chunk("data: 2\n\n").lastChunk();
                });
        Provider after =
            new Provider((request, answer) -> answer.whole(200, "text/plain", "other"));
        SettlingRig rig = new SettlingRig(before.url(), false);
        RawClient first = rig.client();
        RawClient second = rig.client();
        RawClient third = rig.client()) {
      RawClient.Answer head = first.get("/v1/a").head();
      assertEquals("data: 1\n\n", first.chunk());
      rig.use(after.url(), 2);
      second.get("/v1/b");
      SettlingRig.Settling newer = rig.take();
      assertEquals(503, third.get("/v1/c").answer().status(), "two are under way, as may be");
      newer.durable().run();
      assertEquals("other", second.answer().text());
      swapped.countDown();
      SettlingRig.Settling older = rig.take();
      assertEquals(Outcome.COMPLETED, older.record().end().outcome());
      older.durable().run();
      assertTrue(first.rest(head).whole());
      assertEquals(0, rig.admission().all().active());
    }
  }
}

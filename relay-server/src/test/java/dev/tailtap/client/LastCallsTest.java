package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Who is asked for a last request when the relay is to stop. */
class LastCallsTest {
  @Test
  void whoWasAcceptedWhileItsLoopWasBusyIsAmongThem() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    try (Provider provider =
            new Provider((request, answer) -> answer.whole(200, "application/json", "{}"));
        SettlingRig rig = new SettlingRig(provider.url(), false)) {
      rig.loop().execute(() -> await(busy));
      await(() -> rig.loop().pendingTasks() == 0);
      try (RawClient client = rig.client()) {
        await(() -> rig.loop().pendingTasks() > 0); // accepted, and not on its loop yet
        CompletableFuture<Integer> connected =
            CompletableFuture.supplyAsync(
                () -> {
                  rig.server().lastCalls();
                  return rig.server().connected();
                });
        await(() -> rig.admission().ending());
        await(() -> connected.isDone() || rig.loop().pendingTasks() > 1);
        busy.countDown();
        assertEquals(1, connected.get(Patience.SECONDS, TimeUnit.SECONDS));
        client.post("/v1/messages", "{}");
        rig.take().durable().run();
        RawClient.Answer last = client.answer();
        assertEquals(200, last.status());
        assertEquals("close", last.fields().get("connection"));
      }
    } finally {
      busy.countDown();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void await(BooleanSupplier holds) {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (!holds.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited in vain");
      LockSupport.parkNanos(1_000_000);
    }
  }
}

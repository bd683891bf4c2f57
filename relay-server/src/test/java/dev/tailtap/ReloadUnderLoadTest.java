package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.NoLeaks;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.StreamLoad;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Reloads without end while streams run: none is cut, none is lost, and nothing is left behind. */
@ExtendWith(NoLeaks.class)
class ReloadUnderLoadTest {
  private static final int CLIENTS = 24;
  private static final int RELOADS = 40;
  private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long PACE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final String END =
      "data: {\"id\":\"%d\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,"
          + "\"total_tokens\":7}}\n\n";

  @Test
  void noStreamIsCutAndNoRequestIsLost() throws Exception {
    try (Provider one = new Provider(ReloadUnderLoadTest::stream);
        Provider two = new Provider(ReloadUnderLoadTest::stream);
        RelayRig rig = new RelayRig(one.url())) {
      StreamLoad load = new StreamLoad(CLIENTS, () -> rig.relay().port(), "/load", 0);
      load.awaitMore(CLIENTS);
      for (int i = 0; i < RELOADS; i++) {
        long next = System.nanoTime() + EVERY_NANOS;
        reload(rig, i, one.url(), two.url());
        LockSupport.parkNanos(next - System.nanoTime());
      }
      load.awaitMore(CLIENTS);
      load.close();
      assertEquals(0, load.refused(), "none is answered by the relay itself");
      List<Map<String, Object>> rows = rig.rowsUnder("/load", load.finished().size());
      assertEquals(load.finished().size(), rows.size());
      for (Map<String, Object> row : rows) {
        assertEquals("completed", row.get("outcome"), row.toString());
        assertEquals(7L, row.get("total_tokens"), row.toString());
      }
      rig.reload("upstream.new.url", null, "upstream.test.url", one.url());
      rig.awaitMetric("tailtap_streams_active{upstream=\"test\"} 0.0");
      rig.awaitMetric("tailtap_usage_in_flight 0.0");
      rig.awaitMetric("tailtap_memory_held_bytes 0.0");
      rig.awaitMetric("tailtap_client_backlog_bytes 0.0");
      rig.awaitMetric("tailtap_client_connections 0.0");
      assertTrue(rig.admin("/concurrency").startsWith("{\"active\":0,"));
    }
  }

  /** Another place, other keys, limits and routes each time; mistakes and no change at times. */
  private static void reload(RelayRig rig, int i, String one, String two) throws Exception {
    if (i % 10 == 9) {
      rig.set("limits.streams", "none");
      assertEquals(422, rig.reload("").statusCode());
    }
    boolean even = i % 2 == 0;
    rig.reload(
        "limits.streams", Integer.toString(500 + i),
        "limits.client-idle", (10 + i) + "m",
        "upstream.test.url", i % 4 < 2 ? one : two,
        "upstream.test.key.a", "sk-" + i,
        "upstream.new.url", even ? two : null,
        "route.new.path", even ? "/new" : null,
        "route.new.upstream", even ? "new" : null,
        "usage.include", even ? "leave" : "ask");
  }

  private static void stream(Provider.Request request, Provider.Answer answer)
      throws java.io.IOException {
    answer.chunkedHead("text/event-stream");
    for (int i = 0; i < 20; i++) {
      answer.chunk("data: {\"choices\":[{\"delta\":{\"content\":\"" + i + "\"}}]}\n\n");
      LockSupport.parkNanos(PACE_NANOS);
    }
    int number = StreamLoad.numberOf(request.line().split(" ", 3)[1]);
    answer.chunk(END.formatted(number)).chunk("data: [DONE]\n\n").lastChunk();
  }
}

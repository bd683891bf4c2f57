package dev.tailtap.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.client.CloseCell.Leaver;
import dev.tailtap.client.CloseCell.Moment;
import dev.tailtap.rig.Rule;
import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The close matrix where the relay stops, all cells of a leaver in one relay: what runs goes on to
 * its end, and is cut once the drain time is over.
 *
 * <p>Not cells: a handshake that succeeds after the drain began, which is a connect that does; and
 * those of {@link ClientLeavesTest}.
 */
class RelayStopsTest {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private static List<CloseCell> cells(Leaver leaver) {
    return CloseCell.of(leaver, Moment.CONNECTING, Moment.LAST_CHUNK);
  }

  private static Map<CloseCell, CloseScene> open(CloseRig rig, Leaver leaver) throws Exception {
    Map<CloseCell, CloseScene> scenes = new LinkedHashMap<>();
    List<CloseCell> lastMomentFirst = new ArrayList<>(cells(leaver));
    Collections.reverse(lastMomentFirst); // who hangs in connecting tries again ever more seldom
    for (CloseCell cell : lastMomentFirst) {
      scenes.put(cell, rig.open(cell));
    }
    return scenes;
  }

  /** Until the last calls: whoever is answered from then on is told that it is the last answer. */
  private static boolean accepts(CloseRig rig) throws IOException {
    try {
      rig.relay().client().close();
      return true;
    } catch (ConnectException refused) {
      return false;
    }
  }

  @Nested
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  class WithinTheDrainTime {
    private CloseRig rig;
    private Map<CloseCell, CloseScene> scenes;
    private Thread stopping;

    @BeforeAll
    void stopTheRelay() throws Exception {
      rig = new CloseRig("relay.drain-timeout", "10m");
      scenes = open(rig, Leaver.RELAY_DRAINS);
      stopping = new Thread(rig.relay()::close, "stopping");
      stopping.start();
      while (accepts(rig)) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      rig.makeRoom();
      for (CloseScene scene : scenes.values()) {
        scene.goOn();
      }
    }

    @AfterAll
    void end() throws Exception {
      stopping.join();
      rig.close();
    }

    List<CloseCell> draining() {
      return cells(Leaver.RELAY_DRAINS);
    }

    @Rule(
        value = "A server that closes lets the last response end before",
        source = "RFC 9112 section 9.6")
    @ParameterizedTest(name = "lets it end when {0}")
    @MethodSource("draining")
    void letsItEndProperly(CloseCell cell) throws Exception {
      CloseScene scene = scenes.get(cell);
      CloseScene.Seen seen = scene.seen();
      assertEquals(200, seen.status());
      assertTrue(seen.whole());
      assertEquals(scene.text(true), seen.text());
      if (!cell.answered()) {
        assertEquals("close", seen.fields().get("connection"));
      }
      assertTrue(scene.clientEnded(), "the client's connection is still open");
      Map<String, Object> row = scene.row();
      assertEquals("completed", row.get("outcome"));
      assertEquals("final", row.get("usage_state"));
      assertEquals(10L, row.get("total_tokens"));
      assertEquals(200, row.get("http_status"));
    }
  }

  @Nested
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  class AfterTheDrainTime {
    private CloseRig rig;
    private Map<CloseCell, CloseScene> scenes;

    @BeforeAll
    void stopTheRelay() throws Exception {
      rig = new CloseRig("relay.drain-timeout", "50ms");
      scenes = open(rig, Leaver.DRAIN_RUNS_OUT);
      scenes.values().forEach(CloseScene::hold);
      rig.relay().close();
    }

    @AfterAll
    void end() throws Exception {
      rig.close();
    }

    List<CloseCell> stopped() {
      return cells(Leaver.DRAIN_RUNS_OUT);
    }

    @Rule(
        value = "An incomplete answer is never completed for the client",
        source = "RFC 9112 section 8")
    @ParameterizedTest(name = "ends it when {0}")
    @MethodSource("stopped")
    void answers503OrCuts(CloseCell cell) throws Exception {
      CloseScene scene = scenes.get(cell);
      CloseScene.Seen seen = scene.seen();
      if (cell.answered()) {
        assertEquals(200, seen.status());
        assertFalse(seen.whole(), "the client cannot know that it was cut");
        assertEquals(scene.text(false), seen.text());
      } else {
        assertEquals(503, seen.status());
        assertTrue(seen.whole());
        assertTrue(seen.text().contains("\"code\":\"stopped\""), seen.text());
      }
      assertTrue(scene.upstreamEnded(), "the upstream's connection is still open");
      Map<String, Object> row = scene.row();
      assertEquals("interrupted", row.get("outcome"));
      assertEquals("stopped", row.get("error"));
      assertEquals(cell.cutUsage(), row.get("usage_state"));
      assertEquals(cell.answered() ? 200 : null, row.get("http_status"));
    }
  }
}

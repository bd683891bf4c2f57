package dev.tailtap.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.RelayConfig;
import dev.tailtap.config.file.ConfigFile;
import dev.tailtap.stats.Gauge;
import dev.tailtap.stats.Stats;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who gets a permit, and what comes back with it. */
class AdmissionTest {
  @TempDir private Path dir;
  private final Room room = new Room();
  private Admission admission;
  private ClientNetwork client;
  private Map<String, Gauge> upstreams;
  private Permit permit; // the last that was given
  private Refusal refusal;

  @BeforeEach
  void open() throws Exception {
    Map<String, String> entries =
        Map.of(
            "upstream.a.url", "http://a.test",
            "upstream.b.url", "http://b.test",
            "upstream.a.streams", "1",
            "route.r.path", "/",
            "route.r.upstream", "a",
            "limits.streams", "2",
            "limits.streams-per-address", "0");
    RelayConfig config = config(entries);
    MemoryAccount memory = new MemoryAccount(0, new Stats());
    admission = new Admission(room, memory);
    upstreams = Map.of("a", new Gauge(1), "b", new Gauge(2));
    admission.limit(config.limits(), upstreams);
    client = ClientNetwork.of(InetAddress.getByName("10.0.0.1"));
  }

  private RelayConfig config(Map<String, String> entries) throws Exception {
    Path file = Files.createTempFile(dir, "relay", ".properties");
    return ConfigFile.load(file, entries, Map.of(), List.of());
  }

  @Test
  void givesBackAllThatAPermitHolds() {
    Permit first = admit("a");
    assertEquals(1, room.reserved);
    first.close();
    assertEquals(0, room.reserved);
    assertEquals(0, admission.all().active());
    assertEquals(0, admission.byUpstream().get("a").active());
  }

  @Test
  void leavesTheRoomToTheRecordOfACallThatBegan() {
    Permit first = admit("a");
    first.begin();
    first.close();
    assertEquals(1, room.reserved);
    assertEquals(0, admission.all().active());
  }

  @Test
  void isClosedOnce() {
    Permit first = admit("b");
    admit("b");
    first.close();
    assertThrows(AssertionError.class, first::close);
    assertEquals(1, admission.all().active());
  }

  @Test
  void goesFromOneUpstreamToAnother() {
    Permit first = admit("a");
    assertTrue(first.enter(upstreams.get("a")), "it has its place there");
    assertEquals(1, admission.byUpstream().get("a").active());
    assertTrue(first.enter(upstreams.get("b")));
    assertEquals(0, admission.byUpstream().get("a").active());
    first.close();
    assertEquals(0, admission.byUpstream().get("b").active());
  }

  @Test
  void claimsRoomForEachTryThatBegins() {
    Permit first = admit("a");
    first.begin();
    assertTrue(first.renew());
    assertEquals(2, room.reserved);
    first.close();
    assertEquals(1, room.reserved, "the second never began");
    Permit next = admit("a");
    next.begin();
    room.full = true;
    assertFalse(next.renew());
    next.close();
    assertEquals(2, room.reserved);
  }

  @Test
  void retriesOnlyAShareOfWhatIsUnderWay() {
    for (int i = 0; i < 3; i++) {
      assertTrue(admission.retries().enter());
    }
    assertFalse(admission.retries().enter());
    admission.retries().leave();
    assertTrue(admission.retries().enter());
  }

  @Test
  void keepsNothingOfWhatItRefuses() {
    admit("a");
    admit("a");
    assertEquals(Refusal.TOO_MANY_AT_THE_UPSTREAM, refusal);
    assertEquals(1, admission.all().active());
    admit("b");
    admit("b");
    assertEquals(Refusal.TOO_MANY_STREAMS, refusal);
    assertEquals(1, admission.byUpstream().get("b").active());
    permit.close();
    room.full = true;
    admit("b");
    assertEquals(Refusal.NO_ROOM_FOR_RECORDS, refusal);
    assertEquals(1, admission.all().active());
    admission.drain();
    admit("b");
    assertEquals(Refusal.DRAINING, refusal);
  }

  /** As a reload will have it. */
  @Test
  void countsOnWhoIsUnderWayWhereTheLimitsChange() throws Exception {
    Permit first = admit("a");
    RelayConfig other =
        config(
            Map.of(
                "upstream.b.url", "http://b.test",
                "upstream.c.url", "http://c.test",
                "upstream.c.streams", "1",
                "route.r.path", "/",
                "route.r.upstream", "b",
                "limits.streams", "3",
                "limits.streams-per-address", "2"));
    upstreams = Map.of("b", new Gauge(3), "c", new Gauge(1));
    admission.limit(other.limits(), upstreams);
    assertEquals(Set.of("b", "c"), admission.byUpstream().keySet());
    admit("c");
    admit("b");
    assertEquals(Refusal.TOO_MANY_OF_THE_CLIENT, refusal);
    first.close();
    admit("c");
    assertEquals(Refusal.TOO_MANY_AT_THE_UPSTREAM, refusal);
    admit("b");
    assertEquals(2, admission.all().active());
    assertEquals(3, admission.all().max());
  }

  @Test
  void holdsNothingOfAClientThatHasNothing() throws Exception {
    NetworkCounts counts = new NetworkCounts(2);
    ClientNetwork one = ClientNetwork.of(InetAddress.getByName("10.0.0.1"));
    ClientNetwork other = ClientNetwork.of(InetAddress.getByName("10.0.0.2"));
    assertTrue(counts.enter(one));
    assertTrue(counts.enter(one));
    assertTrue(counts.enter(other));
    assertFalse(counts.enter(one));
    assertEquals(2, counts.size());
    counts.leave(one);
    counts.leave(other);
    assertEquals(1, counts.size());
    counts.leave(one);
    assertEquals(0, counts.size());
    assertTrue(counts.enter(one));
  }

  private Permit admit(String upstream) {
    admission.admit(
        client,
        new Admitting.Applicant() {
          @Override
          public void admitted(Permit given) {
            if (given.enter(upstreams.get(upstream))) {
              permit = given;
            } else {
              given.close();
              refusal = Refusal.TOO_MANY_AT_THE_UPSTREAM;
            }
          }

          @Override
          public void refused(Refusal why) {
            refusal = why;
          }
        });
    return permit;
  }

  private static final class Room implements RecordRoom {
    int reserved;
    boolean full;

    @Override
    public boolean reserve() {
      reserved += full ? 0 : 1;
      return !full;
    }

    @Override
    public void release() {
      reserved--;
    }
  }
}

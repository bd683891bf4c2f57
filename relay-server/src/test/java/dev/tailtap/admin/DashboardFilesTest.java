package dev.tailtap.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.Rule;
import dev.tailtap.store.CallGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The dashboard by the public door: its files, who gets them, and the figures made for it. */
class DashboardFilesTest {
  private static final String BROWSER = "Accept: text/html,application/xhtml+xml,*/*;q=0.8";
  private static final Path FILES = Path.of("src/main/resources/dev/tailtap/admin/dashboard");

  private AdminPort port;

  @BeforeEach
  void open() throws IOException {
    port = new AdminPort("");
  }

  @AfterEach
  void close() {
    port.close();
  }

  @Test
  void aBrowserGetsAPageAndOthersTheListOfPages() throws Exception {
    RawClient.Answer page = port.get("/", BROWSER);
    assertEquals("text/html; charset=utf-8", page.fields().get("content-type"));
    assertEquals("no-store", page.fields().get("cache-control"));
    assertTrue(page.text().startsWith("<!doctype html>"));
    RawClient.Answer list = port.get("/", "Accept: */*");
    assertEquals("text/plain; charset=utf-8", list.fields().get("content-type"));
    assertTrue(list.text().contains("/quality"));
  }

  @Test
  void everyFileIsServedAsWhatItIs() throws Exception {
    for (String name : names()) {
      if (!name.equals("index.html")) {
        RawClient.Answer file = port.get("/dashboard/" + name);
        assertEquals(200, file.status(), name);
        String type = file.fields().get("content-type");
        assertTrue(type.matches("text/css.*|text/javascript.*|image/svg\\+xml"), name + type);
        assertPolicy(file);
        assertEquals(Files.readString(FILES.resolve(name)), file.text());
      }
    }
    assertPolicy(port.get("/", BROWSER));
    for (String none : List.of("", "index.html", "..%2fstyle.css", "../style.css", "nothing.js")) {
      assertEquals(404, port.get("/dashboard/" + none).status(), none);
    }
  }

  @Test
  @Rule(value = "The page runs nothing but its own files", source = "docs/ADMIN.md")
  void nothingStandsInThePageThatThePolicyForbids() throws Exception {
    String page = Files.readString(FILES.resolve("index.html"));
    assertFalse(page.matches("(?s).*<style.*|.*\\sstyle=.*|.*\\son\\w+=.*|.*javascript:.*"));
    assertEquals(1, page.split("<script", -1).length - 1);
    for (String name : names()) {
      String text = Files.readString(FILES.resolve(name));
      assertTrue(text.lines().count() <= 400, name + " is longer than 400 lines");
      String foreign = text.replace("http://www.w3.org/2000/svg", "");
      assertFalse(foreign.matches("(?s).*https?://.*"), name + " names another host");
      for (String markup :
          List.of("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(")) {
        assertFalse(text.contains(markup), name + " has " + markup);
      }
    }
  }

  @Test
  void thePageIsForAllWhoReachThePortAndItsFiguresAreNot() throws Exception {
    try (AdminPort guarded = new AdminPort("s3cret")) {
      assertEquals(200, guarded.get("/", BROWSER).status());
      assertEquals(200, guarded.get("/dashboard/app.js").status());
      assertEquals(401, guarded.get("/").status());
      for (String path : List.of("/live", "/quality", "/first-event", "/records")) {
        assertEquals(401, guarded.get(path, BROWSER).status(), path);
        if (!path.equals("/live")) {
          assertEquals(200, guarded.get(path, "Authorization: Bearer s3cret").status(), path);
        }
      }
    }
    assertEquals(421, port.get("/", BROWSER, "Host: rebound.example").status());
    assertEquals(421, port.get("/dashboard/app.js", "Host: rebound.example").status());
    assertEquals(403, port.get("/dashboard/app.js", "Sec-Fetch-Site: cross-site").status());
  }

  @Test
  void qualityCountsTheStatesOfEachModelAndSaysWhy() throws Exception {
    port.reads.say(
        List.of(
            group("good", "final", 200, 50),
            group("bad", "absent", 200, 3),
            group("bad", "final", 200, 2),
            group("bad", "absent", 429, 4),
            group("bad", "absent", 200, 1)));
    String answer = port.get("/quality?from=2026-01-01").text();
    assertEquals(
        """
        {"from":"2026-01-01T00:00:00Z","whole":true,"models":[\
        {"upstream":"east","model":"bad","calls":10,"free":4,\
        "usage_states":{"final":2,"partial":0,"absent":8,"unreadable":0,"repeated":0},"causes":[\
        {"usage_state":"absent","calls":4,"cause":"nobody asked","evidence":"note=asked=no","do":"ask","free":false},\
        {"usage_state":"absent","calls":4,"cause":"refused","evidence":"note=asked=no","do":"nothing","free":true}]},\
        {"upstream":"east","model":"good","calls":50,"free":0,\
        "usage_states":{"final":50,"partial":0,"absent":0,"unreadable":0,"repeated":0},"causes":[]}]}
        """,
        answer);
    assertEquals(List.of("groups 2026-01-01T00:00:00Z 100000"), port.reads.questions());
    port.reads.say(List.of(group("busy", "final", 200, 100_000)));
    assertTrue(port.get("/quality").text().contains("\"whole\":false"));
  }

  @Test
  void firstEventsAreTwoQuantiles() throws Exception {
    assertEquals(
        """
        {"from":"2026-01-01T00:00:00Z","calls":9,"p50_ms":120,"p95_ms":840}
        """,
        port.get("/first-event?from=2026-01-01").text());
  }

  @Test
  void recordsAreFilteredByWhatStrangersNamed() throws Exception {
    assertEquals(
        200,
        port.get("/records?problem=failed&upstream=east&model=a%27b&tenant=t&from=2026-01-01")
            .status());
    assertEquals(
        List.of(
            "records 100 null where started_at >= '2026-01-01T00:00:00Z'::timestamptz"
                + " and outcome not in ('completed', 'client_gone') and upstream = ?"
                + " and ? in (request_model, response_model, sent_model) and tenant = ?east,a'b,t"),
        port.reads.questions());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/records?problem=slow",
        "/records?model=%00",
        "/quality?to=2026-01-01",
        "/first-event?from=x",
      })
  void whatIsWrongIsRefused(String path) throws Exception {
    assertEquals(400, port.get(path).status());
    assertTrue(port.reads.questions().isEmpty());
  }

  private static void assertPolicy(RawClient.Answer file) {
    String policy = file.fields().get("content-security-policy");
    assertTrue(policy.startsWith("default-src 'self';"), policy);
    assertTrue(policy.contains("frame-ancestors 'none'"), policy);
    assertTrue(policy.contains("require-trusted-types-for 'script'"), policy);
    assertFalse(policy.contains("unsafe"), policy);
    assertEquals("nosniff", file.fields().get("x-content-type-options"));
    assertEquals("DENY", file.fields().get("x-frame-options"));
    assertEquals("no-referrer", file.fields().get("referrer-policy"));
    assertNull(file.fields().get("access-control-allow-origin"));
  }

  private static Set<String> names() throws IOException {
    try (Stream<Path> files = Files.list(FILES)) {
      return files
          .map(file -> file.getFileName().toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static CallGroup group(String model, String state, int status, long calls) {
    return new CallGroup(
        "east", model, "openai-chat", state, "completed", status, "", "asked=no", true, calls);
  }
}

package dev.tailtap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.keys.KeyForm;
import dev.tailtap.rig.FrailPostgres;
import dev.tailtap.rig.IssuedKeys;
import dev.tailtap.rig.Patience;
import dev.tailtap.rig.Provider;
import dev.tailtap.rig.RawClient;
import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.RelayRig;
import dev.tailtap.rig.Rule;
import dev.tailtap.rig.TestPostgres;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys that operators give and take by the commands, in the database and in a file. */
@Rule(
    value =
        "A key that is revoked opens nothing after keys.refresh, and no request needs a database",
    source = "SECURITY.md")
class KeyHomesTest {
  private static final String AWAY = "jdbc:postgresql://127.0.0.1:1/away";

  @TempDir private Path dir;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Provider provider;
  private String database;
  private String[] home = {};

  @BeforeEach
  void start() throws Exception {
    provider = new Provider((request, answer) -> answer.whole(200, "text/plain", "ok"));
    database = TestPostgres.freshDatabase();
  }

  @AfterEach
  void stop() throws Exception {
    provider.close();
  }

  /** In the one home or the other. */
  private void keepIn(String where) throws Exception {
    if (where.equals("file")) {
      Path file = Files.writeString(dir.resolve("keys"), "# ours\n");
      home = new String[] {"--set", "keys.file=" + file};
    }
  }

  private RelayRig relay(String url, String... settings) throws Exception {
    List<String> all =
        new ArrayList<>(
            List.of(
                "journal.dir",
                dir.resolve("journal").toString(),
                "keys.refresh",
                "20ms",
                "upstream.test.key.a",
                "ours"));
    if (home.length > 0) {
      all.addAll(List.of("keys.file", home[1].substring("keys.file=".length())));
    }
    all.addAll(Arrays.asList(settings));
    return RelayRig.on(url, provider.url(), all.toArray(String[]::new));
  }

  /** What standard output has of a command. */
  private String said(int exit, String... words) throws Exception {
    out.reset();
    err.reset();
    List<String> all = new ArrayList<>(Arrays.asList(words));
    all.add(RelayProcess.home().resolve("conf/relay.properties").toString());
    all.addAll(List.of("--set", "store.url=" + database));
    all.addAll(Arrays.asList(home));
    Main main =
        new Main(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), Map.of());
    assertEquals(exit, main.run(all.toArray(String[]::new)), () -> err.toString(UTF_8));
    return out.toString(UTF_8);
  }

  private String issue(String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("key", "issue", "--tenant", "acme corp"));
    words.addAll(Arrays.asList(options));
    String key = said(0, words.toArray(String[]::new)).strip();
    assertTrue(key.matches("tt_[0-9A-Za-z]{38}"), "standard output has more than the key");
    assertFalse(err.toString(UTF_8).contains(key));
    return key;
  }

  private String id() {
    return err.toString(UTF_8).replaceAll("(?s).*(vk_[0-9a-z]{10})  state=good.*", "$1");
  }

  private static int status(RelayRig rig, String key) throws Exception {
    try (RawClient client = rig.client()) {
      return client
          .send("GET /v1/models HTTP/1.1\r\nHost: relay\r\nx-api-key: " + key + "\r\n\r\n")
          .answer()
          .status();
    }
  }

  private static void await(int status, RelayRig rig, String key) throws Exception {
    long deadline = System.nanoTime() + Patience.NANOS;
    while (status(rig, key) != status) {
      assertTrue(System.nanoTime() < deadline, "still no " + status);
    }
  }

  private static void awaitRowOf(String tenant, RelayRig rig) throws Exception {
    List<Map<String, Object>> rows = rig.rows(1);
    while (rows.stream().noneMatch(row -> tenant.equals(row.get("tenant")))) {
      rows = rig.rows(rows.size() + 1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"database", "file"})
  void aRelayThatRunsKnowsOfEachChange(String where) throws Exception {
    keepIn(where);
    try (RelayRig rig = relay(database)) {
      assertEquals(200, status(rig, "theirs"));
      String first = issue("--models", "m*, n", "--tag", "team=red", "--tag", "env=a=b");
      String firstId = id();
      await(200, rig, first);
      assertEquals(401, status(rig, "theirs"));
      String second = said(0, "key", "rotate", firstId, "--overlap", "1h").strip();
      String secondId = id();
      await(200, rig, second);
      assertEquals(200, status(rig, first));
      said(0, "key", "revoke", firstId);
      await(401, rig, first);
      assertEquals(200, status(rig, second));
      String third = said(0, "key", "rotate", secondId).strip();
      await(200, rig, third);
      await(401, rig, second);
      String list = said(0, "key", "list");
      assertEquals(3, list.lines().count(), list);
      String shown = "tenant=\"acme corp\"  models=m*,n";
      assertTrue(list.contains(firstId + "  state=revoked  " + shown + "  expires="), list);
      assertTrue(list.contains(secondId + "  state=expired  " + shown + "  expires="), list);
      assertTrue(list.contains("  state=good  " + shown + "  tag."), list);
      assertTrue(list.contains("  tag.env=a=b"), list);
      awaitRowOf("acme corp", rig);
    }
    if (where.equals("file")) {
      assertTrue(Files.readAllLines(dir.resolve("keys")).contains("# ours"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"database", "file"})
  void whatMeansNothingChangesNothing(String where) throws Exception {
    keepIn(where);
    for (String[] wrong :
        new String[][] {
          {"issue"},
          {"issue", "--tenant", " "},
          {"issue", "--tenant", "t", "--expires", "soon"},
          {"issue", "--tenant", "t", "--models", " , "},
          {"issue", "--tenant", "t", "--limit", "No Name"},
          {"issue", "--tenant", "t", "--tag", "red"},
          {"revoke", "vk_nobody"},
          {"revoke", IssuedKeys.unknown()},
          {"rotate", "vk_nobody"},
          {"rotate", "vk_nobody", "--overlap", "a while"}
        }) {
      List<String> words = new ArrayList<>(List.of("key"));
      words.addAll(Arrays.asList(wrong));
      assertEquals("", said(2, words.toArray(String[]::new)));
      assertFalse(err.toString(UTF_8).contains(KeyForm.PREFIX), err.toString(UTF_8));
    }
    assertEquals("", said(0, "key", "list"));
    issue("--expires", "2020-01-31");
    assertTrue(said(0, "key", "list").contains("state=expired"));
  }

  @Test
  void changesByHandCountAsWell() throws Exception {
    try (RelayRig rig = relay(database)) {
      String key = issue();
      await(200, rig, key);
      FrailPostgres.execute(database, "update tailtap_key set expires = '2020-01-01'");
      await(401, rig, key);
      FrailPostgres.execute(database, "update tailtap_key set expires = null, routes = '{x}'");
      await(403, rig, key);
      FrailPostgres.execute(database, "update tailtap_key set routes = '{a b}'");
      await(401, rig, key);
      FrailPostgres.execute(database, "delete from tailtap_key");
      await(200, rig, "theirs");
    }
  }

  @Test
  void aRelayStartsByWhatItKnewLastWhileItsDatabaseIsAway() throws Exception {
    String good = issue();
    issue();
    said(0, "key", "revoke", id());
    try (RelayRig rig = relay(database)) {
      assertEquals(200, status(rig, good));
    }
    try (RelayRig rig = relay(AWAY)) {
      assertEquals(200, status(rig, good));
      assertEquals(401, status(rig, "theirs"));
      assertEquals(401, status(rig, IssuedKeys.unknown()));
      rig.awaitMetric("tailtap_keys 2.0");
      assertTrue(rig.counted("tailtap_keys_refreshes_total{result=\"failed\"}"));
    }
    String kept = Files.readString(dir.resolve("journal/keys.snapshot"));
    assertFalse(kept.contains(KeyForm.PREFIX), kept);
  }

  @Test
  void aRelayThatNeverKnewItsKeysLetsNobodyInWhereOneIsRequired() throws Exception {
    try (RelayRig rig = relay(AWAY, "keys.required", "true")) {
      assertEquals(503, status(rig, "theirs"));
      assertEquals(503, status(rig, IssuedKeys.unknown()));
      assertEquals("not ready: keys", rig.admin("/readyz").strip());
      assertTrue(rig.counted("tailtap_keys_refused_total{why=\"not_loaded\"}"));
      rig.reload("keys.required", "auto");
      assertEquals(200, status(rig, "theirs"));
      assertEquals(503, status(rig, IssuedKeys.unknown()));
    }
  }

  @Test
  void aFileThatCannotBeUsedKeepsTheRelayFromStarting() throws Exception {
    Path file = dir.resolve("none");
    home = new String[] {"--set", "keys.file=" + file};
    said(2, "check");
    assertTrue(err.toString(UTF_8).contains("make an empty one for the first key"));
    Files.writeString(file, "a=b; tenant=t\nc\n");
    said(2, "check");
    assertTrue(err.toString(UTF_8).contains(": line 1: a hash is sha256:"), err.toString(UTF_8));
    assertTrue(err.toString(UTF_8).contains(": line 2: must be ID="), err.toString(UTF_8));
    Files.writeString(file, "");
    said(0, "check");
    String warning = "upstream.openai.key.LABEL: is not set, so that calls by a virtual key";
    assertTrue(err.toString(UTF_8).contains(warning), err.toString(UTF_8));
  }
}

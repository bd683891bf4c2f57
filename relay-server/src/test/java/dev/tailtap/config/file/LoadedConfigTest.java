package dev.tailtap.config.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a reading knows of each setting, and what another one changes. */
class LoadedConfigTest {
  private static final String WORKING =
      """
      # a comment
      upstream.one.url=https://one.example
      route.all.path=/
      route.all.upstream=one
      """;

  @TempDir Path dir;

  @Test
  void eachSettingSaysWhereItIsFrom() throws Exception {
    Path key = Files.writeString(dir.resolve("key"), "sk-in-a-file\n");
    LoadedConfig loaded =
        read(
            WORKING
                + "usage.include=leave\n"
                + "limits.streams=\\\n  ${MANY}\n"
                + "upstream.one.key.a=${KEY}\n"
                + "upstream.one.key.b=@"
                + key
                + "\nstore.url=jdbc:postgresql://me:pass-1@db/tailtap?password=pass-2\n");
    assertEquals("relay.listen=[::1]:0 from --set", shown(loaded, "relay.listen"));
    assertEquals("relay.loops=0 from default", shown(loaded, "relay.loops"));
    assertEquals(
        "upstream.one.url=https://one.example from relay.properties:2",
        shown(loaded, "upstream.one.url"));
    assertEquals(
        "upstream.one.usage=leave from usage.include", shown(loaded, "upstream.one.usage"));
    assertEquals("usage.include=leave from relay.properties:5", shown(loaded, "usage.include"));
    assertEquals(
        "limits.streams=77 from relay.properties:6, environment MANY",
        shown(loaded, "limits.streams"));
    assertEquals(
        "upstream.one.key.a=*** from relay.properties:8, environment KEY",
        shown(loaded, "upstream.one.key.a"));
    assertEquals(
        "upstream.one.key.b=*** from relay.properties:9, @" + key,
        shown(loaded, "upstream.one.key.b"));
    assertEquals("admin.token= from default", shown(loaded, "admin.token"));
    assertEquals(
        "store.url=jdbc:postgresql://***@db/tailtap?*** from relay.properties:10",
        shown(loaded, "store.url"));
  }

  @Test
  void everySettingIsThereAndHasAMeaning() throws Exception {
    LoadedConfig loaded = read(WORKING + "limit.one.streams=5\n");
    List<String> keys = loaded.settings().stream().map(ActiveSetting::key).toList();
    for (var setting : Catalogue.ofRelay().settings()) {
      String key = setting.key(setting.group().equals("route") ? "all" : "one");
      boolean each = setting.preset().isEmpty() && setting.template().matches(".*\\.[A-Z]+");
      assertTrue(each || key.endsWith(".upstreams") || keys.contains(key), key);
      assertTrue(setting.meaning().matches("[A-Z].{8,100}[^.]"), setting.meaning());
    }
  }

  @Test
  void theSameInOtherWordsIsNoChange() throws Exception {
    LoadedConfig before = read(WORKING + "limits.client-idle=75s\nlimits.memory=1GiB\n");
    LoadedConfig after = read("\n\n" + WORKING + "limits.memory = 1024MiB\n");
    assertEquals(List.of(), before.changesTo(after));
  }

  @Test
  void whatCameAndWentAndIsAnotherIsNamed() throws Exception {
    LoadedConfig before = read(WORKING + "upstream.one.key.a=k1\ntag.team=header:x-team\n");
    LoadedConfig after =
        read(WORKING + "upstream.one.key.a=k2\nupstream.one.key.b=k3\nrelay.loops=3\n");
    List<SettingChange> changes = before.changesTo(after);
    assertEquals(
        List.of("relay.loops", "upstream.one.key.a", "tag.team", "upstream.one.key.b"),
        changes.stream().map(SettingChange::key).toList());
    assertTrue(changes.get(0).isAtStart());
    assertFalse(changes.get(1).isAtStart());
    assertFalse(changes.toString().contains("k2"), changes.toString());
  }

  @Test
  void anotherOrderIsAChange() throws Exception {
    LoadedConfig before = read(WORKING + "upstream.one.key.a=k1\nupstream.one.key.b=k2\n");
    LoadedConfig after = read(WORKING + "upstream.one.key.b=k2\nupstream.one.key.a=k1\n");
    assertEquals(
        List.of("upstream.one.key.a", "upstream.one.key.b"),
        before.changesTo(after).stream().map(SettingChange::key).toList());
  }

  @Test
  void aRunningRelayTakesOverAllButWhatIsReadAtItsStart() throws Exception {
    LoadedConfig running = read(WORKING + "relay.loops=1\nstore.user=me\nlimits.streams=5\n");
    LoadedConfig later = read(WORKING + "relay.loops=2\njournal.dir=other\nlimits.streams=6\n");
    LoadedConfig next = file().takenOver(running, later);
    assertEquals(1, next.config().server().loops());
    assertEquals("me", next.config().store().user());
    assertEquals(Path.of("data/journal"), next.config().journal().dir());
    assertEquals(6, next.config().limits().streams());
    assertEquals(
        List.of("limits.streams"),
        running.changesTo(next).stream().map(SettingChange::key).toList());
  }

  /** Each of the two files is good, and the port would be open to everybody. */
  @Test
  void whatCannotBeUsedBesideWhatStaysIsRefused() throws Exception {
    LoadedConfig running = read(WORKING + "admin.listen=0.0.0.0:0\nadmin.token=secret\n");
    LoadedConfig later = read(WORKING + "admin.listen=127.0.0.1:0\n");
    ConfigException refused =
        assertThrows(ConfigException.class, () -> file().takenOver(running, later));
    assertEquals(
        List.of(
            "admin.token: must be set while admin.listen is no loopback address"
                + " (beside what only a restart changes)"),
        refused.errors());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a=1\r\nb : 2\rc 3\n\n  \t\n! d=4\n#e=5\\\nf=6",
        "a=1\\\n\n  b=2\\\\\nc=3\\\\\\\n   more\\",
        "\\\na=b\n\\ key=v\n  = nameless\nonly\n\\u0061b=\\u0063\n\f x=y\n",
        "a=x\\\n# no comment here\nb=2",
      })
  void aLineIsReadAsTheJdkReadsIt(String text) throws Exception {
    Properties whole = new Properties();
    whole.load(new StringReader(text));
    Map<String, String> expected = new LinkedHashMap<>();
    whole.forEach((key, value) -> expected.put((String) key, ((String) value).strip()));
    Map<String, String> found = new LinkedHashMap<>();
    PropertiesSource.read(Files.writeString(dir.resolve("any"), text), new ArrayList<>())
        .forEach((key, written) -> found.put(key, written.text()));
    assertEquals(expected, found);
  }

  @Test
  void whereToAskIsReadWhateverElseIsWrong() throws Exception {
    write("admin.token=${TOKEN}\nadmin.listen=127.0.0.1:7\nlimits.streams=${NOT_HERE}\n");
    assertEquals(7, file().admin().listen().getPort());
    write("admin.listen=nowhere\n");
    assertThrows(ConfigException.class, () -> file().admin());
  }

  private static String shown(LoadedConfig loaded, String key) {
    return loaded.settings().stream()
        .filter(setting -> setting.key().equals(key))
        .map(setting -> setting + " from " + setting.source())
        .findFirst()
        .orElse("none");
  }

  private LoadedConfig read(String text) throws ConfigException, IOException {
    write(text);
    return file().read();
  }

  private void write(String text) throws IOException {
    Files.writeString(dir.resolve("relay.properties"), text);
  }

  private ConfigFile file() {
    return new ConfigFile(
        dir.resolve("relay.properties"),
        Map.of("relay.listen", "[::1]:0"),
        Map.of("MANY", "77", "KEY", "sk-of-the-environment", "TOKEN", "t"),
        List.of());
  }
}

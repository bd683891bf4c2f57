package dev.tailtap.config.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tailtap.config.RelayConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys of upstreams: from a value, a variable or a file, and never in a message. */
class KeyFilesTest {
  private static final String SECRET = "hunter2";
  private static final String WORKING =
      """
      upstream.one.url=https://one.example
      route.all.path=/
      route.all.upstream=one
      """;

  @TempDir private Path dir;

  @Test
  void aKeyIsTheTextOfAFileWithoutWhiteSpaceAroundIt() throws Exception {
    Path file = Files.writeString(dir.resolve("key"), "\n  sk-1\r\n");
    String keys = "upstream.one.key.a=@" + file + "\nupstream.one.key.b=@${DIR}/other\n";
    Files.writeString(dir.resolve("other"), "sk-2");
    assertEquals(Map.of("a", "sk-1", "b", "sk-2"), keys(keys));
  }

  @Test
  void whatAVariableHoldsIsNoFile() throws Exception {
    assertEquals(Map.of("a", "@hunter2"), keys("upstream.one.key.a=${KEY}\n"));
  }

  @Test
  void aFileThatHoldsNoKeyIsNamedAndNotItsText() throws Exception {
    Path empty = Files.writeString(dir.resolve("empty"), " \n");
    Path two = Files.writeString(dir.resolve("two"), "hunter2\nhunter2-b\n");
    Path binary = Files.write(dir.resolve("binary"), new byte[] {'h', (byte) 0xe4, 0});
    Path large = Files.writeString(dir.resolve("large"), SECRET.repeat(20_000));
    String keys = "";
    for (Path file : List.of(empty, two, binary, large, dir, dir.resolve("missing"))) {
      keys += "upstream.one.key." + file.getFileName().toString() + "=@" + file + "\n";
    }
    String holds = ": must hold visible ASCII without spaces";
    String key = "upstream.one.key.";
    assertErrors(
        keys,
        key + "empty=@" + empty + holds,
        key + "two=@" + two + holds,
        key + "binary=@" + binary + holds,
        key + "large=@" + large + holds,
        key + dir.getFileName() + "=@" + dir + ": must be a file that can be read",
        key + "missing=@" + dir.resolve("missing") + ": must be a file that can be read");
  }

  @Test
  void aBadKeyIsNotShown() {
    assertErrors(
        "upstream.one.key.a=hunter2 x\nupstream.one.key.b=\nupstream.one.key.c=${GONE}\n"
            + "upstream.one.key.d=@${GONE}\n",
        "upstream.one.key.a: must be visible ASCII without spaces, or @ and the name of a file that"
            + " holds it",
        "upstream.one.key.b: must be visible ASCII without spaces, or @ and the name of a file that"
            + " holds it",
        "upstream.one.key.c: the environment variable GONE is not set",
        "upstream.one.key.d: the environment variable GONE is not set");
  }

  @Test
  void twoLabelsOfOneKeyAreAMistakeWhereverItComesFrom() throws Exception {
    Path file = Files.writeString(dir.resolve("key"), "@hunter2\n");
    assertErrors(
        "upstream.one.key.a=${KEY}\nupstream.one.key.b=@" + file + "\n",
        "upstream.one.key.b: is the same key as upstream.one.key.a");
  }

  @Test
  void aLabelIsShortAndPlain() {
    String bad = ": a key's label consists of up to 64 letters, digits, -, _ and .";
    String longest = "l".repeat(64);
    assertErrors(
        "upstream.one.key.%s=k1\nupstream.one.key.%sl=k2\nupstream.one.key.a/b=k3\n"
            .formatted(longest, longest),
        "upstream.one.key." + longest + "l" + bad,
        "upstream.one.key.a/b" + bad);
  }

  private Map<String, String> keys(String text) throws Exception {
    return load(text).upstreams().get("one").keys();
  }

  private RelayConfig load(String text) throws ConfigException, IOException {
    Path file = Files.writeString(dir.resolve("relay.properties"), WORKING + text);
    Map<String, String> environment = Map.of("DIR", dir.toString(), "KEY", "@hunter2");
    return ConfigFile.load(file, Map.of(), environment, List.of());
  }

  private void assertErrors(String text, String... expected) {
    ConfigException refused = assertThrows(ConfigException.class, () -> load(text));
    assertEquals(List.of(expected), refused.errors());
    assertFalse(refused.getMessage().contains(SECRET), refused.getMessage());
  }
}

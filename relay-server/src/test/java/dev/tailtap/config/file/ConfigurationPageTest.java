package dev.tailtap.config.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.config.RouteConfig;
import dev.tailtap.config.Setting;
import dev.tailtap.config.UpstreamConfig;
import dev.tailtap.usage.Dialect;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Makes docs/CONFIGURATION.md of the settings themselves, and fails where the file says something
 * else; with {@code -Dtailtap.configuration=FILE} it writes it.
 */
class ConfigurationPageTest {
  private static final String WRITE =
      "mvn -q -pl relay-server test -Dtest=ConfigurationPageTest"
          + " -Dtailtap.configuration=../docs/CONFIGURATION.md";
  private static final Path PAGE =
      Path.of(System.getProperty("tailtap.root", ".."), "docs", "CONFIGURATION.md");
  private static final String HEAD =
      """
      # Configuration

      Every setting, made from the settings that the relay reads; a test holds this page to them. After a change of one:
      `%s`.

      A setting is a line `key=value` of the file that the relay is started with (conf/relay.properties if none is named, which has them
      all, explained at length), or `--set key=value`, which goes before the file. `${NAME}` in a value takes an environment variable.
      `./relay check` says all mistakes of a file at once, `./relay check --explain` what holds and where it is from. `./relay reload` has a
      running relay read its file again; what is marked **restart** stays as it is until the relay is started anew. A **secret** is
      never shown, in no message and on no page. Times are written as in 500ms, 5s, 2m or 1h; bytes as in 4096, 64KiB, 8MiB or 1GiB.
      """;

  private static final Pattern EXAMPLES = Pattern.compile(", as in (500ms|4096), .*");
  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final List<String> UNITS = List.of("", "KiB", "MiB", "GiB");
  private static final Map<String, String> GROUPS = groups();

  private static Map<String, String> groups() {
    Map<String, String> groups = new LinkedHashMap<>();
    groups.put("relay", "The relay itself: where it listens, how it stops, whom it believes.");
    groups.put("admin", "The second port: health, metrics, figures, dashboard.");
    groups.put(
        "upstream",
        "The providers. `NAME` is yours (a-z, 0-9 and -), as in `upstream.openai.url`; each of these may be set for each.");
    groups.put(
        "route",
        "Which requests go where. `NAME` is yours; [ROUTING.md](ROUTING.md) says how one is chosen.");
    groups.put(
        "keys",
        "The keys that callers are given; [SECURITY.md](../SECURITY.md) says what they are good for.");
    groups.put("limits", "Everything that clients could use up.");
    groups.put(
        "limit",
        "What calls may use. `NAME` is yours, as in `limit.acme.requests`; [LIMITS.md](LIMITS.md).");
    groups.put("budget", "What all limits with a budget have in common.");
    groups.put("usage", "How usage is asked for, and how safe a row is before its answer ends.");
    groups.put("tag", "What rows keep of a request's head.");
    groups.put("metrics", "What `/metrics` is made of.");
    groups.put(
        "log",
        "What is written of calls and of the relay itself; [TRACES_AND_LOGS.md](TRACES_AND_LOGS.md).");
    groups.put("trace", "Where spans of calls go.");
    groups.put("journal", "Where rows wait for the database.");
    groups.put("store", "The database.");
    return groups;
  }

  @Test
  void saysOfEverySettingWhatTheCodeSays() throws IOException {
    String page = page();
    String file = System.getProperty("tailtap.configuration");
    if (file != null) {
      Files.writeString(Path.of(file), page);
    }
    assertEquals(page, Files.readString(PAGE), "write docs/CONFIGURATION.md anew by\n" + WRITE);
  }

  @Test
  void everySettingIsOfAGroupThatThePageExplains() {
    List<String> strangers =
        settings().map(Setting::template).filter(key -> !GROUPS.containsKey(group(key))).toList();
    assertTrue(strangers.isEmpty(), () -> "say in GROUPS what these are for: " + strangers);
    assertTrue(settings().count() > 80, "the settings were not found");
  }

  private static Stream<Setting<?>> settings() {
    return Catalogue.ofRelay().settings().stream();
  }

  private static String group(String key) {
    return key.substring(0, key.indexOf('.'));
  }

  private static String page() {
    StringBuilder page = new StringBuilder(HEAD.formatted(WRITE));
    GROUPS.forEach(
        (group, meaning) -> {
          page.append("\n## ").append(group).append("\n\n").append(meaning);
          page.append("\n\n| key | what it is for | takes | default |\n|---|---|---|---|\n");
          settings()
              .filter(setting -> group(setting.template()).equals(group))
              .forEach(setting -> page.append(line(setting)));
        });
    return page.toString();
  }

  private static String line(Setting<?> setting) {
    return Stream.of(
            "`" + setting.template() + "`",
            setting.meaning() + (setting.isAtStart() ? ". **restart**" : ""),
            takes(setting),
            preset(setting))
        .map(cell -> cell.replace("|", "\\|"))
        .collect(Collectors.joining(" | ", "| ", " |\n"));
  }

  private static String takes(Setting<?> setting) {
    String takes = EXAMPLES.matcher(setting.type().allowed()).replaceFirst("");
    if (setting == UpstreamConfig.DIALECT) {
      takes = "auto or " + String.join(" or ", Dialect.configNames());
    }
    if (takes.startsWith("bytes")) {
      takes = NUMBER.matcher(takes).replaceAll(bytes -> size(Long.parseLong(bytes.group())));
    }
    return setting.type().secret() ? takes + ". **secret**" : takes;
  }

  private static String size(long bytes) {
    int unit = 0;
    while (bytes >= 1024 && bytes % 1024 == 0 && unit < UNITS.size() - 1) {
      bytes /= 1024;
      unit++;
    }
    return bytes + UNITS.get(unit);
  }

  private static String preset(Setting<?> setting) {
    if (setting.followed().isPresent()) {
      return "that of `" + setting.followed().get().template() + "`";
    }
    if (setting == RouteConfig.UPSTREAM || setting == RouteConfig.UPSTREAMS) {
      return "one of the two must be set";
    }
    if (setting.preset().isEmpty()) {
      return setting.template().matches(".*\\.[A-Z]+") ? "none; any number" : "must be set";
    }
    return setting.preset().get().isEmpty() ? "empty" : "`" + setting.preset().get() + "`";
  }
}

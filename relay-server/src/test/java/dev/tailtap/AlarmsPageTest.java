package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/ALARMS.md beside the alert rules. */
class AlarmsPageTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @Test
  void eachAlertHasItsSectionAndEachSectionItsAlert() throws Exception {
    List<String> alerts = found(rules(), "(?m)^ +- alert: (\\w+)$");
    assertTrue(alerts.size() > 15, alerts.toString());
    assertEquals(alerts, found(page(), "(?m)^## (\\w+)$"));
  }

  @Test
  void eachAlertLeadsToItsSectionAndSaysWhoIsWoken() throws Exception {
    List<String> alerts = found(rules(), "(?m)^ +- alert: (\\w+)$");
    assertEquals(
        alerts.stream().map(name -> "docs/ALARMS.md#" + name.toLowerCase(Locale.ROOT)).toList(),
        found(rules(), "runbook_url: \"([^\"]+)\""));
    assertEquals(
        found(rules(), "severity: (\\w+)"), found(page(), "(?m)^\\*\\*(page|ticket)\\*\\* · "));
  }

  @Test
  void eachSectionSaysWhereToLookAndWhatToDo() throws Exception {
    String[] sections = page().split("(?m)^## ");
    for (String section : List.of(sections).subList(1, sections.length)) {
      assertEquals(1, found(section, "(?m)^- (\\*\\*Look\\*\\*: )").size(), section);
      assertEquals(1, found(section, "(?m)^- (\\*\\*Do\\*\\*: )").size(), section);
    }
  }

  private static String rules() throws IOException {
    return Files.readString(ROOT.resolve("deploy/prometheus/tailtap-alerts.yml"));
  }

  private static String page() throws IOException {
    return Files.readString(ROOT.resolve("docs/ALARMS.md"));
  }

  private static List<String> found(String text, String pattern) {
    return Pattern.compile(pattern).matcher(text).results().map(AlarmsPageTest::first).toList();
  }

  private static String first(MatchResult match) {
    return match.group(1);
  }
}

package dev.tailtap.rig;

import static java.time.ZoneOffset.UTC;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes which rules a run has shown to be kept, and by which tests, into the file that {@code
 * tailtap.conformance} names. A test adds a section of its own by publishing a report entry under
 * {@link #SECTION}.
 */
public final class Conformance implements TestExecutionListener {
  public static final String SECTION = "conformance";

  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final String HEAD =
      """
      # Conformance

      Every rule of HTTP/1.1, of server-sent events and of this house that a test shows to be kept: where it
      is written, the test, and how many of its cases passed. Written on %s with JDK %s by

      ```
      mvn -q -pl relay-server test -Dgroups=conformance -Dtailtap.conformance=../docs/CONFORMANCE.md
      ```

      %d rules, %d of %d cases passed.
      """;

  private final String file = System.getProperty("tailtap.conformance");
  private final Map<String, Map<String, Tally>> bySource = new TreeMap<>(); // then by rule and test
  private final List<String> sections = new ArrayList<>();

  /** Of one test that shows one rule. */
  private static final class Tally {
    final String source;
    final String rule;
    final String test;
    int run;
    int passed;
    String skipped;

    Tally(Rule rule, String test) {
      source = rule.source();
      this.rule = rule.value();
      this.test = test;
    }

    String result() {
      String result = "passed " + passed + " of " + run;
      return skipped == null ? result : run == 0 ? skipped : result + "; " + skipped;
    }
  }

  @Override
  public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
    Tally tally = test.isTest() ? tallyOf(test) : null;
    if (tally == null) {
      return;
    }
    if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
      tally.skipped = result.getThrowable().map(Throwable::getMessage).orElse("skipped");
      return;
    }
    tally.run++;
    tally.passed += result.getStatus() == TestExecutionResult.Status.SUCCESSFUL ? 1 : 0;
  }

  @Override
  public synchronized void reportingEntryPublished(TestIdentifier test, ReportEntry entry) {
    String section = entry.getKeyValuePairs().get(SECTION);
    if (section != null) {
      sections.add(section);
    }
  }

  @Override
  public synchronized void testPlanExecutionFinished(TestPlan plan) {
    if (file != null && !bySource.isEmpty()) {
      try {
        Files.writeString(Path.of(file), page());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private Tally tallyOf(TestIdentifier test) {
    if (!(test.getSource().orElse(null) instanceof MethodSource source)) {
      return null;
    }
    Method method = source.getJavaMethod();
    Rule rule = method.getAnnotation(Rule.class);
    if (rule == null) {
      rule = source.getJavaClass().getAnnotation(Rule.class);
    }
    if (rule == null) {
      return null;
    }
    Rule shown = rule;
    String name = source.getJavaClass().getSimpleName() + "." + source.getMethodName();
    return bySource
        .computeIfAbsent(sortable(rule.source()), key -> new TreeMap<>())
        .computeIfAbsent(rule.value() + '\n' + name, key -> new Tally(shown, name));
  }

  /** So that section 10 comes behind section 9. */
  private static String sortable(String source) {
    return NUMBER.matcher(source).replaceAll(number -> "%9s".formatted(number.group()));
  }

  private String page() {
    List<Tally> all = bySource.values().stream().flatMap(each -> each.values().stream()).toList();
    int run = all.stream().mapToInt(each -> each.run).sum();
    int passed = all.stream().mapToInt(each -> each.passed).sum();
    long rules = all.stream().map(each -> each.rule).distinct().count();
    StringBuilder page = new StringBuilder();
    page.append(
        HEAD.formatted(LocalDate.now(UTC), System.getProperty("java.version"), rules, passed, run));
    for (Map<String, Tally> ofSource : bySource.values()) {
      String source = ofSource.values().iterator().next().source;
      page.append("\n## ").append(source).append("\n\n| rule | test | result |\n|---|---|---|\n");
      for (Tally tally : ofSource.values()) {
        page.append("| ").append(tally.rule.replace("|", "\\|")).append(" | `");
        page.append(tally.test).append("` | ").append(tally.result()).append(" |\n");
      }
    }
    sections.forEach(section -> page.append('\n').append(section));
    return page.toString();
  }
}

package dev.tailtap.house;

import static java.util.Map.entry;

import dev.tailtap.house.SourceFile.Item;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The rules of the house. Each answers with its findings: the file, the line, what to do. */
final class HouseRules {
  private static final Map<String, Integer> FLOORS =
      Map.ofEntries(
          entry("config", 0),
          entry("stats", 0),
          entry("jvm", 0),
          entry("record", 0),
          entry("tls", 1),
          entry("handover", 1),
          entry("loop", 1),
          entry("http1", 1),
          entry("usage", 1),
          entry("journal", 1),
          entry("log", 1),
          entry("keys", 1),
          entry("config.file", 2),
          entry("upstream", 2),
          entry("store", 2),
          entry("trace", 2),
          entry("redis", 2),
          entry("limits", 3),
          entry("route", 3),
          entry("embedded", 3),
          entry("exchange", 4),
          entry("client", 5),
          entry("admin", 5),
          entry("demo", 5),
          entry("prices", 5),
          entry("doctor", 5),
          entry("reconcile", 5),
          entry("micro", 4),
          entry("rehearsal", 6),
          entry("", 7),
          entry("bench.load", 8),
          entry("bench.bare", 8),
          entry("bench.report", 8),
          entry("bench", 9));

  /** What a floor may not know although it lies below. */
  private static final Map<String, Set<String>> UNKNOWN =
      Map.of(
          "client", Set.of("config.file", "store", "journal", "embedded"),
          "exchange", Set.of("config.file", "store", "journal", "embedded", "tls"),
          "route", Set.of("config.file", "store", "journal", "tls", "loop"),
          "admin",
              Set.of("config.file", "upstream", "tls", "http1", "journal", "limits", "embedded"),
          "limits",
              Set.of(
                  "config.file", "upstream", "store", "journal", "usage", "tls", "loop", "http1"),
          "upstream", Set.of("journal"),
          "trace", Set.of("journal", "tls", "loop", "http1"),
          "doctor", Set.of("config.file", "journal"),
          "reconcile",
              Set.of(
                  "config.file",
                  "journal",
                  "upstream",
                  "route",
                  "limits",
                  "exchange",
                  "http1",
                  "loop",
                  "tls"),
          "demo",
              Set.of(
                  "config",
                  "config.file",
                  "stats",
                  "record",
                  "tls",
                  "loop",
                  "http1",
                  "usage",
                  "journal",
                  "upstream",
                  "store",
                  "embedded"));

  /** A call's life knows no protocol: who writes one stands on either side of it. */
  private static final Set<String> WRITERS =
      Set.of(
          "dev.tailtap.http1.ChunkWriter",
          "dev.tailtap.http1.HeadWriter",
          "dev.tailtap.http1.LocalReply");

  private static final Set<String> SCANNERS = Set.of("usage", "http1", "bench.load");
  private static final Set<String> WITHOUT_NETTY =
      Set.of(
          "config",
          "config.file",
          "stats",
          "record",
          "journal",
          "keys",
          "log",
          "trace",
          "store",
          "embedded",
          "demo",
          "reconcile",
          "bench.report");
  private static final Pattern OWN =
      Pattern.compile("dev\\.tailtap\\.(?:([a-z]\\w*(?:\\.[a-z]\\w*)*)\\.)?[A-Z]\\w*");
  private static final String NAMES =
      "(Base|Abstract|Default|Impl|Manager|Helper|Utils?|Processor|Context)";
  private static final Pattern BANNED_NAME =
      Pattern.compile("^" + NAMES + "(?=[A-Z]|$)|(?<=[a-z0-9])" + NAMES + "$");
  private static final Pattern LEFT_OPEN = Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b");
  private static final Pattern REGISTRY =
      Pattern.compile(
          "repo1?\\.maven\\.|registry\\.(npmjs|yarnpkg)|jitpack\\.io|sonatype\\.(org|com)|pypi\\.org");
  private static final Pattern MACHINE_PATH =
      Pattern.compile("(?<![\\w.~}/-])/(?:work|root|home/\\w+|Users/\\w+)/\\w");

  private HouseRules() {}

  static List<String> floors(Collection<SourceFile> files) {
    return findings(
        files,
        file -> {
          List<String> found = new ArrayList<>();
          Integer floor = FLOORS.get(file.floorName());
          if (floor == null) {
            found.add(file.path + ":1: give the package a floor in HouseRules and in the design");
            return found;
          }
          for (Item use : file.selections) {
            Matcher own = OWN.matcher(use.name());
            if (own.matches()) {
              String other = own.group(1) == null ? "" : own.group(1);
              if (!mayKnow(file.floorName(), other) && !isBenchmark(file)) {
                String what = "does not lie below " + file.floorName() + "; turn the call around";
                found.add(at(file, use) + use.name() + " " + what + " or pass a supplier");
              } else if (file.floorName().equals("exchange") && WRITERS.contains(use.name())) {
                found.add(at(file, use) + "an exchange knows no protocol; write it in client");
              }
            } else if (use.name().startsWith("io.netty.")
                && WITHOUT_NETTY.contains(file.floorName())) {
              found.add(at(file, use) + file.floorName() + " does without Netty");
            }
          }
          return found;
        });
  }

  /** It stands in the package that it measures and, as a test, begins whatever it needs. */
  private static boolean isBenchmark(SourceFile file) {
    return file.path.endsWith("Benchmark.java");
  }

  private static boolean mayKnow(String own, String other) {
    return own.equals(other)
        || (FLOORS.getOrDefault(other, 99) < FLOORS.get(own)
            && !UNKNOWN.getOrDefault(own, Set.of()).contains(other));
  }

  static List<String> fileSizes(Collection<SourceFile> files) {
    return findings(
        files,
        file ->
            file.lineCount() <= 400
                ? List.of()
                : List.of(file.path + ":400: is " + file.lineCount() + " lines; split it by duty"));
  }

  static List<String> methodSizes(Collection<SourceFile> files) {
    return findings(
        files,
        file ->
            each(
                file,
                file.methods,
                method -> method.lines() > 60,
                method -> method.name() + " is longer than 60 lines; name its steps"));
  }

  static List<String> typeNames(Collection<SourceFile> files) {
    return findings(
        files,
        file ->
            each(
                file,
                file.types,
                type -> BANNED_NAME.matcher(type.name()).find(),
                type -> type.name() + " needs a noun of the domain"));
  }

  static List<String> leftOpen(Collection<SourceFile> files) {
    return findings(
        files, file -> lines(file.path, file.text, LEFT_OPEN, "do it, or open an issue"));
  }

  static List<String> consoleOutput(Collection<SourceFile> files) {
    return findings(
        files,
        file ->
            Set.of("", "demo", "micro", "bench", "bench.load").contains(file.floorName())
                ? List.of()
                : uses(file, Set.of("System.out", "System.err"), "log it, or return it"));
  }

  /** The store's writer may wait for a database; whoever else sleeps holds up somebody. */
  static List<String> sleeps(Collection<SourceFile> files) {
    return findings(
        files,
        file ->
            !file.isTest() && file.floorName().equals("store")
                ? List.of()
                : each(
                    file,
                    file.selections,
                    use -> use.name().matches("(?:.*\\.)?Thread\\.sleep|.*TimeUnit\\.\\w+\\.sleep"),
                    use -> "wait for the event itself, not for a time to pass"));
  }

  static List<String> disabledTests(Collection<SourceFile> files) {
    return findings(
        files,
        file ->
            each(
                file,
                file.annotations,
                use -> use.name().matches("(?:.*\\.)?(?:Disabled\\w*|Ignore)"),
                use -> "repair the test, or remove it"));
  }

  static List<String> staticState(Collection<SourceFile> files) {
    return findings(
        files,
        file ->
            each(
                file,
                file.mutableStatics,
                field -> true,
                field -> field.name() + " is static and can change; give it to an instance"));
  }

  /**
   * States that more than one method moves, constructors aside: fields of an enum's type. Where
   * bytes are scanned the byte moves the state, wherever it is read.
   */
  static List<String> movers(Collection<SourceFile> files) {
    Set<String> enums =
        files.stream().flatMap(file -> file.enums.stream()).collect(Collectors.toSet());
    List<String> found = new ArrayList<>();
    for (SourceFile file : files) {
      file.variables.forEach(
          (field, type) -> {
            boolean state = enums.contains(type.replaceFirst(".*\\.", ""));
            int movers = file.movers.getOrDefault(field, Set.of()).size();
            if (state && movers > 1 && !SCANNERS.contains(file.floorName())) {
              found.add(file.floorName() + ": " + file.topLevel.get(0).name() + "." + field);
            }
          });
    }
    return found;
  }

  static List<String> foreignPlaces(String path, String text) {
    List<String> found = new ArrayList<>(lines(path, text, REGISTRY, "name no registry's host"));
    found.addAll(lines(path, text, MACHINE_PATH, "name no path of one machine"));
    return found;
  }

  /** The value that a share of the sorted numbers does not exceed; 0 without numbers. */
  static int quantile(List<Integer> numbers, double share) {
    List<Integer> sorted = numbers.stream().sorted().toList();
    int rank = (int) Math.ceil(share * sorted.size());
    return sorted.isEmpty() ? 0 : sorted.get(Math.max(0, rank - 1));
  }

  private static List<String> uses(SourceFile file, Set<String> names, String advice) {
    return each(file, file.selections, use -> names.contains(use.name()), use -> advice);
  }

  private static List<String> each(
      SourceFile file, List<Item> items, Predicate<Item> hit, Function<Item, String> advice) {
    return items.stream().filter(hit).map(item -> at(file, item) + advice.apply(item)).toList();
  }

  private static List<String> lines(String path, String text, Pattern pattern, String advice) {
    List<String> found = new ArrayList<>();
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (pattern.matcher(lines.get(i)).find()) {
        found.add(path + ":" + (i + 1) + ": " + advice);
      }
    }
    return found;
  }

  private static String at(SourceFile file, Item item) {
    return file.path + ":" + item.line() + ": ";
  }

  private static List<String> findings(
      Collection<SourceFile> files, Function<SourceFile, List<String>> rule) {
    Set<String> found = new LinkedHashSet<>();
    files.forEach(file -> found.addAll(rule.apply(file)));
    return List.copyOf(found);
  }
}

package dev.tailtap.house;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds the whole repository to the rules of the house. */
class TidyTest {
  private static final Path ROOT =
      Path.of(System.getProperty("tailtap.root", "..")).toAbsolutePath().normalize();
  private static final Path SOURCES = ROOT.resolve("relay-server/src/main/java/dev/tailtap");

  private static List<SourceFile> main;
  private static List<SourceFile> tests;
  private static List<SourceFile> all;

  @BeforeAll
  static void parse() throws IOException {
    main = SourceFile.under(ROOT, "relay-server/src/main/java", "relay-bench/src/main/java");
    tests = SourceFile.under(ROOT, "relay-server/src/test/java", "relay-bench/src/test/java");
    all = Stream.concat(main.stream(), tests.stream()).toList();
    assertTrue(main.size() > 10 && tests.size() > 3, "the sources were not found in " + ROOT);
  }

  @Test
  void importsGoStrictlyDownward() {
    none(HouseRules.floors(main));
  }

  @Test
  void noFileIsLongerThan400LinesAndHalfAreShorterThan110() {
    none(HouseRules.fileSizes(all));
    List<Integer> lengths = main.stream().map(SourceFile::lineCount).toList();
    atMost(110, HouseRules.quantile(lengths, 0.5), "the median file; split the long ones by duty");
  }

  @Test
  void noMethodIsLongerThan60LinesAndNineOfTenAreShorterThan16() {
    none(HouseRules.methodSizes(main));
    List<Integer> lengths =
        main.stream().flatMap(file -> file.methods.stream()).map(SourceFile.Item::lines).toList();
    atMost(16, HouseRules.quantile(lengths, 0.9), "the 90th percentile of methods; name steps");
  }

  @Test
  void namesAreNounsOfTheDomain() {
    none(HouseRules.typeNames(all));
  }

  @Test
  void nothingIsLeftOpenInAComment() {
    none(HouseRules.leftOpen(all));
  }

  @Test
  void onlyTheCommandsAndTheDemoWriteToTheConsole() {
    none(HouseRules.consoleOutput(main));
  }

  @Test
  void nobodySleeps() {
    none(HouseRules.sleeps(all));
  }

  @Test
  void noTestIsDisabled() {
    none(HouseRules.disabledTests(tests));
  }

  @Test
  void nothingStaticCanChange() {
    none(HouseRules.staticState(main));
  }

  @Test
  void noClassesOfAPackageStandInACircle() {
    none(List.copyOf(Circles.of(main)));
  }

  @Test
  void everyStateHasOneMover() {
    none(HouseRules.movers(main));
  }

  @Test
  void underHalfOfTheTopLevelTypesArePublic() {
    assumeWhole();
    long types = main.stream().mapToLong(file -> file.topLevel.size()).sum();
    long open = main.stream().mapToLong(file -> file.publicTopLevel.size()).sum();
    assertTrue(
        2 * open < types,
        () -> open + " of " + types + " types are public; hide what its package alone uses");
  }

  @Test
  void noFileNamesARegistryOrAPlaceOnOneMachine() throws Exception {
    List<String> found = new ArrayList<>();
    for (Path path : tracked()) {
      byte[] bytes = Files.readAllBytes(path);
      if (!new String(bytes, UTF_8).contains("\0")) {
        found.addAll(
            HouseRules.foreignPlaces(ROOT.relativize(path).toString(), new String(bytes, UTF_8)));
      }
    }
    none(found);
  }

  @Test
  void theCataloguesStandWhereTheDesignSays() {
    List<String> catalogues =
        List.of(
            "config/RelayConfig.java",
            "config/file/ConfigFile.java",
            "stats/Metric.java",
            "exchange/Ending.java",
            "limits/Refusal.java",
            "Relay.java");
    assertTrue(Files.isRegularFile(ROOT.resolve("schema.sql")), "schema.sql is missing");
    assumeWhole();
    for (String catalogue : catalogues) {
      assertTrue(Files.isRegularFile(SOURCES.resolve(catalogue)), catalogue + " is missing");
    }
  }

  /** Some rules speak about the whole house, which stands once its wiring does. */
  private static void assumeWhole() {
    assumeTrue(Files.isRegularFile(SOURCES.resolve("Relay.java")), "there is no Relay yet");
  }

  private static void none(List<String> findings) {
    assertTrue(findings.isEmpty(), () -> "\n" + String.join("\n", findings));
  }

  private static void atMost(int limit, int measured, String what) {
    assertTrue(measured <= limit, () -> measured + " lines, not " + limit + ": " + what);
  }

  private static List<Path> tracked() throws Exception {
    try {
      Process git = new ProcessBuilder("git", "ls-files", "-z").directory(ROOT.toFile()).start();
      String names = new String(git.getInputStream().readAllBytes(), UTF_8);
      if (git.waitFor() == 0) {
        Stream<Path> paths = Arrays.stream(names.split("\0", -1)).map(ROOT::resolve);
        return paths.filter(Files::isRegularFile).toList();
      }
    } catch (IOException noGit) {
      // The sources may have come as an archive, to a machine without git.
    }
    try (Stream<Path> paths = Files.walk(ROOT)) {
      return paths
          .filter(Files::isRegularFile)
          .filter(path -> !path.toString().matches(".*/(\\.git|target|data)/.*"))
          .toList();
    }
  }
}

package dev.tailtap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tailtap.rig.RelayProcess;
import dev.tailtap.rig.Tool;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The image and the manifests of deploy: by the programs that read them, and beside each other. */
class ContainersTest {
  private static final int END_SECONDS = 10; // what a stop takes after relay.drain-timeout
  private static final Path DEPLOY = RelayProcess.home().resolve("deploy");

  @TempDir private Path dir;

  private static String text(String file) throws IOException {
    return Files.readString(DEPLOY.resolve(file));
  }

  private static String pods() throws IOException {
    return text("kubernetes/statefulset.yaml");
  }

  private static List<Path> manifests() throws IOException {
    try (Stream<Path> files = Files.list(DEPLOY.resolve("kubernetes"))) {
      return files.filter(file -> !file.endsWith("kustomization.yaml")).sorted().toList();
    }
  }

  /** The file of the ConfigMap as a pod has it. */
  private static String configuration() throws IOException {
    Matcher block =
        Pattern.compile("(?m)^  relay\\.properties: \\|\n((?:    .*\n|\n)+)")
            .matcher(text("kubernetes/configuration.yaml"));
    assertTrue(block.find(), "the ConfigMap has no relay.properties");
    return block.group(1).replaceAll("(?m)^    ", "");
  }

  private static Properties settings() throws IOException {
    Properties settings = new Properties();
    settings.load(new StringReader(configuration()));
    return settings;
  }

  private static String found(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertTrue(matcher.find(), pattern);
    return matcher.group(1);
  }

  private static int number(String pattern, String text) {
    return Integer.parseInt(found(pattern, text));
  }

  /** {@code 10m} or {@code 15s}; 0 where it is not set. */
  private static int seconds(String setting) throws IOException {
    String time = settings().getProperty(setting, "0s");
    int number = number("^(\\d+)[ms]$", time);
    return time.endsWith("m") ? 60 * number : number;
  }

  @Test
  void everyManifestIsOneToKubernetes() throws Exception {
    assumeTrue(
        Tool.runs("kubernetes-validate", "--version"), "skipped: kubernetes-validate missing");
    List<String> command = new ArrayList<>(List.of("kubernetes-validate", "--strict"));
    manifests().forEach(file -> command.add(file.toString()));
    assertTrue(manifests().size() > 4, "the manifests were not found");
    assertTrue(Tool.runs(command.toArray(String[]::new)), () -> String.join(" ", command));
    String misspelt = pods().replace("runAsNonRoot", "runAsNonroot");
    Path file = Files.writeString(dir.resolve("misspelt.yaml"), misspelt);
    assertFalse(Tool.runs("kubernetes-validate", "--strict", file.toString()), "it sees nothing");
  }

  @Test
  void theyAreOneApplication() throws Exception {
    assumeTrue(Tool.runs("kubectl", "version", "--client"), "skipped: kubectl missing");
    String all = Tool.said("kubectl", "kustomize", DEPLOY.resolve("kubernetes").toString());
    for (Path file : manifests()) {
      assertTrue(all.contains("\n" + found("(?m)^(kind: \\w+)$", Files.readString(file)) + "\n"));
    }
    assertTrue(all.contains("image: tailtap:"), all);
  }

  @Test
  void thePodGivesAStopItsTime() throws Exception {
    assertTrue(seconds("relay.drain-timeout") >= 600, "a long stream is cut");
    int before = seconds("relay.drain-delay");
    assertTrue(before >= 15, "the endpoints are to forget a pod while it accepts");
    assertEquals(
        before + seconds("relay.drain-timeout") + END_SECONDS,
        number("terminationGracePeriodSeconds: (\\d+)", pods()));
  }

  @Test
  void theConfigurationOfThePodIsGood() throws Exception {
    Path file = Files.writeString(dir.resolve("relay.properties"), configuration());
    Map<String, String> secrets = Map.of("TAILTAP_ADMIN_TOKEN", "t", "TAILTAP_DB_PASSWORD", "p");
    for (String name : secrets.keySet()) {
      assertTrue(pods().contains("- name: " + name + "\n"), name + " is not given to the pod");
    }
    try (RelayProcess check = new RelayProcess(dir, secrets, "check", file.toString())) {
      assertEquals(0, check.exit(), check.err());
      assertTrue(check.out().contains("2 routes to 2 upstreams"), check.out());
    }
  }

  @Test
  void whatThePodHasIsWhatItsConfigurationWants() throws Exception {
    Properties settings = settings();
    for (String port : List.of("relay", "admin")) {
      int open = number("name: " + port + ", containerPort: (\\d+)", pods());
      assertEquals("0.0.0.0:" + open, settings.getProperty(port + ".listen"));
    }
    String volume = found("name: journal, mountPath: (\\S+)}", pods());
    assertTrue(settings.getProperty("journal.dir").startsWith(volume + "/"));
    String mounted = found("name: configuration, mountPath: ([^,]+),", pods());
    assertTrue(pods().contains("args: [serve, " + mounted + "/relay.properties]"));
    assertEquals("tailtap-pods", found("serviceName: (\\S+)", pods()));
    assertTrue(text("kubernetes/services.yaml").contains("name: tailtap-pods\n"));
  }

  @Test
  void theImageRunsAsNobodyOfImportance() throws Exception {
    String image = text("Dockerfile");
    int user = number("\nUSER (\\d+):\\d+\n", image);
    assertTrue(user >= 10_000, "a number that no host has");
    assertTrue(image.contains("useradd --system --uid " + user + " "));
    assertEquals(user, number("runAsUser: (\\d+)", pods()));
    assertEquals(user, number("fsGroup: (\\d+)", pods()));
    String volume = found("\nVOLUME (\\S+)\n", image);
    assertEquals(volume, found("\nWORKDIR (/var\\S+)\n", image));
    assertEquals(volume, found("name: journal, mountPath: (\\S+)}", pods()));
  }

  @Test
  void theImageIsWellMade() throws Exception {
    assumeTrue(Tool.runs("hadolint", "--version"), "skipped: hadolint missing");
    assertTrue(Tool.runs("hadolint", DEPLOY.resolve("Dockerfile").toString()));
  }
}

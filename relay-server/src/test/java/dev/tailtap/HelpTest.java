package dev.tailtap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tailtap.rig.RelayProcess;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the commands say of themselves, and what of the arguments is understood. */
class HelpTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... args) throws InterruptedException {
    out.reset();
    err.reset();
    return new Main(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), Map.of())
        .run(args);
  }

  private String said(String... args) throws InterruptedException {
    assertEquals(0, run(args), () -> err.toString(UTF_8));
    assertEquals("", err.toString(UTF_8));
    return out.toString(UTF_8);
  }

  private void refuses(String message, String... args) throws InterruptedException {
    assertEquals(2, run(args));
    assertEquals("relay: " + message, err.toString(UTF_8).lines().findFirst().orElse(""));
    assertEquals("", out.toString(UTF_8));
  }

  private static String[] words(String line) {
    return line.strip().split(" ", -1);
  }

  @Test
  void theHelpNamesEveryCommand() throws Exception {
    String help = said("--help");
    for (Command command : Command.values()) {
      assertTrue(help.contains("\n  " + command.path().get(0) + " "), help);
      String group = said("help", command.path().get(0));
      assertTrue((help + group).contains(command.summary()), group);
    }
    for (String[] same : List.of(words("help"), words("-h"), words("--set a=b --help"))) {
      assertEquals(help, said(same));
    }
  }

  @ParameterizedTest
  @EnumSource(Command.class)
  void aCommandSaysWhatItDoesTakesAndExitsWith(Command command) throws Exception {
    List<String> asked = new ArrayList<>(List.of("help"));
    asked.addAll(command.path());
    String help = said(asked.toArray(String[]::new));
    assertTrue(
        help.startsWith("Usage: ./relay " + String.join(" ", command.path()) + " [-h]"), help);
    command.about().forEach(line -> assertTrue(help.contains("\n" + line + "\n"), line));
    for (String exit : command.exits()) {
      assertTrue(help.contains("\n  " + exit.replaceFirst("=", "   ") + "\n"), exit);
    }
    asked.remove(0);
    asked.add("--help");
    assertEquals(help, said(asked.toArray(String[]::new)));
    assertTrue(help.lines().allMatch(line -> line.length() <= 110), help);
  }

  @ParameterizedTest
  @EnumSource(Command.class)
  void itsExamplesAreUnderstood(Command command) {
    assertTrue(!command.examples().isEmpty());
    for (String example : command.examples()) {
      assertTrue(example.startsWith("./relay "), example);
      String[] args = words(example.substring("./relay ".length()));
      assertEquals(command, Arguments.parse(args).command(), example);
    }
  }

  @Test
  void theFirstWordOfTwoIsHelpedAsWell() throws Exception {
    assertEquals(said("help", "prices", "import"), said("help", "prices"));
  }

  @Test
  void whatIsMistypedIsGuessed() throws Exception {
    refuses("chekc: no such command (did you mean check?)", "help", "chekc");
    refuses("imprt: must be prices import FILE (did you mean import?)", "prices", "imprt", "a");
    refuses(
        "--explian: not an option that is known here (did you mean --explain?)",
        "check",
        "--explian");
    refuses(
        "pricse: no such command (did you mean prices?) and no such file",
        "pricse",
        "import",
        "list.json",
        "--apply");
  }

  @Test
  void whatIsMissingOrTooMuchIsTold() throws Exception {
    refuses("prices: must be prices import FILE", "prices");
    refuses("key: must be key issue, key list, key revoke ID or key rotate ID", "key");
    refuses("revoke: must be followed by ID", "key", "revoke");
    refuses("import: must be followed by FILE", "prices", "import");
    refuses("invoice: must be followed by MONTH", "invoice");
    refuses("--tenant: must be followed by TENANT", "invoice", "2026-10", "--tenant");
    refuses("--from: is said twice", words("reconcile --from 2026-11-01 --from=2026-11-02"));
    refuses("b: not a command, and no second CONFIG is taken", "check", "a", "b");
    refuses("--apply: not an option that is known here", "check", "--apply");
    refuses("check: a command comes before its CONFIG", "a.properties", "check");
    refuses("--set loops: must be key=value", "check", "--set", "loops");
    refuses(
        "bench: is run by the launcher of the repository; the archive does not have it",
        "bench",
        "--quick");
  }

  @Test
  void aMistakeSaysWhereHelpIs() throws Exception {
    Path config = RelayProcess.home().resolve("conf/relay.properties");
    for (String wrong : List.of("prices import", "prices import a " + config + " --from x")) {
      assertEquals(2, run(words(wrong)));
      assertEquals("relay: see ./relay help prices import", lastLine());
    }
    assertEquals(2, run("--frob"));
    assertEquals("relay: see ./relay help", lastLine());
  }

  private String lastLine() {
    List<String> lines = err.toString(UTF_8).lines().toList();
    return lines.get(lines.size() - 1);
  }

  @Test
  void settingsAreOverriddenAnywhere() {
    Map<String, String> both = Map.of("a", "1=1", "b", "");
    for (String line :
        List.of(
            "--set a=1=1 --set b= check x.properties",
            "--set=a=1=1 check --set b= x.properties",
            "check x.properties --set b= --set=a=1=1")) {
      Arguments arguments = Arguments.parse(words(line));
      assertEquals(Command.CHECK, arguments.command(), line);
      assertEquals(both, arguments.overrides(), line);
      assertEquals(Path.of("x.properties"), arguments.config(), line);
    }
    Arguments last = Arguments.parse(words("--set a=1 check --set a=2"));
    assertEquals(Map.of("a", "2"), last.overrides());
  }

  @Test
  void aFileAloneIsServed() {
    Arguments bare = Arguments.parse(new String[] {"conf/x.properties", "--set", "a=1"});
    assertEquals(Command.SERVE, bare.command());
    assertEquals(Path.of("conf/x.properties"), bare.config());
    assertEquals(Command.SERVE, Arguments.parse(new String[0]).command());
  }

  /** Without an option picocli is not asked; with one it is. */
  @Test
  void aServiceIsStartedAsOneWithOptionsIs() {
    for (String line : List.of("serve", "serve conf/x.properties", "serve check")) {
      Arguments plain = Arguments.parse(words(line));
      Arguments asked = Arguments.parse(words(line + " --set a=1"));
      assertEquals(Map.of("a", "1"), asked.overrides());
      assertEquals(
          plain,
          new Arguments(asked.command(), asked.config(), Map.of(), asked.options(), asked.words()));
    }
  }

  @Test
  void whatACommandTakesIsItsOwn() {
    Arguments prices =
        Arguments.parse(
            words("prices import @list ours.properties --apply --upstream a=openai,b=x"));
    assertEquals(Map.of("apply", "true", "upstream", "a=openai,b=x"), prices.options());
    assertEquals(List.of("@list"), prices.words());
    assertEquals(Path.of("ours.properties"), prices.config());
    Arguments invoice = Arguments.parse(words("invoice --tenant=t 2026-10 --set a=${b}"));
    assertEquals(Map.of("tenant", "t"), invoice.options());
    assertEquals(Arrays.asList("2026-10"), invoice.words());
    assertEquals(Map.of("a", "${b}"), invoice.overrides());
  }
}

package dev.tailtap;

import dev.tailtap.config.file.Spelling;
import dev.tailtap.reconcile.ReconcileRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What the caller typed: {@code [COMMAND] [CONFIG] [--set key=value]…}, and the command's own
 * options.
 *
 * @param config null: the command's own default
 * @param overrides settings that win over the file
 * @param options of the command alone, without their hyphens
 */
record CommandLine(
    Command command, Path config, Map<String, String> overrides, Map<String, String> options) {
  /** What the relay can be told to do. */
  enum Command {
    SERVE,
    DEMO,
    CHECK,
    DOCTOR,
    RECONCILE,
    VERSION,
    HELP;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The names of its own options, each of which takes a value. */
    Set<String> options() {
      return this == RECONCILE ? ReconcileRequest.OPTIONS : Set.of();
    }
  }

  private static final Pattern COMMAND_LIKE = Pattern.compile("[A-Za-z-]+");

  /** Words that the launcher takes for itself. */
  private static final List<String> OF_THE_LAUNCHER = List.of("bench");

  static final String USAGE =
      """
      Tailtap relays LLM streams byte for byte and writes one row of usage per call.

        ./relay [serve] [CONFIG]   relay until stopped (default: conf/relay.properties)
        ./relay demo               try it: provider, relay and database, no key needed
        ./relay check [CONFIG]     say what is wrong with a configuration, start nothing
        ./relay doctor [CONFIG]    say what cannot be reached, and why calls have no usage
        ./relay reconcile --provider openai|anthropic --from DAY --to DAY [CONFIG]
                                   compare the rows with the provider's own usage report
        ./relay version            say what runs
        ./relay bench --quick      measure it beside nginx and HAProxy, where they are installed

        reconcile: --by model|day, --tolerance 0.5%, --upstream NAME, --file EXPORT, --url URL
        --set key=value            override one setting (repeatable)
        --help                     this text
      """;

  /**
   * Understands the arguments.
   *
   * @throws IllegalArgumentException if it cannot; the message says why
   */
  static CommandLine parse(String[] args) {
    Map<String, String> overrides = new LinkedHashMap<>();
    Map<String, String> options = new LinkedHashMap<>();
    Set<String> known = args.length == 0 ? Set.of() : options(args[0]);
    List<String> words = new ArrayList<>();
    for (int i = 0; i < args.length; i++) {
      String arg = args[i];
      if (arg.equals("--help") || arg.equals("-h")) {
        return new CommandLine(Command.HELP, null, Map.of(), Map.of());
      } else if (arg.equals("--version")) {
        return new CommandLine(Command.VERSION, null, Map.of(), Map.of());
      } else if (arg.equals("--set") && i + 1 < args.length) {
        override(args[++i], overrides);
      } else if (arg.startsWith("--set=")) {
        override(arg.substring("--set=".length()), overrides);
      } else if (known.contains(optionName(arg)) && (arg.contains("=") || i + 1 < args.length)) {
        String value = arg.contains("=") ? arg.substring(arg.indexOf('=') + 1) : args[++i];
        option(optionName(arg), value, options);
      } else if (arg.startsWith("-")) {
        throw new IllegalArgumentException(arg + ": not an option that is known here");
      } else {
        words.add(arg);
      }
    }
    return of(words, overrides, options);
  }

  private static Set<String> options(String word) {
    for (Command command : Command.values()) {
      if (command.word().equals(word)) {
        return command.options();
      }
    }
    return Set.of();
  }

  /** What stands between two hyphens and a sign of equality, if there is one. */
  private static String optionName(String arg) {
    int equals = arg.indexOf('=');
    return arg.startsWith("--") ? arg.substring(2, equals < 0 ? arg.length() : equals) : "";
  }

  private static void option(String name, String value, Map<String, String> options) {
    if (options.put(name, value) != null) {
      throw new IllegalArgumentException("--" + name + ": is said twice");
    }
  }

  private static CommandLine of(
      List<String> words, Map<String, String> overrides, Map<String, String> options) {
    Command command = null;
    for (Command known : Command.values()) {
      if (!words.isEmpty() && words.get(0).equals(known.word())) {
        command = known;
        words.remove(0);
        break;
      }
    }
    if (command == null) {
      words.stream().limit(1).forEach(CommandLine::requireFileOrPath);
      command = Command.SERVE;
    }
    int most =
        switch (command) {
          case SERVE, CHECK, DOCTOR, RECONCILE -> 1;
          case DEMO, VERSION, HELP -> 0;
        };
    if (words.size() > most) {
      throw new IllegalArgumentException(
          words.get(words.size() - 1) + ": not a command, and no second CONFIG is taken");
    }
    Path config = words.isEmpty() ? null : Path.of(words.get(0));
    return new CommandLine(command, config, overrides, options);
  }

  /** A mistyped command would else be a configuration that is not there. */
  private static void requireFileOrPath(String word) {
    if (COMMAND_LIKE.matcher(word).matches() && !Files.exists(Path.of(word))) {
      List<String> known = new ArrayList<>(OF_THE_LAUNCHER);
      Arrays.stream(Command.values()).map(Command::word).forEach(known::add);
      String guess =
          Spelling.nearest(word, known).map(near -> " (did you mean " + near + "?)").orElse("");
      throw new IllegalArgumentException(word + ": no such command" + guess + " and no such file");
    }
  }

  private static void override(String setting, Map<String, String> overrides) {
    int equals = setting.indexOf('=');
    if (equals <= 0) {
      throw new IllegalArgumentException("--set " + setting + ": must be key=value");
    }
    overrides.put(setting.substring(0, equals).strip(), setting.substring(equals + 1).strip());
  }
}

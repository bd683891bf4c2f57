package dev.tailtap;

import dev.tailtap.config.file.Spelling;
import dev.tailtap.prices.InvoiceCommand;
import dev.tailtap.prices.PricesCommand;
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
 * @param words of the command alone: {@code import FILE}, or a month
 */
record CommandLine(
    Command command,
    Path config,
    Map<String, String> overrides,
    Map<String, String> options,
    List<String> words) {
  /** What the relay can be told to do. */
  enum Command {
    SERVE,
    DEMO,
    CHECK,
    RELOAD,
    DOCTOR,
    RECONCILE,
    PRICES,
    INVOICE,
    VERSION,
    HELP;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The names of its own options that take a value. */
    Set<String> options() {
      return switch (this) {
        case RECONCILE -> ReconcileRequest.OPTIONS;
        case PRICES -> PricesCommand.OPTIONS;
        case INVOICE -> InvoiceCommand.OPTIONS;
        case SERVE, DEMO, CHECK, RELOAD, DOCTOR, VERSION, HELP -> Set.of();
      };
    }

    /** The names of those that take none. */
    Set<String> flags() {
      return this == PRICES ? PricesCommand.FLAGS : this == CHECK ? Set.of(EXPLAIN) : Set.of();
    }

    /** How many words of its own stand behind it, before the configuration. */
    private int words() {
      return this == PRICES ? 2 : this == INVOICE ? 1 : 0;
    }
  }

  /** Of the check: say all settings. */
  static final String EXPLAIN = "explain";

  private static final Pattern COMMAND_LIKE = Pattern.compile("[A-Za-z-]+");

  /** Words that the launcher takes for itself. */
  private static final List<String> OF_THE_LAUNCHER = List.of("bench");

  static final String USAGE =
      """
      Tailtap relays LLM streams byte for byte and writes one row of usage per call.

        ./relay [serve] [CONFIG]   relay until stopped (default: conf/relay.properties)
        ./relay demo               try it: provider, relay and database, no key needed
        ./relay check [CONFIG]     say what is wrong with a configuration, start nothing
        ./relay check --explain    say every setting, its value, where it is from and what it is for
        ./relay reload [CONFIG]    have the relay that runs by it read it again, and say what became of it
        ./relay doctor [CONFIG]    say what cannot be reached, and why calls have no usage
        ./relay reconcile --provider openai|anthropic --from DAY --to DAY [CONFIG]
                                   compare the rows with the provider's own usage report
        ./relay prices import FILE [CONFIG] --apply
                                   take over prices; without --apply only say what would change
        ./relay invoice 2026-10 [CONFIG]
                                   store what a closed month cost, and say what changed since
        ./relay version            say what runs
        ./relay bench --quick      measure it beside nginx and HAProxy, where they are installed

        reconcile: --by model|day, --tolerance 0.5%, --upstream NAME, --file EXPORT, --url URL
        prices: --from HOUR, --correct, --upstream NAME=PROVIDER   invoice: --tenant TENANT
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
    Command first = args.length == 0 ? null : named(args[0]);
    Set<String> known = first == null ? Set.of() : first.options();
    List<String> words = new ArrayList<>();
    for (int i = 0; i < args.length; i++) {
      String arg = args[i];
      if (arg.equals("--help") || arg.equals("-h")) {
        return new CommandLine(Command.HELP, null, Map.of(), Map.of(), List.of());
      } else if (arg.equals("--version")) {
        return new CommandLine(Command.VERSION, null, Map.of(), Map.of(), List.of());
      } else if (arg.equals("--set") && i + 1 < args.length) {
        override(args[++i], overrides);
      } else if (arg.startsWith("--set=")) {
        override(arg.substring("--set=".length()), overrides);
      } else if (known.contains(optionName(arg)) && (arg.contains("=") || i + 1 < args.length)) {
        String value = arg.contains("=") ? arg.substring(arg.indexOf('=') + 1) : args[++i];
        option(optionName(arg), value, options);
      } else if (first != null && first.flags().contains(optionName(arg)) && !arg.contains("=")) {
        option(optionName(arg), "true", options);
      } else if (arg.startsWith("-")) {
        throw new IllegalArgumentException(arg + ": not an option that is known here");
      } else {
        words.add(arg);
      }
    }
    return of(words, overrides, options);
  }

  private static Command named(String word) {
    for (Command command : Command.values()) {
      if (command.word().equals(word)) {
        return command;
      }
    }
    return null;
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
    Command command = words.isEmpty() ? null : named(words.get(0));
    if (command == null) {
      words.stream().limit(1).forEach(CommandLine::requireFileOrPath);
      command = Command.SERVE;
    } else {
      words.remove(0);
    }
    List<String> own = ownWords(command, words);
    int most =
        switch (command) {
          case SERVE, CHECK, RELOAD, DOCTOR, RECONCILE, PRICES, INVOICE -> 1;
          case DEMO, VERSION, HELP -> 0;
        };
    if (words.size() > most) {
      throw new IllegalArgumentException(
          words.get(words.size() - 1) + ": not a command, and no second CONFIG is taken");
    }
    Path config = words.isEmpty() ? null : Path.of(words.get(0));
    return new CommandLine(command, config, overrides, options, own);
  }

  /** Takes them away from the others. */
  private static List<String> ownWords(Command command, List<String> words) {
    int many = command.words();
    if (words.size() < many || (command == Command.PRICES && !words.get(0).equals("import"))) {
      throw new IllegalArgumentException(
          command == Command.PRICES
              ? "prices: must be prices import FILE"
              : command.word() + ": must be followed by a month, as 2026-10");
    }
    List<String> own = List.copyOf(words.subList(0, many));
    words.subList(0, many).clear();
    return own;
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
